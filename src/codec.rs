//! The wire format: where a frame ends, what is in it, how it is written.

use crate::wire::{Message, Wire};
use crate::{Error, Gather, Result};

/// The message of codec `C` as borrowed views into its frame.
pub type View<'a, C> = <<C as Codec>::Message as Wire>::Of<&'a [u8]>;

/// Reads frames of one wire format.
///
/// ```text
///              ┌──────────────── frame ────────────────┐
///  … ─ skip ─ ─┤ head │ body                    │ tail ├─ the next frame …
///              └───────────────────────────────────────┘
///              delimit answers as soon as the head is here; open and parse see the whole frame
/// ```
///
/// The boundary and the message are two questions. The boundary must be found again and again while bytes trickle in, and
/// if it is wrong the stream is lost; the message is read once from a whole frame, and if it is wrong only that frame is.
/// So an error of [`delimit`](Codec::delimit) or [`open`](Codec::open) is fatal, an error of [`parse`](Codec::parse) is not.
///
/// ```
/// use wireview::{Boundary, Codec, Deframer, Error, Result, Span};
///
/// /// One byte says how many follow.
/// #[derive(Clone)]
/// struct Short;
///
/// impl Codec for Short {
///     type Message = Span;
///
///     fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
///         Ok(match input.first() {
///             None => Boundary::Need(1),
///             Some(&len) => Boundary::Frame { head: 1, body: len.into(), tail: 0 },
///         })
///     }
///
///     fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
///         Ok(&frame[1..])
///     }
/// }
///
/// let mut deframer = Deframer::new(Short);
/// deframer.feed(b"\x02hi\x05the");
/// assert_eq!(deframer.next()?.expect("the first frame is whole").view()?, b"hi");
/// assert!(deframer.next()?.is_none());
/// deframer.feed(b"re");
/// assert_eq!(deframer.next()?.expect("now the second is, too").view()?, b"there");
/// # Ok::<(), Error>(())
/// ```
pub trait Codec {
    /// What a frame holds, as its [`Span`](crate::Span) instance.
    type Message: Message;

    /// What every frame is to be aligned to in memory: a power of two. Where frames are multiples of it long, head and tail included,
    /// the receive block is kept so that each begins at such an address, and nothing but partial frames is moved for it. Costs a
    /// comparison a read where it is not 1.
    const ALIGN: usize = 1;

    /// Says where the first frame in `input` ends.
    ///
    /// `input` starts at that frame's first byte and only grows between calls that answer [`Boundary::Need`], so a codec
    /// may remember how far it has scanned. It may be empty. What it answers other than `Need` is not asked for again, but for
    /// a frame without a head that is announced before its first byte has come: a codec may move on with its answer.
    ///
    /// # Errors
    /// If the bytes cannot be the start of a frame. The stream ends there.
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary>;

    /// The same question when no more bytes will come: `rest` is what was left when the stream ended, never empty.
    /// A format whose last frame is ended by the end of the stream answers here.
    ///
    /// # Errors
    /// As for [`delimit`](Codec::delimit). [`Boundary::Need`], the default, says that the stream ended inside a frame.
    fn delimit_last(&mut self, rest: &[u8]) -> Result<Boundary> {
        Ok(Boundary::Need(rest.len() + 1))
    }

    /// Called once for each whole frame, in order, before it is read: unmask or decrypt in place, move the state of the
    /// protocol on.
    ///
    /// # Errors
    /// If the frame cannot be opened. The stream ends there.
    #[inline(always)]
    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        let _ = frame;
        Ok(())
    }

    /// Whether frames are read as they stand on the wire: [`open`](Codec::open) neither changes nor looks at them, and moves
    /// no state. Then bytes that cannot be written to need not be copied to be read.
    #[inline]
    fn is_raw(&self) -> bool {
        false
    }

    /// Reads one whole opened frame: head, body and tail.
    ///
    /// Pure and repeatable; called between the `delimit` that answered [`Boundary::Frame`] and the next `delimit`, so it may
    /// trust notes that `delimit` left in `self`. Every field of the view is a part of `frame`, or empty.
    ///
    /// # Errors
    /// If the frame is not a message. The frames behind it are not affected.
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>>;

    /// True after a frame behind which the bytes belong to another codec (TLS, an upgrade): a batch stops here.
    #[inline(always)]
    fn barrier(&self) -> bool {
        false
    }

    /// True behind a frame with which a message has begun that later frames complete: a stream that ends there has ended too
    /// early, although no frame is cut.
    #[inline]
    fn is_inside(&self) -> bool {
        false
    }

    /// Reads the head of a frame whose body is streamed: the message, with the field that the body would fill left empty. `body` is
    /// `u64::MAX` if the end of the stream ends it.
    ///
    /// # Errors
    /// As for [`parse`](Codec::parse); the default refuses bodies that are not buffered.
    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<View<'a, Self>> {
        let _ = body;
        Err(Error::unsupported(&"streamed body", head.len()))
    }

    /// Opens a chunk of a streamed body in place; `at` is its offset in the body.
    ///
    /// # Errors
    /// If the body cannot be opened. The stream ends there.
    #[inline]
    fn open_body(&mut self, at: u64, chunk: &mut [u8]) -> Result<()> {
        let _ = (at, chunk);
        Ok(())
    }

    /// Whether the bytes of a streamed body are the message's own as they stand on the wire: [`open_body`](Codec::open_body)
    /// neither changes nor looks at them. Then the kernel may move them on without this program seeing them; to say so of
    /// other bodies passes them on unopened.
    #[inline]
    fn body_is_raw(&self) -> bool {
        false
    }

    /// Called with the tail of a frame whose body was streamed to its end.
    ///
    /// # Errors
    /// If the tail does not fit the body, such as a checksum. The stream ends there.
    #[inline]
    fn close_body(&mut self, tail: &[u8]) -> Result<()> {
        let _ = tail;
        Ok(())
    }
}

/// What [`Codec::delimit`] found at the front of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// So many bytes, counted from the frame's start, must be there before it is worth asking again: more than there are
    /// now, and never more than the frame has.
    Need(usize),
    /// A frame. Only its head has to have arrived; the framework waits for the body and the tail, or streams the body.
    Frame {
        /// Bytes in front of the body, all of which are in the input.
        head: usize,
        /// Bytes of the body, which may be streamed.
        body: u64,
        /// Bytes behind the body.
        tail: usize,
    },
    /// A frame that lasts to the end of the stream. Under `next` it is handed out whole when that has come; under
    /// `next_or_body` everything behind its head is streamed, however short it is.
    Rest {
        /// Bytes in front of the body, all of which are in the input.
        head: usize,
    },
    /// So many bytes (at least one, arrived or not) belong to no frame and are dropped: noise, keep-alives, padding.
    Skip(u64),
}

impl Boundary {
    /// A frame of `len` bytes, all of which are in the input: nothing of it is to be streamed.
    #[inline]
    #[must_use]
    pub const fn whole(len: usize) -> Self {
        Self::Frame { head: len, body: 0, tail: 0 }
    }
}

/// Writes messages of type `M` into the send queue.
///
/// One `impl<B: Outgoing> Encode<Publish<B>> for MyCodec` serves every holder: copied slices, shared `Bytes`, file regions.
pub trait Encode<M> {
    /// Writes one message at the end of `out`.
    ///
    /// # Errors
    /// If the message cannot be written in this format. [`Gather::message`], through which the drivers call this, takes
    /// back what was written of it.
    fn encode(&mut self, message: M, out: &mut Gather) -> Result<()>;
}
