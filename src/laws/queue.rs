//! The laws of a send queue.

use std::io::{self, IoSlice, Write};

use bytes::Bytes;

use super::cuts::Rng;
use super::{Law, Violation};
use crate::Gather;
use crate::torture::{Script, Torture};

/// A queue of bytes to be sent, as far as [`verify_queue`] has to know it.
pub trait Queue {
    /// Puts `bytes` at the end.
    fn put(&mut self, bytes: Bytes);

    /// Writes what waits. After an error that passes the call is made again.
    ///
    /// # Errors
    /// What the writer fails with.
    fn write_to(&mut self, writer: &mut dyn Write) -> io::Result<()>;
}

impl Queue for Gather {
    fn put(&mut self, bytes: Bytes) {
        // Of both kinds.
        if bytes.len().is_multiple_of(2) { self.copy(&bytes) } else { self.share(bytes) }
    }

    fn write_to(&mut self, writer: &mut dyn Write) -> io::Result<()> {
        Self::write_to(self, writer)
    }
}

/// Puts pieces into a queue and has them written through a [`Torture`] whose script is `input`, in turn.
///
/// ```
/// use wireview::Gather;
/// use wireview::laws;
///
/// laws::verify_queue(Gather::new, &[0, 200, 2, 220, 1, 1, 9])?;
/// # Ok::<(), Box<wireview::laws::Violation>>(())
/// ```
///
/// # Errors
/// If what leaves is not what was put in, in order, once.
pub fn verify_queue<Q: Queue>(factory: impl Fn() -> Q, input: &[u8]) -> Result<(), Box<Violation>> {
    let mut queue = factory();
    let mut writer = Torture::new(Paper::default(), Script::new(input));
    let mut expected = Vec::new();
    let mut rng = Rng::of(input);
    for turn in 0..=16 {
        if turn < 16 {
            for _ in 0..rng.below(4) {
                let piece = piece(&expected, &mut rng);
                expected.extend_from_slice(&piece);
                queue.put(piece);
            }
        }
        writer.get_mut().room = expected.len();
        // A call that fails has used up a byte of the script, and once that is spent none does; the last turn is not left before.
        let mut failures = 0;
        while queue.write_to(&mut writer).is_err() && failures <= input.len() && (turn == 16 || rng.below(2) == 0) {
            failures += 1;
        }
        if !expected.starts_with(&writer.get_ref().written) {
            break;
        }
    }
    judge::<Q>(Law::Once, expected, &writer.get_ref().written)
}

/// Keeps what is written, and refuses everything once there is more of it than was queued: a queue that writes the same bytes
/// for ever is stopped.
#[derive(Default)]
struct Paper {
    written: Vec<u8>,
    room: usize,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len() > self.room {
            return Err(io::Error::other("more was written than had been queued"));
        }
        self.written.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // Room for all or for none: `write` has said no if there is none.
        match self.write(&[]) {
            Ok(_) => self.written.write_vectored(slices),
            refused => refused,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The next piece: no two places of what is queued look the same.
fn piece(before: &[u8], rng: &mut Rng) -> Bytes {
    let len = [0, 1, 3, 17, 100, 3000][rng.below(6)];
    let at = before.len() as u32;
    (at..at + len).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn judge<Q>(law: Law, expected: Vec<u8>, left: &[u8]) -> Result<(), Box<Violation>> {
    if expected == left {
        return Ok(());
    }
    let same = expected.iter().zip(left).take_while(|(one, two)| one == two).count();
    let what = format!("{} bytes were queued, {} left; they differ from byte {same} on", expected.len(), left.len());
    let codec = std::any::type_name::<Q>();
    let frame = same..(same + 16).min(expected.len());
    Err(Box::new(Violation { law, codec, input: expected, cuts: Vec::new(), way: None, frame, what }))
}

/// A queue with the writer it writes to, asynchronously.
#[cfg(feature = "tokio")]
pub trait Sender {
    /// Puts `bytes` at the end.
    fn put(&mut self, bytes: Bytes);

    /// Writes what waits. May be dropped at any time, and made again.
    fn flush(&mut self) -> impl Future<Output = io::Result<()>>;

    /// What was written.
    fn written(&self) -> &[u8];
}

/// Puts pieces into a sender whose writer is tortured by `input`, polls each flush once and drops it, until all is written.
///
/// # Errors
/// If what leaves is not what was put in, in order, once.
#[cfg(feature = "tokio")]
pub fn verify_cancel<S: Sender>(
    factory: impl FnOnce(Torture<Vec<u8>>) -> S,
    input: &[u8],
) -> Result<(), Box<Violation>> {
    use std::pin::pin;
    use std::task::{Context, Waker};

    let mut sender = factory(Torture::new(Vec::new(), Script::new(input)).without_errors());
    let mut expected = Vec::new();
    let mut rng = Rng::of(input);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..8 {
        for _ in 0..rng.below(4) {
            let piece = piece(&expected, &mut rng);
            expected.extend_from_slice(&piece);
            sender.put(piece);
        }
        let _ = pin!(sender.flush()).poll(&mut cx);
        if !expected.starts_with(sender.written()) {
            break;
        }
    }
    let mut turns = 0;
    while pin!(sender.flush()).poll(&mut cx).is_pending() && turns <= input.len() {
        turns += 1;
    }
    let left = sender.written().to_vec();
    judge::<S>(Law::Cancel, expected, &left)
}
