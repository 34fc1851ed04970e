//! The inspector: what lies where in a stream, in a file or in a capture, by any codec of the workspace.
//!
//! `cargo run --release --example inspect -- CODEC FILE...`
//!
//! ```text
//!  source ─▶ bytes ────────────────────────────────────▶ stream ─▶ dissect ─▶ message ─▶ show
//!       └──▶ capture ─▶ connections ─▶ tcp (in order) ──▶             │                  text, json, html
//!                                                       codecs: a line each
//! ```

mod capture;
mod codecs;
mod connections;
mod conversation;
mod dissect;
mod kafka;
mod message;
mod show;
mod source;
mod stream;
mod tally;
mod tcp;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::{Parser, ValueEnum};

use codecs::Entry;
use connections::{Asked, Connections};
use dissect::Options;
use show::{Html, Json, Nothing, Show, Text};
use source::{BLOCK, Source};
use stream::{Label, Out, Stream};
use tally::{Capture, Tally};

/// How many fields of a message are shown.
const MOST_FIELDS: usize = 100_000;

/// Shows what lies where in a stream of messages: each message as a tree beside its bytes.
///
/// Reads streams of bytes as they are, and captures (pcap, pcapng), in which each direction of each TCP connection is a
/// stream. The exit code is 0 if all of the input was decoded, 1 if not, 2 if it could not be read.
#[derive(Parser)]
#[command(about, long_about, after_help = codecs::help())]
struct Args {
    /// What the bytes are: one of the codecs below
    #[arg(value_parser = Entry::named)]
    codec: &'static Entry,

    /// Files, pcap and pcapng told by how they begin; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// What follows behind the codec's last message, such as http1 behind proxy; may be given again
    #[arg(long, value_name = "CODEC", value_parser = Entry::named)]
    then: Vec<&'static Entry>,

    /// What the responses of kafka-responses answer: the API and its version, such as Fetch:11
    #[arg(long, value_name = "NAME:VERSION", value_parser = kafka::Asked::named)]
    #[arg(required_if_eq_any([("codec", "kafka-responses"), ("then", "kafka-responses")]))]
    api: Option<kafka::Asked>,

    /// Of a capture, only connections to this port, which is the server's; may be given again. Without it the client is who
    /// sent the first SYN, or has the higher port
    #[arg(long)]
    port: Vec<u16>,

    /// Takes a file for a stream of bytes, even if it begins like a capture
    #[arg(long)]
    raw: bool,

    /// One JSON object a message, and one for each stream that ended badly
    #[arg(long, conflicts_with = "html")]
    json: bool,

    /// One line a file: codec, frames, messages by kind, bytes, bytes left over, error with its offset
    #[arg(long, conflicts_with = "html")]
    summary: bool,

    /// Writes a page, without anything around it, to be clicked through in a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// How many messages are shown; all are decoded [default: all, in a page 5000]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,

    /// How many bytes of a field are shown [default: 64; 256 in a page, all as JSON]
    #[arg(long, value_name = "BYTES")]
    cut: Option<usize>,

    /// The longest frame that is held in memory. Longer bodies pass by where the codec knows bodies; else they are an error
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    max_frame: usize,

    /// Whether to use colours: auto does on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the output has seen enough.
        Err((_, error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err((path, error)) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::from(2)
        }
    }
}

/// Whether all was decoded.
fn run(args: &Args) -> Result<bool, (PathBuf, io::Error)> {
    let stdout = io::stdout();
    let choice = match args.color {
        Color::Auto => AutoStream::choice(&stdout),
        Color::Always => ColorChoice::AlwaysAnsi,
        Color::Never => ColorChoice::Never,
    };
    let busy = stdout.is_terminal() && !args.summary && args.html.is_none();
    let colored = choice != ColorChoice::Never;
    let plain = || BufWriter::with_capacity(BLOCK, io::stdout());
    let (mut left, cut) = match (&args.html, args.json) {
        (Some(_), _) => (args.limit.unwrap_or(5000), args.cut.unwrap_or(256)),
        (None, true) => (args.limit.unwrap_or(u64::MAX), args.cut.unwrap_or(usize::MAX)),
        (None, false) => (args.limit.unwrap_or(u64::MAX), args.cut.unwrap_or(64)),
    };
    let mut show: Box<dyn Show> = match &args.html {
        Some(path) => {
            let file = File::create(path).map_err(|error| (path.clone(), error))?;
            Box::new(Html::new(BufWriter::new(file), args.codec.name))
        }
        None if args.summary => Box::new(Nothing),
        None if args.json => Box::new(Json::new(plain())),
        None if !colored => Box::new(Text::new(plain(), cut, false)),
        None => {
            let out = BufWriter::with_capacity(BLOCK, AutoStream::new(io::stdout(), choice));
            Box::new(Text::new(out, cut, true))
        }
    };
    let mut whole = true;
    let mut not_shown = 0;
    for path in &args.files {
        let failed = |error| (path.clone(), error);
        let mut tally = Tally::default();
        let name = path.display().to_string();
        show.file(&name).map_err(failed)?;
        let (cut, most) = if args.summary { (0, 0) } else { (cut, MOST_FIELDS) };
        let options = Options { max_frame: args.max_frame, cut, most, asked: args.api };
        let mut out = Out { show: &mut *show, tally: &mut tally, left: &mut left };
        let read = Source::open(path, !busy).and_then(|source| inspect(args, options, path, source, &mut out));
        if let Err(error) = read {
            // What was shown up to there is worth to be seen.
            let _ = show.finish(not_shown);
            return Err(failed(error));
        }
        whole &= tally.is_whole();
        not_shown += tally.not_shown;
        if args.summary {
            summarize(args, &name, &tally).map_err(failed)?;
        }
    }
    let target = args.html.clone().unwrap_or_else(|| "-".into());
    show.finish(not_shown).map_err(|error| (target, error))?;
    Ok(whole)
}

fn summarize(args: &Args, name: &str, tally: &Tally) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if args.json {
        let mut object = tally.json(args.codec.name);
        object["file"] = name.into();
        return writeln!(out, "{object}");
    }
    if args.files.len() > 1 {
        write!(out, "{name}: ")?;
    }
    writeln!(out, "{}", tally.line(args.codec.name))
}

/// Reads a file to its end.
fn inspect(args: &Args, options: Options, path: &Path, mut source: Source, out: &mut Out<'_>) -> io::Result<()> {
    let mut front = Vec::new();
    source.by_ref().take(12).read_to_end(&mut front)?;
    let is_capture = !args.raw && source::is_capture(&front);
    let mut bytes = io::Cursor::new(front).chain(source);
    if is_capture {
        let asked = Asked { codec: args.codec, then: &args.then, options, ports: &args.port };
        let mut connections = Connections::new(asked);
        let mut seen = Capture::default();
        let read = capture::read(bytes, &mut seen, &mut |segment, seen| connections.segment(&segment, seen, out));
        out.tally.capture = Some(seen);
        read?;
        return connections.end(out);
    }
    let sides = [args.codec].into_iter().chain(args.then.iter().copied()).map(|codec| codec.sides(options));
    let mut chain: VecDeque<_> = sides.filter_map(|sides| sides.client.or(sides.server)).collect();
    let label = Label { id: 0, name: path.display().to_string() };
    let mut stream = Stream::new(label, chain.pop_front(), chain);
    out.tally.streams = 1;
    let mut block = vec![0; BLOCK];
    loop {
        match bytes.read(&mut block) {
            Ok(0) => break,
            Ok(len) => stream.arrive(&block[..len], out)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.end(None, out)
}
