use std::fmt;
use std::io;

/// Why a connection that the kernel encrypts cannot go on. Inside an [`io::Error`]: `error.get_ref()`, then `downcast_ref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelFault {
    /// The stream ended without `close_notify`: the peer broke off, or somebody cut the stream. `UnexpectedEof`.
    Truncated,
    /// The peer's alert, by its number (RFC 8446, section 6). `ConnectionAborted`.
    Alert(u8),
    /// The peer changes its keys (RFC 8446, section 4.6.3), which the kernel cannot follow. `Unsupported`.
    KeyUpdate,
    /// A record is forged, damaged or too long. `InvalidData`.
    BadRecord,
    /// The peer said what has no place behind the handshake: type of the record, type of the message in it. `InvalidData`.
    Unexpected(u8, u8),
    /// The peer goes on saying things that are no data. `InvalidData`.
    TooMuchControl,
    /// As many records were written as these keys may protect (RFC 8446, section 5.5). `Unsupported`.
    Exhausted,
}

impl KernelFault {
    const fn kind(self) -> io::ErrorKind {
        match self {
            Self::Truncated => io::ErrorKind::UnexpectedEof,
            Self::Alert(_) => io::ErrorKind::ConnectionAborted,
            Self::KeyUpdate | Self::Exhausted => io::ErrorKind::Unsupported,
            Self::BadRecord | Self::Unexpected(..) | Self::TooMuchControl => io::ErrorKind::InvalidData,
        }
    }
}

impl From<KernelFault> for io::Error {
    fn from(fault: KernelFault) -> Self {
        Self::new(fault.kind(), fault)
    }
}

impl std::error::Error for KernelFault {}

impl fmt::Display for KernelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the stream ended without close_notify"),
            Self::Alert(number) => write!(f, "the peer's alert {number}"),
            Self::KeyUpdate => f.write_str("the peer changes its keys, which the kernel's TLS cannot follow"),
            Self::BadRecord => f.write_str("a record that does not authenticate"),
            Self::Unexpected(record, message) => {
                write!(f, "a record of type {record} with message {message} behind the handshake")
            }
            Self::TooMuchControl => f.write_str("too many records without data"),
            Self::Exhausted => f.write_str("the keys have protected as many records as they may"),
        }
    }
}
