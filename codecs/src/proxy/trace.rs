//! What lies where in a header.

use core::fmt::Display;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use wireview::trace::{Field, Hook, Name, Trace, Value};
use wireview::{Codec, Element, Error, Result, Span};

use super::{Endpoints, Header, Headers, Tlv, Version, field, kind, v2};

fn put(name: &'static str, at: Range<usize>, value: Value<'_>, note: &str, hook: &mut dyn Hook) {
    hook.field(Field { name: Name::Field(name), at, bits: None, value, note });
}

fn shown(name: &'static str, at: Range<usize>, value: &dyn Display, hook: &mut dyn Hook) {
    put(name, at, Value::Shown(value), "", hook);
}

fn bytes(frame: &[u8], name: &'static str, at: Range<usize>, hook: &mut dyn Hook) {
    put(name, at.clone(), Value::Bytes(&frame[at]), "", hook);
}

impl Trace for Headers {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let header = self.parse(frame);
        let named = match frame.first() {
            Some(b'P') => Version::V1,
            Some(b'\r') => Version::V2,
            _ => return header.map(drop),
        };
        hook.enter(Name::Field("header"), "Header", 0);
        match (named, header) {
            (Version::V1, Ok(header)) => line(frame, &header, hook),
            (Version::V1, Err(error)) => return spoiled(frame, error, hook),
            (Version::V2, header) => binary(frame, header, hook)?,
        }
        hook.leave(frame.len());
        Ok(())
    }
}

/// The words in front of a fault.
fn spoiled(frame: &[u8], error: Error, hook: &mut dyn Hook) -> Result<()> {
    let names = ["signature", "family", "source", "destination", "source port", "destination port"];
    let mut at = 0;
    for name in names {
        let end = frame[at..].iter().position(|byte| *byte == b' ').map_or(frame.len(), |len| at + len);
        if end >= error.offset().min(frame.len()) {
            break;
        }
        bytes(frame, name, at..end, hook);
        hook.gap("blank", end..end + 1);
        at = end + 1;
    }
    Err(error)
}

/// A line of words.
fn line(frame: &[u8], header: &Header<&[u8]>, hook: &mut dyn Hook) {
    const END: &str = "line end";
    let text = &frame[..frame.len() - 2];
    let mut at = 0;
    let mut word = |hook: &mut dyn Hook| {
        if at > 0 {
            hook.gap("blank", at..at + 1);
            at += 1;
        }
        let start = at;
        at += text[start..].iter().position(|byte| *byte == b' ').unwrap_or(text.len() - start);
        start..at
    };
    bytes(frame, "signature", word(hook), hook);
    let family = word(hook);
    if let Endpoints::Unknown(ignored) = header.endpoints {
        let family = family.start..frame.len() - 2 - ignored.len();
        bytes(frame, "family", family.clone(), hook);
        if !ignored.is_empty() {
            bytes(frame, "ignored", family.end..frame.len() - 2, hook);
        }
    } else {
        bytes(frame, "family", family, hook);
        if let (Some(source), Some(destination)) = (header.endpoints.source(), header.endpoints.destination()) {
            shown("source", word(hook), &source.ip(), hook);
            shown("destination", word(hook), &destination.ip(), hook);
            put("source port", word(hook), Value::Unsigned(source.port().into()), "", hook);
            put("destination port", word(hook), Value::Unsigned(destination.port().into()), "", hook);
        }
    }
    hook.gap(END, frame.len() - 2..frame.len());
}

/// The fields of version 2.
fn binary(frame: &[u8], header: Result<Header<&[u8]>>, hook: &mut dyn Hook) -> Result<()> {
    let Some(head) = frame.first_chunk::<{ v2::HEAD }>() else { return header.map(drop) };
    // Where the fault is in the head itself, what is in front of it.
    let fault =
        |at: usize| header.as_ref().err().filter(|error| error.offset() <= at).map_or(Ok(()), |error| Err(*error));
    let half = |name, at: usize, high: bool, note: &str, hook: &mut dyn Hook| {
        let (bits, value) = if high { (4..8, head[at] >> 4) } else { (0..4, head[at] & 0x0f) };
        let value = Value::Unsigned(value.into());
        hook.field(Field { name: Name::Field(name), at: at..at + 1, bits: Some(bits), value, note });
    };
    fault(11)?;
    bytes(frame, "signature", 0..12, hook);
    fault(12)?;
    half("version", 12, true, "", hook);
    half("command", 12, false, if head[12] & 0x0f == 0 { "LOCAL" } else { "PROXY" }, hook);
    fault(13)?;
    let family = ["unspecified", "IPv4", "IPv6", "Unix"][usize::from(head[13] >> 4 & 3)];
    half("family", 13, true, family, hook);
    half("protocol", 13, false, ["unspecified", "stream", "datagram"][usize::from(head[13] & 0x0f).min(2)], hook);
    let length = u16::from_be_bytes([head[14], head[15]]);
    put("length", 14..16, Value::Unsigned(length.into()), "of all that follows", hook);
    let at = v2::HEAD;
    let block = match header.map(|header| header.endpoints) {
        Ok(Endpoints::Local(_) | Endpoints::Unknown(_)) => {
            if frame.len() > at {
                bytes(frame, "ignored", at..frame.len(), hook);
            }
            return Ok(());
        }
        // The addresses are there if a TLV is at fault.
        Err(error) if error.field() == field::ADDRESSES => return Err(error),
        _ => frame,
    };
    let end = match head[13] >> 4 {
        1 => ip(block, at, 4, hook),
        2 => ip(block, at, 16, hook),
        _ => unix(block, at, hook),
    };
    if end < frame.len() {
        hook.enter(Name::Field("tlvs"), "Seq", end);
        tlvs(frame, end..frame.len(), true, hook)?;
        hook.leave(frame.len());
    }
    Ok(())
}

/// Both addresses of `len` bytes, and both ports.
fn ip(frame: &[u8], at: usize, len: usize, hook: &mut dyn Hook) -> usize {
    for (index, name) in ["source", "destination"].into_iter().enumerate() {
        let place = at + index * len..at + (index + 1) * len;
        let address = match frame[place.clone()] {
            [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            ref long => IpAddr::V6(Ipv6Addr::from(*long.first_chunk().unwrap_or(&[0; 16]))),
        };
        shown(name, place, &address, hook);
    }
    let ports = at + 2 * len;
    for (index, name) in ["source port", "destination port"].into_iter().enumerate() {
        let place = ports + 2 * index..ports + 2 * index + 2;
        let port = u16::from_be_bytes([frame[place.start], frame[place.start + 1]]);
        put(name, place, Value::Unsigned(port.into()), "", hook);
    }
    ports + 4
}

/// Both paths, and the NULs that fill them up.
fn unix(frame: &[u8], at: usize, hook: &mut dyn Hook) -> usize {
    for (index, name) in ["source", "destination"].into_iter().enumerate() {
        let place = at + index * v2::PATH..at + (index + 1) * v2::PATH;
        let len = v2::unfilled(&frame[place.clone()]).len();
        bytes(frame, name, place.start..place.start + len, hook);
        if len < v2::PATH {
            hook.gap("padding", place.start + len..place.end);
        }
    }
    at + 2 * v2::PATH
}

/// The TLVs that fill `region`.
fn tlvs(frame: &[u8], region: Range<usize>, outer: bool, hook: &mut dyn Hook) -> Result<()> {
    let mut rest = &frame[region.clone()];
    let mut index = 0;
    while !rest.is_empty() {
        let at = region.end - rest.len();
        hook.enter(Name::Index(index), "Tlv", at);
        if let [kind, high, low, ..] = *rest {
            let length = u16::from_be_bytes([high, low]);
            put("type", at..at + 1, Value::Unsigned(kind.into()), called(kind, outer), hook);
            put("length", at + 1..at + 3, Value::Unsigned(length.into()), "length of value", hook);
        }
        let tlv = <Tlv<Span> as Element>::read(&mut rest).map_err(|error| error.shifted(at))?;
        let end = region.end - rest.len();
        match (tlv.kind, tlv.value) {
            (kind::CRC32C, &[a, b, c, d]) if outer => {
                put("value", at + 3..end, Value::Unsigned(u32::from_be_bytes([a, b, c, d]).into()), "", hook);
            }
            // Not checked by `parse`: whatever is wrong inside is shown as bytes.
            (kind::SSL, _) if outer && tlv.ssl().is_ok() => ssl(frame, at + 3..end, hook)?,
            _ => bytes(frame, "value", at + 3..end, hook),
        }
        hook.leave(end);
        index += 1;
    }
    Ok(())
}

/// How the client is connected by TLS.
fn ssl(frame: &[u8], region: Range<usize>, hook: &mut dyn Hook) -> Result<()> {
    let at = region.start;
    let (&[client, a, b, c, d], _) =
        frame[region.clone()].split_first_chunk().ok_or(Error::truncated(&field::SSL, at))?;
    hook.enter(Name::Field("value"), "Ssl", at);
    put(
        "client",
        at..at + 1,
        Value::Unsigned(client.into()),
        "bits: TLS, certificate here, certificate in session",
        hook,
    );
    put("verify", at + 1..at + 5, Value::Unsigned(u32::from_be_bytes([a, b, c, d]).into()), "0 if verified", hook);
    tlvs(frame, at + 5..region.end, false, hook)?;
    hook.leave(region.end);
    Ok(())
}

const fn called(tlv: u8, outer: bool) -> &'static str {
    match tlv {
        kind::ALPN if outer => "ALPN",
        kind::AUTHORITY if outer => "AUTHORITY",
        kind::CRC32C if outer => "CRC32C",
        kind::NOOP if outer => "NOOP",
        kind::UNIQUE_ID if outer => "UNIQUE_ID",
        kind::SSL if outer => "SSL",
        kind::NETNS if outer => "NETNS",
        kind::SSL_VERSION => "SSL_VERSION",
        kind::SSL_CN => "SSL_CN",
        kind::SSL_CIPHER => "SSL_CIPHER",
        kind::SSL_SIG_ALG => "SSL_SIG_ALG",
        kind::SSL_KEY_ALG => "SSL_KEY_ALG",
        _ => "",
    }
}
