//! Why a connection cannot go on.

use std::fmt;
use std::io;

use crate::Report;

/// What a driver tells its caller: the socket failed, the stream did, one frame did, or nothing came in time.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The socket failed. What was received before has been handed out; what was not sent is still queued.
    Io(io::Error),
    /// The bytes are not frames of the codec, or end inside one. No frame will follow.
    Stream(Box<Report>),
    /// One frame is not a message. The next one may be asked for.
    Frame(Box<Report>),
    /// A message could not be written; nothing of it is queued.
    Encode(crate::Error),
    /// A deadline has passed.
    Timeout(Timeout),
}

/// Which deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timeout {
    /// No byte came between two frames.
    Idle,
    /// A frame began to arrive and was not complete in time.
    Frame,
    /// The peer took none of the bytes that wait to be sent.
    Write,
}

impl Fault {
    /// Whether the connection can go on: only that one frame or message was bad.
    #[must_use]
    pub const fn is_recoverable(&self) -> bool {
        matches!(self, Self::Frame(_) | Self::Encode(_))
    }

    /// The report, if the peer's bytes are at fault.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Stream(report) | Self::Frame(report) => Some(report),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Stream(report) | Self::Frame(report) => report.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Timeout(timeout) => timeout.fmt(f),
        }
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "nothing came for too long",
            Self::Frame => "a frame took too long to arrive",
            Self::Write => "the peer took nothing for too long",
        })
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Stream(report) | Self::Frame(report) => Some(report),
            Self::Encode(error) => Some(error),
            Self::Timeout(_) => None,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<crate::Error> for Fault {
    fn from(error: crate::Error) -> Self {
        Self::Encode(error)
    }
}

/// For functions that return `io::Result`: a bad stream is [`InvalidData`](io::ErrorKind::InvalidData), one that ended inside a
/// frame [`UnexpectedEof`](io::ErrorKind::UnexpectedEof), a deadline [`TimedOut`](io::ErrorKind::TimedOut).
impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match &fault {
            Fault::Io(_) => None,
            Fault::Stream(report) | Fault::Frame(report) if report.kind() == crate::Kind::Eof => {
                Some(io::ErrorKind::UnexpectedEof)
            }
            Fault::Stream(_) | Fault::Frame(_) => Some(io::ErrorKind::InvalidData),
            Fault::Encode(_) => Some(io::ErrorKind::InvalidInput),
            Fault::Timeout(_) => Some(io::ErrorKind::TimedOut),
        };
        match (fault, kind) {
            (Fault::Io(error), _) => error,
            (fault, kind) => Self::new(kind.unwrap_or(io::ErrorKind::Other), fault),
        }
    }
}
