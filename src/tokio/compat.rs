use bytes::{Buf, BufMut, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::fault::Fault;
use crate::recv::{Gate, State, whole};
use crate::{Boundary, Codec, Encode, Error, Frame, Gather, Kind, Limits, Message, Report};

/// What a reserve may claim at once, however little has come.
const MIN_RESERVE: usize = 8 * 1024;

/// A codec as `tokio_util::codec::{Decoder, Encoder}`, so that services built on `Framed` can use it as it is.
///
/// An item is a `Result` of its own: a frame that is not a message is `Ok(Err(error))`, and the stream goes on; the outer
/// error ends it, as `Framed` has it.
///
/// ```
/// use futures_util::{SinkExt, StreamExt};
/// use tokio_util::codec::Framed;
/// use wireview::formats::LengthPrefixed;
/// use wireview::length::U16Be;
/// use wireview::tokio::Compat;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (near, far) = tokio::io::duplex(1024);
/// let mut near = Framed::new(near, Compat::new(LengthPrefixed::<U16Be>::new(1000)));
/// let mut far = Framed::new(far, Compat::new(LengthPrefixed::<U16Be>::new(1000)));
/// near.send(&b"hello"[..]).await?;
/// let frame = far.next().await.expect("a frame")??;
/// assert_eq!(frame.view(), b"hello");
/// # Ok(())
/// # }
/// ```
///
/// # Cost
/// A frame is one refcount on the buffer of `Framed`, which does not recycle it; what is sent is copied into its write
/// buffer, file regions read. [`Connection`](super::Connection) does without both.
#[derive(Debug)]
pub struct Compat<C, E = C> {
    codec: C,
    encoder: E,
    gate: Gate,
    queue: Gather,
    /// The stream offset of the next frame.
    at: u64,
}

impl<C: Codec + Clone> Compat<C> {
    /// `codec` in both directions, with the default [`Limits`].
    #[must_use]
    pub fn new(codec: C) -> Self {
        let encoder = codec.clone();
        Self::with_encoder(codec, encoder, Limits::new())
    }
}

impl<C: Codec, E> Compat<C, E> {
    /// Reads with `codec` and writes with `encoder`.
    #[must_use]
    pub const fn with_encoder(codec: C, encoder: E, limits: Limits) -> Self {
        Self { codec, encoder, gate: Gate::new(limits), queue: Gather::new(), at: 0 }
    }

    /// The codec, to change its state between frames.
    pub const fn codec_mut(&mut self) -> &mut C {
        &mut self.codec
    }

    /// The encoder, to change its state between messages.
    pub const fn encoder_mut(&mut self) -> &mut E {
        &mut self.encoder
    }

    /// How long the next frame is, if it has wholly come.
    fn find(&mut self, src: &mut BytesMut) -> Result<Option<usize>, Error> {
        loop {
            let pending = src.len();
            match self.gate.state {
                State::Failed(error) => return Err(error),
                State::Need(need) | State::Whole(need) if pending < need => {
                    if self.gate.eof && (pending > 0 || self.codec.is_inside()) {
                        self.end(src, need);
                        continue;
                    }
                    // Earned: no more at once than has come so far.
                    let earned = usize::try_from(self.at).unwrap_or(usize::MAX).saturating_add(pending);
                    src.reserve((need - pending).min(earned.max(MIN_RESERVE)));
                    return Ok(None);
                }
                State::Whole(len) | State::Opened(len) => {
                    self.gate.raise();
                    return Ok(Some(len));
                }
                State::Skip(left) => {
                    let len = left.min(pending as u64);
                    src.advance(len as usize);
                    self.at += len;
                    if len < left {
                        self.gate.set(State::Skip(left - len));
                        if self.gate.eof {
                            self.gate.fail_at_eof(0, left - len);
                            continue;
                        }
                        return Ok(None);
                    }
                    self.gate.raise();
                }
                State::UntilEnd { .. } => {
                    if let Some(len) = self.gate.until_end(pending) {
                        return Ok(Some(len));
                    }
                    if matches!(self.gate.state, State::UntilEnd { .. }) {
                        src.reserve(MIN_RESERVE);
                        return Ok(None);
                    }
                }
                State::Drop => {
                    src.clear();
                    self.at += pending as u64;
                    return Ok(None);
                }
                _ => {
                    self.gate.raise();
                    let answer = self.codec.delimit(src);
                    if let Ok(Boundary::Frame { head, body, tail }) = answer
                        && let Some(len) = whole(head, body, tail, pending, self.gate.limits.max_frame)
                    {
                        return Ok(Some(len));
                    }
                    self.gate.settle(answer, pending);
                }
            }
        }
    }

    /// The stream has ended and the frame that has begun is not whole: unless the codec says otherwise, that is an error.
    fn end(&mut self, src: &BytesMut, need: usize) {
        let pending = src.len();
        let last = match self.gate.state {
            State::Need(_) if pending > 0 => self.codec.delimit_last(src),
            _ => Ok(Boundary::Need(need)),
        };
        self.gate.settle_last(last, pending, need);
    }

    fn take(&mut self, src: &mut BytesMut, len: usize) -> Result<Result<Frame<C::Message>, Error>, Error> {
        if let Err(error) = self.codec.open(&mut src[..len]) {
            return Err(self.gate.fail(error));
        }
        self.at += len as u64;
        let bytes = src.split_to(len).freeze();
        let message = self.codec.parse(&bytes).and_then(|view| {
            C::Message::point(view, &bytes).ok_or(Error::new(Kind::Contract, &"field outside the frame", 0))
        });
        Ok(message.map(|message| Frame::new(bytes, message)))
    }
}

impl<C: Codec, E> Decoder for Compat<C, E> {
    type Item = Result<Frame<C::Message>, Error>;
    type Error = Fault;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, Fault> {
        let item = match self.find(src) {
            Ok(Some(len)) => self.take(src, len).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        item.map_err(|error| Fault::Stream(Box::new(Report::new(error, self.at, src, self.gate.missing))))
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, Fault> {
        self.gate.eof = true;
        self.decode(src)
    }
}

impl<C, E: Encode<M>, M> Encoder<M> for Compat<C, E> {
    type Error = Fault;

    fn encode(&mut self, message: M, dst: &mut BytesMut) -> Result<(), Fault> {
        let encoder = &mut self.encoder;
        self.queue.message(|out| encoder.encode(message, out))?;
        dst.reserve(usize::try_from(self.queue.size()).unwrap_or(0));
        Ok(self.queue.write_to(&mut dst.writer())?)
    }
}
