//! Header fields on their way out, and what says how a body ends.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use wireview::{Error, Result};

use super::field;
use super::line::{TEXT, TOKEN, is};

/// What stands in front of the empty line to say how the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Length(u64),
    Chunked,
    Close,
}

impl Ending {
    pub(super) fn put(self, head: &mut Vec<u8>) {
        match self {
            Self::Length(length) => {
                head.extend_from_slice(b"Content-Length: ");
                number(head, length);
                head.extend_from_slice(b"\r\n");
            }
            Self::Chunked => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Self::Close => {}
        }
    }
}

/// Header fields on their way into the queue.
#[derive(Debug)]
pub struct Fields<'a> {
    head: &'a mut Vec<u8>,
    host: bool,
    /// The first field that was refused.
    error: Option<Error>,
}

impl<'a> Fields<'a> {
    /// Writes what `fields` adds. Answers whether a host was among it.
    pub(super) fn write(head: &'a mut Vec<u8>, fields: impl FnOnce(&mut Fields<'_>)) -> Result<bool> {
        let mut writer = Fields { head, host: false, error: None };
        fields(&mut writer);
        writer.error.map_or(Ok(writer.host), Err)
    }

    /// Adds a field. One that is not lawful (a name that is no token, a value with control characters), or one that says how
    /// the message ends, which is written by the codec, makes the whole message fail.
    #[inline]
    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.add_name(name);
        let value = value.as_ref();
        if !value.iter().all(|byte| is(*byte, TEXT)) {
            self.refuse(Error::malformed(&field::VALUE, 0));
        }
        self.head.extend_from_slice(value);
        self.head.extend_from_slice(b"\r\n");
    }

    /// Adds a field whose value is written by `Display`: `format_args!` and numbers.
    pub fn add_display(&mut self, name: &str, value: impl fmt::Display) {
        self.add_name(name);
        let start = self.head.len();
        if write!(Text(self.head), "{value}").is_err() || !self.head[start..].iter().all(|byte| is(*byte, TEXT)) {
            self.refuse(Error::malformed(&field::VALUE, 0));
        }
        self.head.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn add_name(&mut self, name: &str) {
        if name.is_empty() || !name.bytes().all(|byte| is(byte, TOKEN)) {
            self.refuse(Error::malformed(&field::NAME, 0));
        }
        match name.len() {
            4 => self.host |= name.eq_ignore_ascii_case("host"),
            14 if name.eq_ignore_ascii_case("content-length") => self.refuse(Error::unsupported(&field::LENGTH, 0)),
            17 if name.eq_ignore_ascii_case("transfer-encoding") => self.refuse(Error::unsupported(&field::CODING, 0)),
            _ => {}
        }
        self.head.extend_from_slice(name.as_bytes());
        self.head.extend_from_slice(b": ");
    }

    #[cold]
    fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Writes `number` in decimal.
pub(super) fn number(head: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    head.extend_from_slice(&digits[at..]);
}
