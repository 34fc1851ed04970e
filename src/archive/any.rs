use super::codec::{body_of, check_tail};
use super::head::{self, HEAD, padding};
use super::{ALIGN, Fingerprint};
use crate::{Boundary, Codec, Result, Span};

/// Frames that are archives of whatever types: for inspectors, and for those who pass archives on without knowing what is in them.
///
/// The message is the archive's bytes, unchecked. The [`Fingerprint`] in the head is told, and not compared.
///
/// ```
/// use wireview::archive::{AnyArchive, Archive};
/// use wireview::{Deframer, Encode, Gather};
///
/// let mut out = Gather::new();
/// Archive::<String>::new(100).encode(&String::from("a text that is not short"), &mut out)?;
/// let mut deframer = Deframer::new(AnyArchive::new(100));
/// out.chunks().for_each(|chunk| deframer.feed(chunk));
/// let lent = deframer.next()?.expect("a whole frame");
/// assert_eq!(AnyArchive::fingerprint(lent.bytes()), Some(Archive::<String>::fingerprint().get()));
/// assert!(lent.view()?.starts_with(b"a text that is not short"));
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AnyArchive {
    max: u64,
}

impl AnyArchive {
    /// Archives of at most `max` bytes.
    #[must_use]
    pub const fn new(max: u64) -> Self {
        Self { max }
    }

    /// What the head of a frame says that the archive is of: [`Fingerprint::get`] of its type. `None` if that has not come.
    #[must_use]
    pub fn fingerprint(frame: &[u8]) -> Option<u32> {
        frame.first_chunk().map(head::fingerprint).map(Fingerprint::get)
    }
}

impl Codec for AnyArchive {
    type Message = Span;

    const ALIGN: usize = ALIGN;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let Some(head) = input.first_chunk() else { return Ok(Boundary::Need(HEAD)) };
        let body = head::length(head, head::fingerprint(head), self.max)?;
        Ok(Boundary::Frame { head: HEAD, body, tail: padding(body) })
    }

    fn is_raw(&self) -> bool {
        true
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        body_of(frame)
    }

    fn parse_head<'a>(&self, _: &'a [u8], _: u64) -> Result<&'a [u8]> {
        Ok(&[])
    }

    fn body_is_raw(&self) -> bool {
        true
    }

    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        check_tail(tail)
    }
}
