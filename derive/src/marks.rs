//! Where fields begin and end, for those that a checksum is of.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::field::{Field, Kind, Role};

/// Of which fields it has to be known.
pub(crate) struct Marks {
    /// Where the message begins.
    pub(crate) start: bool,
    starts: BTreeSet<usize>,
    ends: BTreeSet<usize>,
}

impl Marks {
    pub(crate) fn of(list: &[Field]) -> Self {
        let mut marks = Self { start: false, starts: BTreeSet::new(), ends: BTreeSet::new() };
        let find = |name: &Ident| list.iter().position(|field| field.local == *name);
        for field in list {
            match &field.kind {
                Kind::Check { range, .. } => {
                    marks.start |= range.from.is_none();
                    marks.starts.extend(range.from.as_ref().and_then(find));
                    marks.ends.extend(range.to.as_ref().and_then(find));
                }
                Kind::Align { .. } | Kind::Computed { role: Role::Frame { all: true, .. }, .. } => marks.start = true,
                _ => {}
            }
        }
        marks
    }

    pub(crate) const fn none() -> Self {
        Self { start: false, starts: BTreeSet::new(), ends: BTreeSet::new() }
    }

    /// The variable that says where field `at` begins.
    pub(crate) fn start_of(at: usize, local: &Ident) -> Ident {
        format_ident!("__{local}_{at}_start")
    }

    /// The variable that says where field `at` ends.
    pub(crate) fn end_of(at: usize, local: &Ident) -> Ident {
        format_ident!("__{local}_{at}_end")
    }

    /// Notes that field `at` begins at `place`, if anybody wants to know.
    pub(crate) fn start(&self, at: usize, local: &Ident, place: &TokenStream) -> TokenStream {
        if !self.starts.contains(&at) {
            return quote!();
        }
        let mark = Self::start_of(at, local);
        quote!(let #mark = #place;)
    }

    /// Notes that field `at` ends at `place`, if anybody wants to know.
    pub(crate) fn end(&self, at: usize, local: &Ident, place: &TokenStream) -> TokenStream {
        if !self.ends.contains(&at) {
            return quote!();
        }
        let mark = Self::end_of(at, local);
        quote!(let #mark = #place;)
    }
}
