//! The picture of a declaration, as RFCs draw it: 32 bits a row.

use crate::field::{Bits, Extent, Field, Kind, Presence, Role};
use crate::layout::{Cell, Node, Run, What, nodes};
use crate::model::{Body, Declaration, Fields};
use crate::number::{Number, Wide};
use crate::read::kind_name;

const ROW: usize = 32;

/// The diagram of a declaration.
pub(crate) fn diagram(of: &Declaration) -> String {
    let mut out = String::new();
    match &of.body {
        Body::Struct(fields) => draw(&mut out, fields, of.lsb, true),
        Body::Enum(union) => {
            let mut head = Canvas::new();
            head.number("tag", &union.tag, "");
            if let Some((number, _)) = &union.len {
                head.number("len", number, "of what follows");
            }
            out.push_str(&head.finish(true));
            for variant in &union.variants {
                let tag = match &variant.tag {
                    Some(tag) => quote::quote!(#tag).to_string(),
                    None => "any other".to_owned(),
                };
                out.push_str(&format!("\n{tag}: {}\n", variant.ident));
                draw(&mut out, &variant.fields, of.lsb, false);
            }
        }
    }
    out.trim_end().to_owned()
}

fn draw(out: &mut String, fields: &Fields, lsb: bool, ruler: bool) {
    let mut canvas = Canvas::new();
    for node in nodes(&fields.list) {
        step(&mut canvas, &node, &fields.list, lsb);
    }
    out.push_str(&canvas.finish(ruler));
}

fn step(canvas: &mut Canvas, node: &Node<'_>, list: &[Field], lsb: bool) {
    match node {
        Node::Run(run) => cells(canvas, run, list, lsb),
        Node::Bound { .. } => {}
        Node::Prefix { at, number } => canvas.number(&list[*at].prefix_name(), number, ""),
        Node::Varint { at } => match &list[*at].kind {
            Kind::Number { number, .. } | Kind::Computed { number, .. } => canvas.number(&list[*at].name, number, ""),
            _ => {}
        },
        Node::Optional { at, nodes } => {
            let field = &list[*at];
            let condition = match &field.presence {
                Some(Presence::If(condition)) => shown(quote::quote!(#condition)),
                Some(Presence::Bit { field, mask }) => shown(quote::quote!(#field & #mask != 0)),
                Some(Presence::More) => "there is more".to_owned(),
                None => String::new(),
            };
            canvas.note(&format!("if {condition}:"));
            for node in nodes {
                step(canvas, node, list, lsb);
            }
            canvas.close();
        }
        Node::Body { at } => {
            let field = &list[*at];
            canvas.open(&format!("{}{}", field.name, extent(field)));
        }
    }
}

fn cells(canvas: &mut Canvas, run: &Run<'_>, list: &[Field], lsb: bool) {
    for Cell { bytes, what, .. } in &run.cells {
        match what {
            What::Prefix(at, _) => canvas.bits(&list[*at].prefix_name(), bytes * 8),
            What::Group(group) => {
                let mut group = group.clone();
                if lsb {
                    group.reverse();
                }
                for (at, bits) in group {
                    let field = &list[at];
                    let name = match &field.kind {
                        Kind::Bits { value: Bits::Constant(value), .. } => value.to_string(),
                        Kind::Bits { value: Bits::Ignored, .. } => String::new(),
                        _ => field.name.clone(),
                    };
                    canvas.bits(&name, bits);
                }
            }
            What::Field(at) => {
                let field = &list[*at];
                let name = match &field.kind {
                    Kind::Constant(constant) => {
                        let hex: String = constant.iter().map(|byte| format!("{byte:02x}")).collect();
                        format!("0x{hex}")
                    }
                    Kind::Pad { ignore: false, .. } => "0".to_owned(),
                    Kind::Pad { .. } => String::new(),
                    Kind::Computed { role: Role::Frame { all: true, .. }, .. } => format!("{} of all", field.name),
                    _ if field.name.parse::<usize>().is_ok() => kind_name(&field.ty),
                    _ => field.name.clone(),
                };
                canvas.bits(&name, bytes * 8);
            }
        }
    }
}

fn extent(field: &Field) -> String {
    match &field.kind {
        Kind::Check { algorithm, .. } => format!(" ({})", kind_name(algorithm)),
        Kind::Align { to, .. } => format!(" (padding to {to} bytes)"),
        Kind::Array(len) => format!(" ({} bytes)", shown(quote::quote!(#len))),
        Kind::Bytes { extent, text, .. } => {
            let what = if *text { "bytes of text" } else { "bytes" };
            match extent {
                Extent::Prefix { .. } => format!(" ({} {what})", field.prefix_name()),
                Extent::Named { field, .. } => format!(" ({field} {what})"),
                Extent::Fixed(len) => format!(" ({len} {what})"),
                Extent::Nul { .. } => format!(" ({what}, a NUL)"),
                _ => format!(" ({what}, the rest)"),
            }
        }
        Kind::Seq { element, extent, .. } => {
            let element = kind_name(element);
            match extent {
                Extent::Prefix { counts: true, .. } => format!(" ({} of {element})", field.prefix_name()),
                Extent::Prefix { .. } => format!(" ({element} in {} bytes)", field.prefix_name()),
                Extent::Named { field, counts: true, .. } => format!(" ({field} of {element})"),
                Extent::Named { field, .. } => format!(" ({element} in {field} bytes)"),
                Extent::Fixed(len) => format!(" ({element} in {len} bytes)"),
                Extent::Last(_) => format!(" ({element} up to the last)"),
                _ => format!(" ({element}, the rest)"),
            }
        }
        Kind::Nested { extent, .. } => {
            let ty = kind_name(&field.ty);
            match extent {
                Some(Extent::Prefix { .. }) => format!(" ({ty} in {} bytes)", field.prefix_name()),
                Some(Extent::Named { field, .. }) => format!(" ({ty} in {field} bytes)"),
                Some(Extent::Fixed(len)) => format!(" ({ty} in {len} bytes)"),
                _ => format!(" ({ty})"),
            }
        }
        _ => String::new(),
    }
}

fn shown(tokens: proc_macro2::TokenStream) -> String {
    tokens.to_string().replace("& &", "&&")
}

/// Rows of 32 bits: which field each bit belongs to.
struct Canvas {
    lines: Vec<String>,
    /// What each field is called, and which of its rows says so: the first of the widest.
    names: Vec<(String, usize)>,
    /// The field of each bit of the row that is being filled.
    row: Vec<usize>,
    /// The row above it, if the two are joined.
    above: Vec<usize>,
}

impl Canvas {
    const fn new() -> Self {
        Self { lines: Vec::new(), names: Vec::new(), row: Vec::new(), above: Vec::new() }
    }

    fn number(&mut self, name: &str, number: &Number, note: &str) {
        match number.wide {
            Wide::Bytes(bytes) => self.bits(name, bytes * 8),
            Wide::Varint { width, .. } | Wide::Zigzag { width, .. } => {
                let note = if note.is_empty() { String::new() } else { format!(", {note}") };
                self.open(&format!("{name} (LEB128, 1 to {width} bytes{note})"));
            }
        }
    }

    fn bits(&mut self, name: &str, bits: usize) {
        // What is long is drawn short.
        if bits > 4 * ROW {
            self.open(&format!("{name} ({} bytes)", bits / 8));
            return;
        }
        let index = self.names.len();
        let first = bits.min(ROW - self.row.len());
        self.names.push((name.to_owned(), usize::from((bits - first).min(ROW) > first)));
        for _ in 0..bits {
            self.row.push(index);
            if self.row.len() == ROW {
                self.flush();
            }
        }
    }

    /// The line above a row: nothing where a field goes on.
    fn border(above: &[usize], below: &[usize]) -> String {
        let width = above.len().max(below.len());
        let mut line = String::new();
        for bit in 0..width {
            let joined = |bit: usize| matches!((above.get(bit), below.get(bit)), (Some(one), Some(other)) if one == other && *one != usize::MAX);
            line.push(if bit > 0 && joined(bit) && joined(bit - 1) { ' ' } else { '+' });
            line.push(if joined(bit) { ' ' } else { '-' });
        }
        line.push('+');
        line
    }

    fn flush(&mut self) {
        if self.row.is_empty() {
            return;
        }
        let row = std::mem::take(&mut self.row);
        self.lines.push(Self::border(&self.above, &row));
        let mut line = String::from("|");
        let mut at = 0;
        while at < row.len() {
            let index = row[at];
            let end = row[at..].iter().position(|other| *other != index).map_or(row.len(), |len| at + len);
            let width = 2 * (end - at) - 1;
            let (name, waits) = &mut self.names[index];
            let name = if *waits == 0 { std::mem::take(name) } else { String::new() };
            *waits = waits.saturating_sub(1);
            let name: String = name.chars().take(width).collect();
            line.push_str(&format!("{name:^width$}|"));
            at = end;
        }
        self.lines.push(line);
        self.above = row;
    }

    /// The line below everything so far.
    fn close(&mut self) {
        self.flush();
        if !self.above.is_empty() {
            let above = std::mem::take(&mut self.above);
            self.lines.push(Self::border(&above, &[]));
        }
    }

    /// A field whose length is not drawn.
    fn open(&mut self, text: &str) {
        self.close();
        let width = 2 * ROW - 1;
        if self.lines.last().is_none_or(|last| !last.starts_with('+') || last.len() < 2 * ROW) {
            self.lines.push(Self::border(&[usize::MAX; ROW], &[]));
        }
        self.lines.push(format!("/{text:^width$}/"));
        self.lines.push(Self::border(&[usize::MAX; ROW], &[]));
    }

    fn note(&mut self, text: &str) {
        self.close();
        self.lines.push(text.to_owned());
    }

    fn finish(mut self, ruler: bool) -> String {
        self.close();
        let mut out = String::new();
        if ruler {
            let tens: String =
                (0..ROW).map(|bit| if bit % 10 == 0 { format!(" {}", bit / 10) } else { "  ".to_owned() }).collect();
            let ones: String = (0..ROW).map(|bit| format!(" {}", bit % 10)).collect();
            out.push_str(tens.trim_end());
            out.push('\n');
            out.push_str(&ones);
            out.push('\n');
        }
        let mut last: Option<&String> = None;
        for line in &self.lines {
            // Two lines in a row say it twice.
            if line.starts_with('+') && last.is_some_and(|last| last.starts_with('+')) {
                if last.is_some_and(|last| last.len() >= line.len()) {
                    continue;
                }
                let cut = out[..out.len() - 1].rfind('\n').map_or(0, |at| at + 1);
                out.truncate(cut);
            }
            out.push_str(line);
            out.push('\n');
            last = Some(line);
        }
        out
    }
}
