use wireview::{Error, Gather, Result};

use super::{Content, MAX, Seen};

/// Borrowed from its frame.
pub(super) enum Message<'a> {
    Ping { nonce: u64 },
    Ack { stream: u32, number: u64 },
    Data { stream: u32, payload: &'a [u8] },
    Reset { stream: u32, code: u16 },
}

#[inline]
pub(super) fn parse(frame: &[u8]) -> Result<Message<'_>> {
    let Some((&tag, rest)) = frame.split_first() else { return Err(Error::truncated(&"tag", 0)) };
    let (message, rest) = match tag {
        1 => {
            let Some((&nonce, rest)) = rest.split_first_chunk() else {
                return Err(Error::truncated(&"nonce", 1));
            };
            (Message::Ping { nonce: u64::from_be_bytes(nonce) }, rest)
        }
        2 => {
            let Some((&[s0, s1, s2, s3, n0, n1, n2, n3, n4, n5, n6, n7], rest)) = rest.split_first_chunk() else {
                return Err(Error::truncated(&"ack", 1));
            };
            let stream = u32::from_be_bytes([s0, s1, s2, s3]);
            (Message::Ack { stream, number: u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7]) }, rest)
        }
        3 => {
            let Some((&[s0, s1, s2, s3, l0, l1], rest)) = rest.split_first_chunk() else {
                return Err(Error::truncated(&"data", 1));
            };
            let len = u16::from_be_bytes([l0, l1]);
            if len > MAX {
                return Err(Error::limit(&"payload", 5));
            }
            let Some((payload, rest)) = rest.split_at_checked(len.into()) else {
                return Err(Error::truncated(&"payload", 7));
            };
            (Message::Data { stream: u32::from_be_bytes([s0, s1, s2, s3]), payload }, rest)
        }
        4 => {
            let Some((&[s0, s1, s2, s3, c0, c1], rest)) = rest.split_first_chunk() else {
                return Err(Error::truncated(&"reset", 1));
            };
            let stream = u32::from_be_bytes([s0, s1, s2, s3]);
            (Message::Reset { stream, code: u16::from_be_bytes([c0, c1]) }, rest)
        }
        _ => return Err(Error::unsupported(&"tag", 0)),
    };
    if !rest.is_empty() {
        return Err(Error::malformed(&"end", frame.len() - rest.len()));
    }
    Ok(message)
}

pub(super) fn seen<'a>(message: &Message<'a>) -> Seen<'a> {
    match *message {
        Message::Ping { nonce } => Seen::Ping { nonce },
        Message::Ack { stream, number } => Seen::Ack { stream, number },
        Message::Data { stream, payload } => Seen::Data { stream, payload },
        Message::Reset { stream, code } => Seen::Reset { stream, code },
    }
}

/// Hands what stands on the wire to `put`, in at most two parts.
#[inline(always)]
fn parts(message: &Content, mut put: impl FnMut(&[u8])) {
    match *message {
        Content::Ping { nonce } => {
            let mut bytes = [1; 9];
            bytes[1..].copy_from_slice(&nonce.to_be_bytes());
            put(&bytes);
        }
        Content::Ack { stream, number } => {
            let mut bytes = [2; 13];
            bytes[1..5].copy_from_slice(&stream.to_be_bytes());
            bytes[5..].copy_from_slice(&number.to_be_bytes());
            put(&bytes);
        }
        Content::Data { stream, ref payload } => {
            let len = u16::try_from(payload.len()).ok().filter(|&len| len <= MAX).expect("short");
            let mut bytes = [3; 7];
            bytes[1..5].copy_from_slice(&stream.to_be_bytes());
            bytes[5..].copy_from_slice(&len.to_be_bytes());
            put(&bytes);
            put(payload);
        }
        Content::Reset { stream, code } => {
            let mut bytes = [4; 7];
            bytes[1..5].copy_from_slice(&stream.to_be_bytes());
            bytes[5..].copy_from_slice(&code.to_be_bytes());
            put(&bytes);
        }
    }
}

#[inline]
pub(super) fn write(message: &Content, out: &mut Vec<u8>) {
    parts(message, |bytes| out.extend_from_slice(bytes));
}

#[inline]
pub(super) fn send(message: &Content, out: &mut Gather) {
    parts(message, |bytes| out.copy(bytes));
}
