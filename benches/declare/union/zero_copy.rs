use zerocopy::byteorder::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::by_hand::Message;
use super::{Content, MAX};

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Ack {
    stream: U32,
    number: U64,
}

/// The head of data; a reset looks the same.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Short {
    stream: U32,
    number: U16,
}

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message<'_>, ()> {
    let (&tag, rest) = frame.split_first().ok_or(())?;
    match tag {
        1 => Ok(Message::Ping { nonce: U64::ref_from_bytes(rest).map_err(drop)?.get() }),
        2 => {
            let ack = Ack::ref_from_bytes(rest).map_err(drop)?;
            Ok(Message::Ack { stream: ack.stream.get(), number: ack.number.get() })
        }
        3 => {
            let (head, payload) = Short::ref_from_prefix(rest).map_err(drop)?;
            if head.number.get() > MAX || payload.len() != usize::from(head.number.get()) {
                return Err(());
            }
            Ok(Message::Data { stream: head.stream.get(), payload })
        }
        4 => {
            let reset = Short::ref_from_bytes(rest).map_err(drop)?;
            Ok(Message::Reset { stream: reset.stream.get(), code: reset.number.get() })
        }
        _ => Err(()),
    }
}

#[inline]
pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
    let short = |stream, number| Short { stream: U32::new(stream), number: U16::new(number) };
    match *message {
        Content::Ping { nonce } => {
            out.push(1);
            out.extend_from_slice(U64::new(nonce).as_bytes());
        }
        Content::Ack { stream, number } => {
            out.push(2);
            out.extend_from_slice(Ack { stream: U32::new(stream), number: U64::new(number) }.as_bytes());
        }
        Content::Data { stream, ref payload } => {
            let len = u16::try_from(payload.len()).ok().filter(|&len| len <= MAX).expect("short");
            out.push(3);
            out.extend_from_slice(short(stream, len).as_bytes());
            out.extend_from_slice(payload);
        }
        Content::Reset { stream, code } => {
            out.push(4);
            out.extend_from_slice(short(stream, code).as_bytes());
        }
    }
}
