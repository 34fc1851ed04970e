use super::{Declare, Put};
use crate::wire::Seq;
use crate::{Error, Gather, Result};

/// Memory in which the elements of a sequence are written before they are sent, used again and again.
///
/// ```
/// use wireview::declare::{Put, Scratch, Text};
/// use wireview::{Gather, Seq, Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Names<B> {
///     #[wire(count = u8)]
///     names: Seq<B, Name<Span>>,
/// }
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// struct Name<B>(#[wire(len = u8)] Text<B>);
///
/// let (mut scratch, mut out) = (Scratch::new(), Gather::new());
/// for names in [&["ada", "grace"][..], &["alan"]] {
///     let names = scratch.seq(names.iter().map(|name| Name::<&[u8]>(Text::from(*name))), ())?;
///     Names { names }.put(&mut out, ())?;
/// }
/// assert_eq!(out.chunks().collect::<Vec<_>>(), [b"\x02\x03ada\x05grace\x01\x04alan"]);
/// # Ok::<(), wireview::Error>(())
/// ```
///
/// # Cost
/// Allocates nothing once it has its size. The elements are copied twice: here, and when the message is queued.
#[derive(Debug)]
pub struct Scratch {
    out: Gather,
}

impl Scratch {
    /// Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        let mut out = Gather::new();
        out.set_copy_up_to(usize::MAX);
        Self { out }
    }

    /// Writes `elements` one after the other, over those that were here before.
    ///
    /// # Errors
    /// Of the first element that cannot be written; [`Kind::Unsupported`](crate::Kind::Unsupported) if bytes of one are not in memory,
    /// such as a file region.
    #[inline]
    pub fn seq<E: Declare, P: Put<Family = E>>(
        &mut self,
        elements: impl IntoIterator<Item = P>,
        given: E::Context,
    ) -> Result<Seq<&[u8], E>> {
        self.out.restart();
        let mut count = 0_u32;
        for element in elements {
            element.put(&mut self.out, given)?;
            count = count.checked_add(1).ok_or(Error::overflow(&"count", 0))?;
        }
        match self.out.in_one() {
            Some(region) => Ok(Seq::new(region, count)),
            None => Err(Error::unsupported(E::NAME, 0)),
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use bytes::Bytes;

    use super::*;
    use crate::{Kind, Payload, Span, Wire};

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    #[wire(crate = crate)]
    struct Part<B>(#[wire(len = u16, max = 5000)] B);

    #[test]
    fn what_was_here_before_is_gone() {
        let mut scratch = Scratch::new();
        for parts in [&[&b"one"[..], b"two"][..], &[b"3"], &[]] {
            let seq: Seq<&[u8], Part<Span>> = scratch.seq(parts.iter().map(|part| Part(*part)), ()).expect("lawful");
            assert_eq!(seq.len(), parts.len());
            let read: Vec<&[u8]> = seq.iter().map(|part| part.expect("just written").0).collect();
            assert_eq!(read, parts);
        }
    }

    #[test]
    fn an_element_that_cannot_be_written_leaves_nothing() {
        let mut scratch = Scratch::new();
        let long = [0; 5001];
        let error = scratch.seq([Part(&b"one"[..]), Part(&long)], ()).expect_err("longer than it may be");
        assert_eq!(error.kind(), Kind::Limit);
        assert_eq!(scratch.seq([Part(&b"two"[..])], ()).expect("lawful").region(), b"\0\x03two");
    }

    #[test]
    fn large_elements_are_in_one_piece_too() {
        let large = Bytes::from(alloc::vec![7; 4000]);
        let mut scratch = Scratch::new();
        let seq = scratch.seq([Part(large.clone()), Part(large.clone())], ()).expect("lawful");
        assert_eq!(seq.region().len(), 2 * 4002);
        let owned = Seq::<Bytes, Part<Span>>::write([Part(large.clone())], ()).expect("lawful");
        assert_eq!((owned.len(), &owned.region()[2..]), (1, &large[..]));
    }

    #[cfg(feature = "std")]
    #[test]
    fn what_is_not_in_memory_is_refused() {
        let file = std::fs::File::open(std::env::current_exe().expect("a program")).expect("it is there");
        let region = crate::FileRegion::new(std::sync::Arc::new(file), 0, 10).expect("that long");
        let mut scratch = Scratch::new();
        let error = scratch.seq([Part(Payload::File(region.clone()))], ()).expect_err("not in memory");
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(Seq::<Bytes, Part<Span>>::write([Part(Payload::File(region))], ()).is_err());
        assert_eq!(scratch.seq([Part(&b"two"[..])], ()).expect("lawful").region(), b"\0\x03two");
    }
}
