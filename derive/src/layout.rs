//! Fields as they are read and written: what has a fixed size is taken in one run, with one check that it is there.

use proc_macro2::Ident;
use syn::Expr;

use crate::field::{Extent, Field, Kind, Role};
use crate::number::{Number, int};

/// A step of reading or writing.
pub(crate) enum Node<'a> {
    /// Cells of a fixed size, one after the other.
    Run(Run<'a>),
    /// The number in front of field `at`, if it has no fixed size.
    Prefix { at: usize, number: &'a Number },
    /// The number that field `at` is, if it has no fixed size.
    Varint { at: usize },
    /// The length of the frame is known: what follows lies within.
    Bound { at: usize },
    /// What is left of field `at`.
    Body { at: usize },
    /// A field that is there or not.
    Optional { at: usize, nodes: Vec<Node<'a>> },
}

pub(crate) struct Run<'a> {
    pub(crate) bytes: usize,
    pub(crate) cells: Vec<Cell<'a>>,
}

impl Run<'_> {
    /// The same behind `bytes` of another's.
    pub(crate) fn behind(&self, bytes: usize) -> Self {
        let cells = self.cells.iter().map(|cell| Cell { at: cell.at + bytes, ..cell.clone() });
        Self { bytes: self.bytes + bytes, cells: cells.collect() }
    }
}

#[derive(Clone)]
pub(crate) struct Cell<'a> {
    /// Where it begins in the run.
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    pub(crate) what: What<'a>,
}

#[derive(Clone)]
pub(crate) enum What<'a> {
    /// All of that field.
    Field(usize),
    /// The number in front of that field.
    Prefix(usize, &'a Number),
    /// Those fields, of so many bits each.
    Group(Vec<(usize, usize)>),
}

/// The steps for `fields`.
pub(crate) fn nodes(fields: &[Field]) -> Vec<Node<'_>> {
    let mut plan = Plan { nodes: Vec::new() };
    let mut at = 0;
    while at < fields.len() {
        let field = &fields[at];
        if let Kind::Bits { .. } = field.kind {
            let mut group = Vec::new();
            let mut filled = 0;
            while let Some(Field { kind: Kind::Bits { bits, .. }, .. }) = fields.get(at) {
                group.push((at, *bits));
                filled += bits;
                at += 1;
                if filled % 8 == 0 {
                    break;
                }
            }
            plan.cell(filled / 8, What::Group(group));
            continue;
        }
        if field.presence.is_some() {
            let mut inner = Plan { nodes: Vec::new() };
            inner.field(at, field);
            plan.nodes.push(Node::Optional { at, nodes: inner.nodes });
        } else {
            plan.field(at, field);
        }
        at += 1;
    }
    plan.nodes
}

struct Plan<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Plan<'a> {
    fn cell(&mut self, bytes: usize, what: What<'a>) {
        if !matches!(self.nodes.last(), Some(Node::Run(_))) {
            self.nodes.push(Node::Run(Run { bytes: 0, cells: Vec::new() }));
        }
        let Some(Node::Run(run)) = self.nodes.last_mut() else { return };
        run.cells.push(Cell { at: run.bytes, bytes, what });
        run.bytes += bytes;
    }

    fn field(&mut self, at: usize, field: &'a Field) {
        if let Some((number, ..)) = field.prefix() {
            match number.bytes() {
                Some(bytes) => self.cell(bytes, What::Prefix(at, number)),
                None => self.nodes.push(Node::Prefix { at, number }),
            }
        }
        match field.fixed_bytes() {
            Some(0) if matches!(field.kind, Kind::Tag) => {}
            Some(bytes) => self.cell(bytes, What::Field(at)),
            None => self.nodes.push(match field.kind {
                Kind::Number { .. } | Kind::Computed { .. } => Node::Varint { at },
                _ => Node::Body { at },
            }),
        }
        if let Kind::Computed { role: Role::Frame { .. }, .. } = field.kind {
            self.nodes.push(Node::Bound { at });
        }
    }
}

impl Field {
    /// The number in front of it, with its maximum, and whether it counts elements.
    pub(crate) fn prefix(&self) -> Option<(&Number, &Expr, bool)> {
        match self.extent()? {
            Extent::Prefix { number, max, counts } => Some((number, max, *counts)),
            _ => None,
        }
    }

    pub(crate) fn extent(&self) -> Option<&Extent> {
        match &self.kind {
            Kind::Bytes { extent, .. } | Kind::Seq { extent, .. } => Some(extent),
            Kind::Nested { extent, .. } => extent.as_ref(),
            _ => None,
        }
    }

    /// How many bytes it takes without its prefix, if that can lie in a run.
    pub(crate) fn fixed_bytes(&self) -> Option<usize> {
        match &self.kind {
            Kind::Number { number, .. } | Kind::Computed { number, .. } => number.bytes(),
            Kind::Bool => Some(1),
            Kind::Array(len) => int(len),
            Kind::Constant(bytes) => Some(bytes.len()),
            Kind::Pad { bytes, .. } => Some(*bytes),
            Kind::Tag => Some(0),
            _ => None,
        }
    }

    /// The name of the length or count in front of it, as errors have it.
    pub(crate) fn prefix_name(&self) -> String {
        match self.extent() {
            Some(Extent::Prefix { counts: true, .. }) => format!("{}.count", self.name),
            _ => format!("{}.len", self.name),
        }
    }

    /// The variable that holds the number that says how long it is.
    pub(crate) fn extent_local(&self, fields: &[Self]) -> Option<Ident> {
        match self.extent()? {
            Extent::Prefix { .. } => Some(quote::format_ident!("__{}_len", self.local)),
            Extent::Named { field, .. } => {
                let named = fields.iter().find(|other| other.local == *field)?;
                Some(named.computed_local())
            }
            _ => None,
        }
    }

    /// The variable that holds the number of a computed field.
    pub(crate) fn computed_local(&self) -> Ident {
        match self.member {
            Some(_) => quote::format_ident!("__{}_read", self.local),
            // It begins so already.
            None => quote::format_ident!("{}_read", self.local),
        }
    }
}
