//! A dissector for Wireshark, from a declaration.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::Declare;
use super::shape::{Body, Extent, FieldKind, FieldShape, NumberShape, Shape, Width};

/// What walks over the tables.
const WALK: &str = include_str!("dissector.lua");

/// A dissector for Wireshark, in Lua, of the frames that are messages of type `M`: `tshark -X lua_script:FILE -d tcp.port==PORT,NAME`,
/// where `NAME` is the type's in lower case, as are the filters: `publish.topic`, `publish.header.name`.
///
/// Numbers are exact up to 2^53. Conditions that are more than comparisons and bits, sequences that end with their `last` element, and
/// types that were not derived are told as not known.
#[must_use]
pub fn wireshark_lua<M: Declare>() -> String {
    let root = M::shape();
    let name = root.name.to_lowercase();
    let mut writer = Writer { root: name.clone(), tables: BTreeMap::new(), fields: Vec::new() };
    writer.shape(root);
    let mut out = String::new();
    let _ = writeln!(out, "-- A dissector of `{}`, written by wireview from its declaration.", root.name);
    let _ = writeln!(out, "local proto = Proto({:?}, {:?})", name, root.name);
    out.push_str("local types = {}\nlocal F = {}\n");
    for (abbreviation, label, kind) in &writer.fields {
        let kind = *kind;
        let _ = writeln!(out, "F[{abbreviation:?}] = ProtoField.{kind}({abbreviation:?}, {label:?})");
    }
    out.push_str("proto.fields = F\n");
    for table in writer.tables.values() {
        out.push_str(table);
    }
    let _ = writeln!(out, "local root = {:?}", root.name);
    let givens: Vec<_> = root.given.iter().map(|given| alloc::format!("{given:?}")).collect();
    let _ = writeln!(out, "local givens = {{ {} }}\n", givens.join(", "));
    out.push_str(WALK);
    out
}

struct Writer {
    root: String,
    /// By the name of the type.
    tables: BTreeMap<&'static str, String>,
    /// Filter, label and kind.
    fields: Vec<(String, String, &'static str)>,
}

impl Writer {
    fn shape(&mut self, shape: &'static Shape) {
        if self.tables.contains_key(shape.name) {
            return;
        }
        // It may hold itself.
        self.tables.insert(shape.name, String::new());
        let within = shape.name.to_lowercase();
        let within = if within == self.root { within } else { alloc::format!("{}.{within}", self.root) };
        let mut table = String::new();
        let _ = write!(table, "types[{:?}] = {{ big = {}, lsb = {}, ", shape.name, shape.big, shape.lsb);
        match shape.body {
            // Its absence is told where it is looked for.
            Body::ByHand => return,
            Body::Struct(fields) => {
                let framed = fields.iter().any(|field| matches!(field.kind, FieldKind::Frame { .. }));
                let _ = write!(table, "framed = {framed}, ");
                self.list(&mut table, &within, fields);
            }
            Body::Enum { tag, len, variants } => {
                let field = self.field(&within, "tag", number_field(tag));
                let _ = write!(table, "tag = {}, tag_field = {field}, ", number(tag));
                if let Some(len) = len {
                    let field = self.field(&within, "len", number_field(len));
                    let _ = write!(table, "len = {}, len_field = {field}, ", number(len));
                }
                table.push_str("variants = {\n");
                for variant in variants {
                    let _ = write!(table, "  {{ name = {:?}, ", variant.name);
                    if let Some(tag) = variant.tag {
                        let _ = write!(table, "tag = {tag}, ");
                    }
                    let within = alloc::format!("{within}.{}", variant.name.to_lowercase());
                    self.list(&mut table, &within, variant.fields);
                    table.push_str("},\n");
                }
                table.push('}');
            }
        }
        table.push_str("}\n");
        self.tables.insert(shape.name, table);
    }

    fn list(&mut self, table: &mut String, within: &str, fields: &'static [FieldShape]) {
        table.push_str("fields = {\n");
        for field in fields {
            let _ = write!(table, "    {{ name = {:?}, ", field.name);
            self.kind(table, within, field);
            if let Some(condition) = field.condition {
                let lua = if condition.lua.is_empty() { "error()" } else { condition.lua };
                let _ = write!(table, "cond = function(v) return {lua} end, ");
            }
            table.push_str("},\n");
        }
        table.push_str("  }, ");
    }

    fn kind(&mut self, table: &mut String, within: &str, field: &FieldShape) {
        let name = field.name;
        match field.kind {
            FieldKind::Number(n) => {
                let f = self.field(within, name, number_field(n));
                let _ = write!(table, "k = \"number\", n = {}, field = {f}, ", number(n));
            }
            FieldKind::Frame { number: n, all } => {
                let f = self.field(within, name, number_field(n));
                let _ = write!(table, "k = \"frame\", n = {}, all = {all}, field = {f}, ", number(n));
            }
            FieldKind::Bool => {
                let f = self.field(within, name, "bool");
                let _ = write!(table, "k = \"bool\", field = {f}, ");
            }
            FieldKind::Bits(bits) => {
                let _ = write!(table, "k = \"bits\", bits = {bits}, ");
                if field.ty != "()" {
                    let f = self.field(within, name, "uint64");
                    let _ = write!(table, "field = {f}, ");
                }
            }
            FieldKind::Constant(bytes) => self.fixed(table, within, name, bytes.len()),
            FieldKind::Pad(bytes) | FieldKind::Check { bytes, .. } => self.fixed(table, within, name, bytes),
            FieldKind::Bytes { extent: Extent::Fixed(len), text: false } => self.fixed(table, within, name, len),
            FieldKind::Align(to) => {
                let _ = write!(table, "k = \"align\", to = {to}, ");
            }
            FieldKind::Tag => table.push_str("k = \"tag\", "),
            FieldKind::Bytes { extent, text } => {
                let f = self.field(within, name, if text { "string" } else { "bytes" });
                let _ = write!(table, "k = \"bytes\", field = {f}, ");
                self.extent(table, within, name, extent);
            }
            FieldKind::Seq { element, extent, give } => {
                self.shape(element());
                let f = self.field(within, name, "none");
                let _ = write!(table, "k = \"seq\", of = {:?}, field = {f}, ", element().name);
                self.extent(table, within, name, extent);
                given(table, element(), give);
            }
            FieldKind::Nested { shape, extent, tag, give } => {
                self.shape(shape());
                let f = self.field(within, name, "none");
                let _ = write!(table, "k = \"nested\", of = {:?}, field = {f}, ", shape().name);
                if let Some(tag) = tag {
                    let _ = write!(table, "tag = {tag:?}, ");
                }
                self.extent(table, within, name, extent);
                given(table, shape(), give);
            }
        }
    }

    fn fixed(&mut self, table: &mut String, within: &str, name: &str, len: usize) {
        let f = self.field(within, name, "bytes");
        let _ = write!(table, "k = \"fixed\", len = {len}, field = {f}, ");
    }

    fn extent(&mut self, table: &mut String, within: &str, name: &str, extent: Extent) {
        let prefix = |writer: &mut Self, table: &mut String, kind: &str, n: NumberShape| {
            let f = writer.field(within, &alloc::format!("{name}.{kind}"), number_field(n));
            let _ = write!(table, "ext = {{ k = {kind:?}, n = {} }}, prefix = {f}, ", number(n));
        };
        match extent {
            Extent::Len(n) => prefix(self, table, "len", n),
            Extent::Count(n) => prefix(self, table, "count", n),
            Extent::LenOf(of) => {
                let _ = write!(table, "ext = {{ k = \"lenof\", of = {of:?} }}, ");
            }
            Extent::CountOf(of) => {
                let _ = write!(table, "ext = {{ k = \"countof\", of = {of:?} }}, ");
            }
            Extent::Fixed(len) => {
                let _ = write!(table, "ext = {{ k = \"fixed\", len = {len} }}, ");
            }
            Extent::Nul => table.push_str("ext = { k = \"nul\" }, "),
            Extent::Rest => table.push_str("ext = { k = \"rest\" }, "),
            Extent::Last => table.push_str("ext = { k = \"last\" }, "),
            Extent::Own => table.push_str("ext = { k = \"own\" }, "),
        }
    }

    /// Registers a field of the tree, and says how Lua calls it.
    fn field(&mut self, within: &str, name: &str, kind: &'static str) -> String {
        let abbreviation = alloc::format!("{within}.{}", name.to_lowercase());
        if self.fields.iter().all(|(known, ..)| *known != abbreviation) {
            self.fields.push((abbreviation.clone(), name.into(), kind));
        }
        alloc::format!("F[{abbreviation:?}]")
    }
}

fn given(table: &mut String, shape: &Shape, give: &[&str]) {
    table.push_str("give = { ");
    for (name, from) in shape.given.iter().zip(give) {
        let _ = write!(table, "[{name:?}] = {from:?}, ");
    }
    table.push_str("}, ");
}

fn number(n: NumberShape) -> String {
    let width = match n.width {
        Width::Bytes(bytes) => alloc::format!("{bytes}"),
        Width::Varint => "\"varint\"".into(),
        Width::Zigzag => "\"zigzag\"".into(),
    };
    alloc::format!("{{ w = {width}, signed = {}, float = {}, big = {} }}", n.signed, n.float, n.big)
}

const fn number_field(n: NumberShape) -> &'static str {
    match n {
        NumberShape { float: true, .. } => "double",
        NumberShape { signed: true, .. } | NumberShape { width: Width::Zigzag, .. } => "int64",
        _ => "uint64",
    }
}
