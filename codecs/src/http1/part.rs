//! What a message is made of.

use wireview::{Holder, Message, Span, Wire};

use super::chunk::Extensions;
use super::headers::Headers;

/// One frame of a message. `H` is its head, [`Request`](super::Request) or [`Response`](super::Response).
///
/// ```text
///  Head                              the message has no body
///  Head  Body                        Content-Length: so many bytes, one frame
///  Head  Chunk  Chunk  …  End        Transfer-Encoding: chunked
///  Head  Rest                        a response that ends with the connection; no Rest if nothing came
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<H, B> {
    /// The head. What follows it is told by its `framing`.
    Head(H),
    /// The body of a message that stated its length. Empty if it is streamed.
    Body(B),
    /// A chunk of a body; more follow.
    Chunk(Chunk<B>),
    /// The end of a body in chunks.
    End(Trailers<B>),
    /// A body that ended with the connection. Empty if it is streamed.
    Rest(B),
}

/// A piece of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk<B> {
    pub(super) extensions: B,
    pub(super) data: B,
}

/// The end of a chunked body: the last chunk, which is empty, and the fields behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trailers<B> {
    pub(super) extensions: B,
    pub(super) headers: Headers<B>,
}

impl<H, B> Part<H, B> {
    /// The head, if this is one.
    #[inline]
    #[must_use]
    pub fn head(self) -> Option<H> {
        match self {
            Self::Head(head) => Some(head),
            _ => None,
        }
    }

    /// The bytes of the body that are in this part.
    #[inline]
    #[must_use]
    pub fn data(self) -> Option<B> {
        match self {
            Self::Body(data) | Self::Rest(data) | Self::Chunk(Chunk { data, .. }) => Some(data),
            Self::Head(_) | Self::End(_) => None,
        }
    }
}

impl<B> Chunk<B> {
    /// The data: at least one byte; none if it is streamed.
    #[inline]
    pub const fn data(&self) -> &B {
        &self.data
    }
}

impl<B> Trailers<B> {
    /// The fields. None of them changes how the message was read, whatever it is called.
    #[inline]
    pub const fn fields(&self) -> &Headers<B> {
        &self.headers
    }
}

impl<'a> Chunk<&'a [u8]> {
    /// The extensions of the chunk.
    #[inline]
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        Extensions::new(self.extensions)
    }
}

impl<'a> Trailers<&'a [u8]> {
    /// The extensions of the last chunk.
    #[inline]
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        Extensions::new(self.extensions)
    }
}

impl<H: Message> Wire for Part<H, Span> {
    type Of<B: Holder> = Part<H::Of<B>, B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(part: Part<H::Of<A>, A>, f: &mut impl FnMut(A) -> B) -> Part<H::Of<B>, B> {
        match part {
            Part::Head(head) => Part::Head(H::map(head, f)),
            Part::Body(data) => Part::Body(f(data)),
            Part::Chunk(chunk) => Part::Chunk(Chunk { extensions: f(chunk.extensions), data: f(chunk.data) }),
            Part::End(end) => {
                Part::End(Trailers { extensions: f(end.extensions), headers: Headers::map(end.headers, f) })
            }
            Part::Rest(data) => Part::Rest(f(data)),
        }
    }
}
