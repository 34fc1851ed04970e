//! A tree beside an annotated hexdump: each field has its bytes on its own lines.
//!
//! ```text
//! #0 Request, 22 bytes at 0
//!   00000000  2a 32 0d 0a              *2··      ├─ count: 2  how many arguments
//!                                                ├─ [0] Arg
//!   00000004  24 33 0d 0a              $3··      │  ├─ length: 3  length of bytes
//! ```

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Effects, Style};

use super::super::dissect::Refused;
use super::super::message::{Message, Node, Value, Walk};
use super::super::stream::{End, Label};
use super::Show;

/// How many bytes stand in a line.
const ROW: usize = 8;

const COLORS: [AnsiColor; 6] =
    [AnsiColor::Cyan, AnsiColor::Green, AnsiColor::Yellow, AnsiColor::Magenta, AnsiColor::Blue, AnsiColor::BrightRed];

/// How things are set off from each other.
#[derive(Clone, Copy, Default)]
struct Styles {
    dim: Style,
    bold: Style,
    bad: Style,
    /// Fields, one after the other.
    fields: [Style; COLORS.len()],
}

impl Styles {
    fn new(colored: bool) -> Self {
        if !colored {
            return Self::default();
        }
        Self {
            dim: Style::new().effects(Effects::DIMMED),
            bold: Style::new().bold(),
            bad: Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
            fields: COLORS.map(|color| Style::new().fg_color(Some(color.into()))),
        }
    }
}

/// Shows messages to people.
pub(crate) struct Text<W> {
    out: W,
    /// How many bytes of a field are dumped.
    cut: usize,
    file: Option<String>,
    stream: Option<usize>,
    styles: Styles,
    color: usize,
}

impl<W: Write> Text<W> {
    pub(crate) fn new(out: W, cut: usize, colored: bool) -> Self {
        Self { out, cut, file: None, stream: None, styles: Styles::new(colored), color: 0 }
    }

    fn stream(&mut self, label: &Label) -> io::Result<()> {
        let Styles { bold, .. } = self.styles;
        if let Some(file) = self.file.take()
            && file != label.name
        {
            writeln!(self.out, "{bold}== {file}{bold:#}")?;
        }
        if self.stream != Some(label.id) {
            self.stream = Some(label.id);
            writeln!(self.out, "{bold}-- stream {}: {}{bold:#}", label.id, label.name)?;
        }
        Ok(())
    }
}

impl<W: Write> Text<W> {
    /// The tree of a frame of which `bytes` are there.
    fn tree(&mut self, walk: &Walk, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.color = 0;
        let mut dump = Dump { bytes, offset, dim: self.styles.dim, lines: Vec::new() };
        // What the message itself is called stands in the line above.
        match &walk.nodes[..] {
            [Node::Group { nodes, .. }] => match single(nodes) {
                Some(leaf) => self.leaf("", leaf, nodes, "└─ ".into(), "   ", &mut dump),
                None => self.nodes(nodes, &mut String::new(), &mut dump),
            },
            nodes => self.nodes(nodes, &mut String::new(), &mut dump),
        }
        for line in &dump.lines {
            line.write(&mut self.out, self.styles.dim)?;
        }
        if walk.more() > 0 {
            writeln!(self.out, "  … and {} fields more", walk.more())?;
        }
        Ok(())
    }
}

impl<W: Write> Show for Text<W> {
    fn file(&mut self, name: &str) -> io::Result<()> {
        (self.file, self.stream) = (Some(name.to_owned()), None);
        Ok(())
    }

    fn message(&mut self, label: &Label, message: &Message<'_>) -> io::Result<()> {
        self.stream(label)?;
        let Styles { bold, bad, .. } = self.styles;
        let Message { index, offset, bytes, walk, .. } = message;
        write!(self.out, "#{index} {bold}{}{bold:#}, {} bytes at {offset}", walk.kind(), bytes.len())?;
        match message.streamed {
            Some(u64::MAX) => write!(self.out, ", and a body up to the end of the stream, not kept")?,
            Some(len) => write!(self.out, ", and a body of {len} bytes, not kept")?,
            None => {}
        }
        writeln!(self.out)?;
        self.tree(walk, bytes, *offset)?;
        if let Some(fault) = &message.fault {
            writeln!(self.out, "  {bad}error:{bad:#} {}", fault.line())?;
            around(&mut self.out, &fault.before, &fault.after, bad)?;
        }
        Ok(())
    }

    fn end(&mut self, label: &Label, end: &End<'_>) -> io::Result<()> {
        self.stream(label)?;
        let Styles { bold, bad, .. } = self.styles;
        if let Some(Refused { fault, walk, bytes }) = end.refused {
            if !walk.nodes.is_empty() {
                let kind = walk.kind();
                writeln!(self.out, "{bad}refused{bad:#} {bold}{kind}{bold:#} at {}, up to the fault", fault.frame_at)?;
                self.tree(walk, bytes, fault.frame_at)?;
            }
            writeln!(self.out, "{bad}error:{bad:#} {}", fault.line())?;
            around(&mut self.out, &fault.before, &fault.after, bad)?;
        }
        if let Some(lost) = end.lost {
            writeln!(
                self.out,
                "{bad}gap:{bad:#} {} bytes were not captured, {} bytes behind them are not read",
                lost.bytes, lost.behind
            )?;
        }
        writeln!(self.out, "{bad}left over:{bad:#} {} bytes", end.left_over)
    }

    fn finish(&mut self, not_shown: u64) -> io::Result<()> {
        if not_shown > 0 {
            writeln!(self.out, "… and {not_shown} messages more, not shown")?;
        }
        self.out.flush()
    }
}

/// The bytes around a fault.
fn around(out: &mut impl Write, before: &[u8], after: &[u8], bad: Style) -> io::Result<()> {
    write!(out, "  here:")?;
    before.iter().try_for_each(|byte| write!(out, " {byte:02x}"))?;
    write!(out, " {bad}|{bad:#}")?;
    after.iter().try_for_each(|byte| write!(out, " {byte:02x}"))?;
    writeln!(out)
}

/// The lines of a message.
struct Dump<'m> {
    bytes: &'m [u8],
    offset: u64,
    dim: Style,
    lines: Vec<Line>,
}

/// Bytes on the left, a branch of the tree on the right.
#[derive(Default)]
struct Line {
    at: u64,
    bytes: Vec<(u8, Style)>,
    branch: String,
    label: String,
}

impl Line {
    fn write(&self, out: &mut impl Write, dim: Style) -> io::Result<()> {
        if self.bytes.is_empty() {
            write!(out, "  {:8}  ", "")?;
        } else {
            write!(out, "  {dim}{:08x}{dim:#}  ", self.at)?;
        }
        for (byte, style) in &self.bytes {
            write!(out, "{style}{byte:02x}{style:#} ")?;
        }
        write!(out, "{:width$} ", "", width = 3 * (ROW - self.bytes.len()))?;
        for (byte, style) in &self.bytes {
            match byte {
                b' '..=b'~' => write!(out, "{style}{}{style:#}", char::from(*byte))?,
                _ => write!(out, "{dim}·{dim:#}")?,
            }
        }
        let pad = if self.branch.is_empty() && self.label.is_empty() { 0 } else { ROW - self.bytes.len() + 2 };
        writeln!(out, "{:pad$}{dim}{}{dim:#}{}", "", self.branch, self.label)
    }
}

impl<W: Write> Text<W> {
    /// The nodes of a group, whose own branches are `prefix`.
    fn nodes(&mut self, nodes: &[Node], prefix: &mut String, dump: &mut Dump<'_>) {
        let last = nodes.iter().rposition(|node| !matches!(node, Node::Gap { .. }));
        for (index, node) in nodes.iter().enumerate() {
            let is_last = last.is_none_or(|last| index >= last);
            let depth = prefix.len();
            let branch = format!("{prefix}{}", if is_last { "└─ " } else { "├─ " });
            prefix.push_str(if is_last { "   " } else { "│  " });
            match node {
                Node::Group { name, kind, nodes, .. } => match single(nodes) {
                    Some(inner) => self.leaf(&format!("{name} {kind} "), inner, nodes, branch, prefix, dump),
                    None => {
                        let bold = self.styles.bold;
                        let label = format!("{name} {bold}{kind}{bold:#}");
                        dump.lines.push(Line { branch, label, ..Line::default() });
                        self.nodes(nodes, prefix, dump);
                    }
                },
                Node::Leaf { .. } => self.leaf("", node, std::slice::from_ref(node), branch, prefix, dump),
                Node::Gap { what, at } => {
                    let behind =
                        if last.is_some_and(|last| index > last) { prefix[..depth].to_owned() } else { prefix.clone() };
                    dump.gap(what, at, &behind);
                }
            }
            prefix.truncate(depth);
        }
    }

    /// A field, or a group that has only one: `all` are its nodes.
    fn leaf(&mut self, front: &str, leaf: &Node, all: &[Node], branch: String, prefix: &str, dump: &mut Dump<'_>) {
        let Node::Leaf { name, at, bits, value, note } = leaf else { return };
        let (style, dim) = (self.styles.fields[self.color % COLORS.len()], self.styles.dim);
        self.color += 1;
        let mut label = format!("{front}{style}{name}{style:#}: ");
        let _ = match value {
            Value::Absent => write!(label, "{dim}-{dim:#}"),
            value => write!(label, "{value}"),
        };
        if let Some(bits) = bits {
            let _ = write!(label, "  {dim}bits {}..{}{dim:#}", bits.start, bits.end);
        }
        if !note.is_empty() {
            let _ = write!(label, "  {dim}{note}{dim:#}");
        }
        let shares = bits.is_some() && dump.covers(at);
        let start = dump.offset + all.first().map_or(0, |node| node.at().start) as u64;
        dump.lines.push(Line { at: start, branch, label, ..Line::default() });
        let mut told = false;
        for node in all {
            match node {
                // What stands in front of the only field of a group, such as a type byte, stands in its line.
                Node::Gap { at, .. } if !told => drop(dump.append(at, dim)),
                Node::Gap { what, at } => dump.gap(what, at, prefix),
                _ => {
                    told = true;
                    if !shares {
                        dump.field(at, style, prefix, self.cut);
                    }
                }
            }
        }
    }
}

/// The only field of a group that has no groups.
fn single(nodes: &[Node]) -> Option<&Node> {
    let mut leaves = nodes.iter().filter(|node| !matches!(node, Node::Gap { .. }));
    let leaf = leaves.next()?;
    (matches!(leaf, Node::Leaf { .. }) && leaves.next().is_none()).then_some(leaf)
}

impl Dump<'_> {
    /// Whether a line has these bytes already, as those of bit fields.
    fn covers(&self, at: &Range<usize>) -> bool {
        let start = self.offset + at.start as u64;
        self.lines.iter().rev().take(16).any(|line| line.at == start && !line.bytes.is_empty())
    }

    /// Bytes at the end of the last line, as many as fit. Answers with the rest.
    fn append(&mut self, at: &Range<usize>, style: Style) -> Range<usize> {
        let Some(line) = self.lines.last_mut() else { return at.clone() };
        let len = at.len().min(ROW - line.bytes.len());
        let bytes = self.bytes.get(at.start..at.start + len).unwrap_or_default();
        line.bytes.extend(bytes.iter().map(|byte| (*byte, style)));
        at.start + len..at.end
    }

    /// The bytes of a field, whose line has been begun.
    fn field(&mut self, at: &Range<usize>, style: Style, prefix: &str, cut: usize) {
        let dim = self.dim;
        let shown = at.start..at.end.min(at.start + cut);
        let mut rest = self.append(&shown, style);
        while !rest.is_empty() {
            self.lines.push(Line {
                at: self.offset + rest.start as u64,
                branch: prefix.trim_end().into(),
                ..Line::default()
            });
            rest = self.append(&rest, style);
        }
        if shown.end < at.end {
            let label = format!("{dim}… {} bytes more{dim:#}", at.end - shown.end);
            self.lines.push(Line { branch: prefix.into(), label, ..Line::default() });
        }
    }

    /// Bytes that hold no value: behind those of the last line where there is room, else in a line of their own.
    fn gap(&mut self, what: &str, at: &Range<usize>, prefix: &str) {
        let dim = self.dim;
        let follows = self.lines.last().is_some_and(|line| {
            !line.bytes.is_empty()
                && line.at + line.bytes.len() as u64 == self.offset + at.start as u64
                && line.bytes.len() + at.len() <= ROW
        });
        if !follows {
            let label = format!("{dim}({what}){dim:#}");
            let at = self.offset + at.start as u64;
            self.lines.push(Line { at, branch: prefix.into(), label, ..Line::default() });
        }
        let mut rest = self.append(at, dim);
        while !rest.is_empty() && rest.len() <= 256 {
            let at = self.offset + rest.start as u64;
            self.lines.push(Line { at, branch: prefix.trim_end().into(), ..Line::default() });
            rest = self.append(&rest, dim);
        }
    }
}
