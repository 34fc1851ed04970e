//! Readers and writers that do everything a peer and a kernel may do: short counts, interrupts, "not now", errors.
//!
//! What they do is read off a [`Script`], a string of bytes: a fuzzer's input, or numbers drawn from a seed. So what failed
//! can be run again, and a shorter script is a simpler failure.
//!
//! ```
//! use wireview::Gather;
//! use wireview::torture::{Script, Torture};
//!
//! let mut out = Gather::new();
//! out.copy(b"exactly the concatenation, in order, once");
//! // One byte, an interrupt, three bytes, "not now", an error; then everything passes.
//! let mut writer = Torture::new(Vec::new(), Script::new([0, 200, 2, 220, 255]));
//! let mut errors = 0;
//! while out.write_to(&mut writer).is_err() {
//!     errors += 1;
//! }
//! assert_eq!(errors, 2); // the interrupt is not told
//! assert_eq!(writer.into_inner(), b"exactly the concatenation, in order, once");
//! ```

use std::io::{self, ErrorKind, IoSlice, Read, Write};

#[cfg(feature = "tokio")]
mod poll;

/// What is done to each call, a byte a call. Once it is used up everything passes whole, so whatever goes on ends.
///
/// | byte | the call |
/// | --- | --- |
/// | 0 to 127 | moves at most so many bytes and one more |
/// | 128 to 175 | moves at most 64 bytes for each step above 127 |
/// | 176 to 191 | passes whole |
/// | 192 to 215 | fails with `Interrupted`; is pending where it is polled |
/// | 216 to 239 | fails with `WouldBlock`; is pending where it is polled |
/// | 240 to 255 | fails with `ConnectionReset`, `BrokenPipe`, `TimedOut` or `Other`, in turn |
///
/// A call that fails has moved nothing. A call that is pending has woken its task already.
#[derive(Clone, Debug, Default)]
pub struct Script {
    bytes: Vec<u8>,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Pass(usize),
    Interrupt,
    Block,
    Fail(ErrorKind),
}

impl Script {
    /// The script that stands in `bytes`.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), at: 0 }
    }

    /// `len` bytes drawn from `seed`.
    #[must_use]
    pub fn from_seed(seed: u64, len: usize) -> Self {
        // splitmix64: good enough to choose, and the same everywhere.
        let mut state = seed;
        let draw = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed >> 56) as u8
        };
        Self { bytes: core::iter::repeat_with(draw).take(len).collect(), at: 0 }
    }

    /// How much of it has been used.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.at
    }

    /// Whether from here on everything passes.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn next(&mut self) -> Act {
        let Some(&byte) = self.bytes.get(self.at) else { return Act::Pass(usize::MAX) };
        self.at += 1;
        match byte {
            0..=127 => Act::Pass(usize::from(byte) + 1),
            128..=175 => Act::Pass(64 * (usize::from(byte) - 127)),
            176..=191 => Act::Pass(usize::MAX),
            192..=215 => Act::Interrupt,
            216..=239 => Act::Block,
            240..=255 => Act::Fail(
                [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::TimedOut, ErrorKind::Other]
                    [usize::from(byte % 4)],
            ),
        }
    }
}

/// A reader or writer, blocking or polled, that treats its calls by a [`Script`] before it lets them through to `T`.
#[derive(Debug)]
pub struct Torture<T> {
    inner: T,
    script: Script,
    errors: bool,
    flat: bool,
}

impl<T> Torture<T> {
    /// `inner` under `script`.
    pub const fn new(inner: T, script: Script) -> Self {
        Self { inner, script, errors: true, flat: false }
    }

    /// Lets calls pass that the script would have fail for good, for drivers that rightly give up then.
    #[must_use]
    pub fn without_errors(mut self) -> Self {
        self.errors = false;
        self
    }

    /// Claims that writes are not vectored, as wrappers around a socket often do.
    #[must_use]
    pub fn flat(mut self) -> Self {
        self.flat = true;
        self
    }

    /// The script, as far as it has come.
    pub const fn script(&self) -> &Script {
        &self.script
    }

    /// What lies below.
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// What lies below, to be changed.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// What lies below, for good.
    pub fn into_inner(self) -> T {
        self.inner
    }

    fn next(&mut self) -> Act {
        match self.script.next() {
            Act::Fail(_) if !self.errors => Act::Pass(usize::MAX),
            act => act,
        }
    }

    /// How many bytes the next blocking call may move.
    fn allowance(&mut self) -> io::Result<usize> {
        match self.next() {
            Act::Pass(max) => Ok(max),
            Act::Interrupt => Err(ErrorKind::Interrupted.into()),
            Act::Block => Err(ErrorKind::WouldBlock.into()),
            Act::Fail(kind) => Err(kind.into()),
        }
    }
}

impl<T: Read> Read for Torture<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let max = self.allowance()?.min(buf.len());
        self.inner.read(&mut buf[..max])
    }
}

impl<T: Write> Write for Torture<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let max = self.allowance()?.min(buf.len());
        self.inner.write(&buf[..max])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let max = self.allowance()?;
        if self.flat {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return self.inner.write(&first[..first.len().min(max)]);
        }
        self.inner.write_vectored(&front(slices, max))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.allowance()?;
        self.inner.flush()
    }
}

/// The first `max` bytes of a gather list.
fn front<'a>(slices: &'a [IoSlice<'_>], max: usize) -> Vec<IoSlice<'a>> {
    let mut room = max;
    let mut front = Vec::with_capacity(slices.len());
    for slice in slices {
        if room == 0 {
            break;
        }
        let part = &slice[..slice.len().min(room)];
        room -= part.len();
        front.push(IoSlice::new(part));
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_as_written() {
        let script: Vec<u8> = vec![0, 127, 128, 175, 176, 192, 216, 240, 241, 242, 243];
        let mut script = Script::new(script);
        let acts: Vec<Act> = core::iter::repeat_with(|| script.next()).take(12).collect();
        assert_eq!(
            acts,
            [
                Act::Pass(1),
                Act::Pass(128),
                Act::Pass(64),
                Act::Pass(64 * 48),
                Act::Pass(usize::MAX),
                Act::Interrupt,
                Act::Block,
                Act::Fail(ErrorKind::ConnectionReset),
                Act::Fail(ErrorKind::BrokenPipe),
                Act::Fail(ErrorKind::TimedOut),
                Act::Fail(ErrorKind::Other),
                Act::Pass(usize::MAX),
            ]
        );
        assert!(script.is_spent());
    }

    #[test]
    fn a_seed_gives_every_act() {
        let mut script = Script::from_seed(7, 4096);
        let mut seen = [0_u32; 5];
        while !script.is_spent() {
            seen[match script.next() {
                Act::Pass(usize::MAX) => 0,
                Act::Pass(_) => 1,
                Act::Interrupt => 2,
                Act::Block => 3,
                Act::Fail(_) => 4,
            }] += 1;
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
        assert_eq!(Script::from_seed(7, 64).bytes, Script::from_seed(7, 4096).bytes[..64]);
    }

    #[test]
    fn reads_and_writes_lose_nothing() {
        let bytes: Vec<u8> = (0..=255).cycle().take(20_000).collect();
        let mut reader = Torture::new(&bytes[..], Script::from_seed(1, 500));
        let mut writer = Torture::new(Vec::new(), Script::from_seed(2, 500));
        let mut block = [0; 700];
        loop {
            let Ok(read) = reader.read(&mut block) else { continue };
            if read == 0 {
                break;
            }
            let mut left = &block[..read];
            while !left.is_empty() {
                let (first, second) = left.split_at(left.len() / 2);
                if let Ok(wrote) = writer.write_vectored(&[IoSlice::new(first), IoSlice::new(second)]) {
                    left = &left[wrote..];
                }
            }
        }
        assert_eq!(writer.into_inner(), bytes);
    }
}
