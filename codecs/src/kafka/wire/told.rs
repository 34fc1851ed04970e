use core::ops::Range;

use wireview::trace::{Field, Hook, Name, Value};

use super::FieldName;

/// What a hook is told of a field: its name, and that of the length or count in front of it, if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) name: FieldName,
    pub(crate) length: &'static str,
}

impl Told {
    /// A field that has no length.
    pub(crate) const fn plain(name: FieldName) -> Self {
        Self { name, length: "" }
    }

    pub(crate) fn field(self, at: Range<usize>, value: Value<'_>, hook: &mut dyn Hook) {
        hook.field(Field { name: Name::Field(self.name), at, bits: None, value, note: "" });
    }

    /// The length or count; `None` is null.
    pub(crate) fn length(self, at: Range<usize>, length: Option<usize>, hook: &mut dyn Hook) {
        let (value, note) = match length {
            Some(length) => (Value::Unsigned(length as u64), ""),
            None => (Value::Absent, "null"),
        };
        hook.field(Field { name: Name::Field(self.length), at, bits: None, value, note });
    }
}
