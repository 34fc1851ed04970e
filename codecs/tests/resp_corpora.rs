//! Traffic of real clients and servers: all of it decodes, in both directions, however it is cut.
//!
//! The streams lie beside the repository; without them the tests say so and pass.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wireview::{Boundary, Codec, Error, View};
use wireview_codecs::resp::{Replies, Requests, protocol_error};

/// How many messages a stream has, what came of them, and the fault at its end: `field`, and offset in the stream.
#[derive(Debug, PartialEq)]
struct Outcome {
    messages: usize,
    text: String,
    fault: Option<(&'static str, usize)>,
}

/// The codec at work on what has arrived of a stream.
struct Reader<'a, C> {
    codec: C,
    stream: &'a [u8],
    start: usize,
    need: usize,
    outcome: Outcome,
}

impl<C: Codec + Clone> Clone for Reader<'_, C> {
    fn clone(&self) -> Self {
        let Outcome { messages, ref text, fault } = self.outcome;
        Self { codec: self.codec.clone(), outcome: Outcome { messages, text: text.clone(), fault }, ..*self }
    }
}

impl<'a, C: Codec> Reader<'a, C>
where
    for<'b> View<'b, C>: ToString,
{
    fn new(codec: C, stream: &'a [u8]) -> Self {
        Self { codec, stream, start: 0, need: 1, outcome: Outcome { messages: 0, text: String::new(), fault: None } }
    }

    /// Reads what can be read of the first `end` bytes.
    fn arrive(&mut self, end: usize) {
        while self.outcome.fault.is_none() && self.start + self.need <= end {
            if let Err(error) = self.step(end) {
                self.outcome.fault = Some((error.field(), self.start + error.offset()));
            }
        }
    }

    fn step(&mut self, end: usize) -> Result<(), Error> {
        let input = &self.stream[self.start..end];
        let took = match self.codec.delimit(input)? {
            Boundary::Need(need) => {
                assert!(need > input.len());
                self.need = need;
                return Ok(());
            }
            Boundary::Skip(skip) => skip as usize,
            Boundary::Rest { .. } => unreachable!("no frame of RESP is ended by the end of the stream"),
            Boundary::Frame { head, .. } => {
                let mut frame = input[..head].to_vec();
                self.codec.open(&mut frame)?;
                writeln!(self.outcome.text, "{}", self.codec.parse(&frame)?.to_string()).expect("a string takes all");
                self.outcome.messages += 1;
                head
            }
        };
        assert!(self.need <= took, "asked for {} bytes of a frame of {took}", self.need);
        self.start += took;
        self.need = 1;
        Ok(())
    }

    fn end(mut self) -> Outcome {
        self.arrive(self.stream.len());
        assert!(self.outcome.fault.is_some() || self.start == self.stream.len(), "a whole stream ends with a frame");
        self.outcome
    }
}

/// The outcome of a stream, the same cut at every position.
fn read<C: Codec + Clone>(codec: &C, stream: &[u8], name: &str) -> Outcome
where
    for<'b> View<'b, C>: ToString,
{
    let whole = Reader::new(codec.clone(), stream).end();
    // Byte by byte, and at each step a reader forked off that gets the rest at once: that is each cut in two. In a long
    // stream a fork is taken at each byte of its first and last frames, and in strides between them.
    let mut bytewise = Reader::new(codec.clone(), stream);
    for cut in 1..=stream.len() {
        bytewise.arrive(cut);
        if stream.len() < 8192 || cut < 256 || cut % 131 == 0 || cut > stream.len() - 128 {
            let mut two = Reader { codec: codec.clone(), need: 1, ..bytewise.clone() };
            two.arrive(cut);
            assert_eq!(two.end(), whole, "{name} cut at {cut}");
        }
    }
    assert_eq!(bytewise.end(), whole, "{name} byte by byte");
    whole
}

fn corpora() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/resp");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there are no corpora at {}", folder.display());
    None
}

fn outcome(folder: &Path, name: &str) -> Outcome {
    let stream = fs::read(folder.join(name)).expect("the stream can be read");
    if name.ends_with(".client.bin") {
        read(&Requests::new(), &stream, name)
    } else {
        read(&Replies::new(), &stream, name)
    }
}

/// A stream, how many messages it has, and its fault.
type Known = (&'static str, usize, Option<(&'static str, usize)>);

/// What is in each stream that is not simply read to its end, or that hiredis counts otherwise.
const KNOWN: &[Known] = &[
    // A line of words is a command: of what a person typed, hiredis reads nothing.
    ("almost-resp.1.client.bin", 2, None),
    // Two replies, then prose.
    ("almost-resp.1.server.bin", 2, Some(("type", 10))),
    ("attr.1.client.bin", 1, None),
    // The attribute inside the array is not one of its three items, so `:3` is; hiredis counts it, ends the array there, and
    // takes `:3` for a reply. Then a lone LF.
    ("attr.1.server.bin", 1, Some(("type", 33))),
    ("attr.3.client.bin", 1, None),
    // An attribute, the reply that it is said about, and a lone LF.
    ("attr.3.server.bin", 2, Some(("type", 81))),
    // 1000 commands, an empty line, which is skipped, and the ECHO of `redis-cli --pipe`.
    ("bulk-loading.0.client.bin", 1001, None),
    ("excessive-pipelining.0.client.bin", 12, None),
    // Six commands with lawful quotes, the seventh is never closed.
    ("pipeline-quotes.0.client.bin", 6, Some(("quotes", 255))),
    ("pipelining-example.0.client.bin", 3, None),
    ("pubsub.1.client.bin", 1, None),
    ("pubsub.2.client.bin", 1, None),
    ("pubsub.3.client.bin", 1, None),
];

#[test]
fn every_stream_is_read_as_far_as_it_is_resp() {
    let Some(folder) = corpora() else { return };
    let reference = fs::read_to_string(folder.join("hiredis.tsv")).expect("what hiredis reads is listed");
    let mut compared = 0;
    for line in reference.lines().skip(1) {
        let mut columns = line.split('\t');
        let (Some(name), _, Some(messages)) = (columns.next(), columns.next(), columns.next()) else {
            panic!("a line of hiredis.tsv: {line:?}");
        };
        let outcome = outcome(&folder, name);
        let found = (outcome.messages, outcome.fault);
        if let Some((_, messages, fault)) = KNOWN.iter().find(|(known, ..)| *known == name) {
            assert_eq!(found, (*messages, *fault), "{name}");
        } else {
            assert_eq!(found, (messages.parse().expect("a count"), None), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, 15, "streams that hiredis reads to their end");
}

#[test]
fn what_was_sent_is_what_is_read() {
    let Some(folder) = corpora() else { return };
    let text = |name| outcome(&folder, name).text;
    assert_eq!(text("set.0.client.bin").lines().next(), Some(r#""SET" "test" "hi""#));
    assert_eq!(text("attr.1.server.bin").trim_end(), "[1, 2, (attribute) {ttl: 3600}, 3]");
    assert_eq!(
        text("attr.3.server.bin").trim_end(),
        "(attribute) {key-popularity: {\"a\": 0.1923, \"b\": 0.0012}}\n[2039123, 9543892]"
    );
    assert_eq!(
        text("pipeline-quotes.0.client.bin").lines().skip(3).collect::<Vec<_>>(),
        [
            r#""SET" "key4" "my value with \'single\' inners""#,
            r#""SET" "key5" "my value with \"escaped\" quotes""#,
            r#""SET" "key6" "my value with \'escaped\' quotes""#,
        ]
    );
    // The server told the client what it would be told here.
    let stream = fs::read(folder.join("pipeline-quotes.0.client.bin")).expect("the stream can be read");
    let error = Requests::new().delimit(&stream[246..]).expect_err("quotes that are never closed");
    let told = fs::read_to_string(folder.join("pipeline-quotes.0.server.bin")).expect("the stream can be read");
    assert_eq!(told.lines().last(), Some(&*format!("-{}", protocol_error(&error))));
}
