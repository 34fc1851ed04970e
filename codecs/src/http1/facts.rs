//! What the fields of a head say about the message and the connection.

use core::ops::Range;

use wireview::{Error, Result};

use super::field;
use super::line::{HOST_CHAR, is};
use super::mask::plain_host;

/// Looks at each field of a section as soon as its line is whole.
pub(super) trait See {
    /// The field's line starts at `at` in its input, of which `line` is the rest; its name is `name` bytes long.
    fn see(&mut self, line: &[u8], name: usize, value: Range<usize>, at: usize) -> Result<()>;
}

/// Trailers: nothing in them changes how the message is read.
impl See for () {
    #[inline(always)]
    fn see(&mut self, _: &[u8], _: usize, _: Range<usize>, _: usize) -> Result<()> {
        Ok(())
    }
}

/// A `Transfer-Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    /// `chunked` is the last coding.
    Chunked,
    /// Another one is: the body ends with the connection.
    Other,
}

pub(super) const CLOSE: u8 = 1;
pub(super) const KEEP_ALIVE: u8 = 2;
/// `Connection: upgrade`.
pub(super) const UPGRADE_OPTION: u8 = 4;
/// `Upgrade: …`
pub(super) const UPGRADE: u8 = 8;
pub(super) const HOST: u8 = 16;
/// `Expect: 100-continue`.
pub(super) const CONTINUE: u8 = 32;

#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) flags: u8,
    pub(super) coding: Coding,
    /// Where the last `Transfer-Encoding` was.
    pub(super) coding_at: u32,
    pub(super) length: Option<u64>,
    /// In a response `Host` means nothing.
    response: bool,
}

impl Facts {
    pub(super) const NONE: Self = Self { flags: 0, coding: Coding::None, coding_at: 0, length: None, response: false };
    pub(super) const RESPONSE: Self = Self { response: true, ..Self::NONE };

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// A host, and nothing that says how the message or the connection goes on, but that it does.
    #[inline(always)]
    pub(super) const fn is_plain(&self) -> bool {
        self.flags & !KEEP_ALIVE == HOST && matches!(self.coding, Coding::None) && self.length.is_none()
    }

    /// RFC 9112, 9.3: whether the connection can go on behind the message.
    pub(super) const fn keep_alive(&self, minor: u8) -> bool {
        !self.has(CLOSE) && (minor > 0 || self.has(KEEP_ALIVE))
    }

    /// RFC 9112, 3.2.
    fn host(&mut self, value: &[u8], len: usize, at: usize) -> Result<()> {
        if self.response {
            return Ok(());
        }
        if self.has(HOST) {
            return Err(Error::malformed(&field::HOST, at));
        }
        self.flags |= HOST;
        let plain = value.first_chunk().map_or(0, plain_host).min(len);
        match value[plain..len].iter().position(|byte| !is(*byte, HOST_CHAR)) {
            None => Ok(()),
            Some(bad) => Err(Error::malformed(&field::HOST, at + plain + bad)),
        }
    }

    /// RFC 9112, 6.2: one number. A list of equal ones, which a recipient may take, is refused.
    fn length(&mut self, value: &[u8], at: usize) -> Result<()> {
        if self.length.is_some() || self.coding != Coding::None || value.is_empty() {
            return Err(Error::malformed(&field::LENGTH, at));
        }
        let mut length = 0u64;
        for (i, byte) in value.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(Error::malformed(&field::LENGTH, at + i));
            }
            length = length
                .checked_mul(10)
                .and_then(|length| length.checked_add(digit.into()))
                .ok_or(Error::overflow(&field::LENGTH, at + i))?;
        }
        self.length = Some(length);
        Ok(())
    }

    /// RFC 9112, 6.1: a list of codings; `chunked` once, and last. Parameters in quotes are not understood.
    fn coding(&mut self, value: &[u8], at: usize) -> Result<()> {
        if self.length.is_some() {
            return Err(Error::malformed(&field::CODING, at));
        }
        self.coding_at = at as u32;
        let mut start = at;
        let mut any = false;
        for part in value.split(|byte| *byte == b',') {
            let coding = part.trim_ascii();
            if self.coding == Coding::Chunked && !coding.is_empty() {
                return Err(Error::malformed(&field::CODING, start));
            }
            if coding.contains(&b'"') {
                return Err(Error::unsupported(&field::CODING, start));
            }
            if !coding.is_empty() {
                any = true;
                let chunked = coding.eq_ignore_ascii_case(b"chunked");
                self.coding = if chunked { Coding::Chunked } else { Coding::Other };
            }
            start += part.len() + 1;
        }
        if any { Ok(()) } else { Err(Error::malformed(&field::CODING, at)) }
    }

    /// RFC 9110, 7.6.1.
    fn connection(&mut self, value: &[u8]) {
        // What nearly all of them are.
        if is_called(value, b"keep-alive") {
            self.flags |= KEEP_ALIVE;
            return;
        }
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.flags |= match option.len() {
                5 if option.eq_ignore_ascii_case(b"close") => CLOSE,
                10 if option.eq_ignore_ascii_case(b"keep-alive") => KEEP_ALIVE,
                7 if option.eq_ignore_ascii_case(b"upgrade") => UPGRADE_OPTION,
                _ => 0,
            };
        }
    }
}

impl See for Facts {
    #[inline(always)]
    fn see(&mut self, line: &[u8], name: usize, value: Range<usize>, at: usize) -> Result<()> {
        // Most fields are passed over by length and first letter.
        let known = KNOWN[name % KNOWN.len()];
        if line.first().is_some_and(|first| first | 0x20 == known) { self.known(line, name, value, at) } else { Ok(()) }
    }
}

impl Facts {
    #[inline(never)]
    fn known(&mut self, line: &[u8], name: usize, value: Range<usize>, at: usize) -> Result<()> {
        let (name, whole, at) = (&line[..name], &line[value.clone()], at + value.start);
        match name.len() {
            4 if is_called(name, b"host") => return self.host(&line[value.start..], whole.len(), at),
            10 if is_called(name, b"connection") => self.connection(whole),
            14 if is_called(name, b"content-length") => return self.length(whole, at),
            17 if is_called(name, b"transfer-encoding") => return self.coding(whole, at),
            7 if is_called(name, b"upgrade") => self.flags |= UPGRADE,
            6 if is_called(name, b"expect") && is_called(whole, b"100-continue") => self.flags |= CONTINUE,
            _ => {}
        }
        Ok(())
    }
}

/// The first letters of the names that are known, by their lengths.
const KNOWN: [u8; 32] = {
    let mut letters = [0; 32];
    (letters[4], letters[6], letters[7]) = (b'h', b'e', b'u');
    (letters[10], letters[14], letters[17]) = (b'c', b'c', b't');
    letters
};

/// Whether lawful text is `wanted`, in letters of either case. Of what is no control character, this turns only capitals into small
/// letters, and nothing else into a hyphen or a digit.
#[inline(always)]
fn is_called<const N: usize>(text: &[u8], wanted: &[u8; N]) -> bool {
    let eight = |at: usize| {
        let word = |bytes: &[u8]| bytes[at..].first_chunk().map(|bytes| u64::from_ne_bytes(*bytes));
        word(text).map(|word| word | 0x2020_2020_2020_2020) == word(wanted)
    };
    let four = |at: usize| {
        let word = |bytes: &[u8]| bytes[at..].first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
        word(text).map(|word| word | 0x2020_2020) == word(wanted)
    };
    const { assert!(N >= 4 && N <= 24, "a name that two or three words do not cover") };
    text.len() == N && if N < 8 { four(0) && four(N - 4) } else { eight(0) && eight(N - 8) && (N <= 16 || eight(8)) }
}
