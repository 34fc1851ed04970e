//! The one check of an archive, and what is told when it fails.

use alloc::string::{String, ToString};
use core::any::type_name;
use core::fmt;
use core::num::NonZeroUsize;

use rkyv::api::access_with_context;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::{Failure, Source, Trace};
use rkyv::validation::Validator;
use rkyv::validation::archive::ArchiveValidator;
use rkyv::validation::shared::SharedValidator;
use rkyv::{Archived, Portable};

use super::{ALIGN, Format};
use crate::{Error, Result};

/// A type whose archives can be checked and read: every [`Format`] whose archived form can. Not to be implemented.
pub trait Archivable:
    Format<
        Archived: Portable
                      + for<'a> CheckBytes<HighValidator<'a, Failure>>
                      + for<'a> CheckBytes<HighValidator<'a, Invalid>>
                      + Send
                      + Sync
                      + 'static,
    > + 'static
{
}

impl<T> Archivable for T where
    T: Format<
            Archived: Portable
                          + for<'a> CheckBytes<HighValidator<'a, Failure>>
                          + for<'a> CheckBytes<HighValidator<'a, Invalid>>
                          + Send
                          + Sync
                          + 'static,
        > + 'static
{
}

/// Whether an archive of `T` could be read where `bytes` lie.
#[inline(always)]
pub(super) fn is_aligned<T: Archivable>(bytes: &[u8]) -> bool {
    const {
        assert!(align_of::<Archived<T>>() <= ALIGN, "an archived type that asks for more than 16 bytes of alignment");
    }
    // Of the whole body and not only of the root, which has the largest alignment only if nothing it points at has a larger one.
    (bytes.as_ptr() as usize).is_multiple_of(ALIGN) || bytes.is_empty()
}

/// The archive in `bytes`, all of it checked.
#[inline(always)]
pub(super) fn check<T: Archivable>(bytes: &[u8], depth: u32) -> Result<&Archived<T>> {
    if !is_aligned::<T>(bytes) {
        return Err(Error::unsupported(&"archive that is not aligned", 0));
    }
    match access::<T, Failure>(bytes, depth) {
        Ok(archived) => Ok(archived),
        Err(Failure) => Err(refused::<T>(bytes, depth)),
    }
}

#[inline(always)]
fn access<T: Archivable, E: Source>(bytes: &[u8], depth: u32) -> Result<&Archived<T>, E>
where
    Archived<T>: for<'a> CheckBytes<HighValidator<'a, E>>,
{
    // rkyv counts the root as well, and stops in front of 0.
    let depth = NonZeroUsize::new((depth as usize).saturating_add(2));
    let validator = Validator::new(ArchiveValidator::with_max_depth(bytes, depth), SharedValidator::new());
    access_with_context::<Archived<T>, _, E>(bytes, &mut { validator })
}

/// Where and why it fails: checked again, by a check that remembers.
#[cold]
#[inline(never)]
fn refused<T: Archivable>(bytes: &[u8], depth: u32) -> Error {
    explain::<T>(bytes, depth).map_or(Error::malformed(&"archive", 0), |invalid| invalid.error())
}

/// The long story of an archive that was refused; `None` if there is nothing wrong with it.
#[cold]
pub(super) fn explain<T: Archivable>(bytes: &[u8], depth: u32) -> Option<Invalid> {
    let mut invalid = access::<T, Invalid>(bytes, depth).err()?;
    invalid.type_name = type_name::<T>();
    invalid.locate(bytes.as_ptr() as usize, bytes.len());
    Some(invalid)
}

/// Why an archive was refused: its type, the place, what the check says with the path that led there. Made on the cold path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    type_name: &'static str,
    offset: Option<usize>,
    why: String,
}

/// What rkyv says of a pointer that leads too deep.
const TOO_DEEP: &str = "exceeded the maximum subtree depth";

impl Invalid {
    /// The type that the archive was to be of.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Where in the archive the fault is, if the check says so: what points outside of the archive does not.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// Makes offsets of what rkyv tells as addresses. The first that lies in the archive, which begins at `start`, is where it is wrong.
    fn locate(&mut self, start: usize, len: usize) {
        let told = core::mem::take(&mut self.why);
        let mut rest = &told[..];
        while let Some((before, behind)) = rest.split_once("0x") {
            let digits = behind.bytes().take_while(u8::is_ascii_hexdigit).count();
            let (address, after) = behind.split_at(digits);
            self.why.push_str(before);
            if let Ok(address) = usize::from_str_radix(address, 16) {
                let offset = address.wrapping_sub(start);
                self.why.push_str(&alloc::format!("byte {}", offset as isize));
                if offset <= len {
                    self.offset = self.offset.or(Some(offset));
                }
            }
            rest = after;
        }
        self.why.push_str(rest);
    }

    /// The same as an error, whose offset counts from the start of the archive.
    #[must_use]
    pub fn error(&self) -> Error {
        let offset = self.offset.unwrap_or(0);
        if self.why.contains(TOO_DEEP) {
            Error::limit(&"archive depth", offset)
        } else {
            Error::malformed(&"archive", offset)
        }
    }
}

/// The type, the place, and rkyv's words, with offsets in the place of addresses.
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no archive of `{}`", self.type_name)?;
        if let Some(offset) = self.offset {
            write!(f, ", at byte {offset}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl core::error::Error for Invalid {}

/// As rkyv's checks make it.
impl Source for Invalid {
    fn new<E: core::error::Error + Send + Sync + 'static>(source: E) -> Self {
        Self { type_name: "", offset: None, why: source.to_string() }
    }
}

/// The path, from the inside out.
impl Trace for Invalid {
    fn trace<R: fmt::Debug + fmt::Display + Send + Sync + 'static>(mut self, trace: R) -> Self {
        self.why.push_str("; ");
        self.why.push_str(&trace.to_string());
        self
    }
}
