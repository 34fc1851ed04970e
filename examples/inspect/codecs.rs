//! The codecs that are known by name. A new one is a line of [`CODECS`].

#[cfg(feature = "rkyv")]
use wireview::archive::AnyArchive;
use wireview::formats::{Delimited, LengthPrefixed, Lines};
use wireview::length::{U8, U16Be, U16Le, U24Be, U24Le, U32Be, U32Le, U64Be, U64Le, Varint};
use wireview::trace::Trace;
use wireview_codecs::kafka::records::Batches;
use wireview_codecs::{dns, http1, mqtt, proxy, resp};

use super::conversation;
use super::dissect::{Dissect, Dissector, Options};
use super::kafka;

/// What reads each direction of a connection.
#[derive(Default)]
pub(crate) struct Sides {
    /// What the client sends.
    pub(crate) client: Option<Box<dyn Dissect>>,
    /// What the server sends.
    pub(crate) server: Option<Box<dyn Dissect>>,
}

/// A codec that can be asked for.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    about: &'static str,
    sides: fn(Options) -> Sides,
}

const fn entry(name: &'static str, about: &'static str, sides: fn(Options) -> Sides) -> Entry {
    Entry { name, about, sides }
}

/// All of them. Of a file that is no capture the first side is read that there is.
#[rustfmt::skip]
pub(crate) const CODECS: &[Entry] = &[
    entry("resp", "RESP2 and RESP3 (Redis): requests, and in captures replies", |o| both(resp::Requests::new(), resp::Replies::new(), o)),
    entry("resp-replies", "RESP2 and RESP3: what a server sends", |o| server(resp::Replies::new(), o)),
    entry("http1", "HTTP/1.1 and 1.0: requests, and in captures responses", conversation::http1),
    entry("http1-responses", "HTTP/1.1 and 1.0: what a server sends, to requests other than HEAD", |o| server(http1::Responses::new(), o)),
    entry("proxy", "a header of the PROXY protocol, version 1 or 2; --then says what is behind it", |o| client(proxy::Headers::new(), o)),
    entry("dns", "DNS over TCP: messages in both directions", |o| both(dns::Messages::new(), dns::Messages::new(), o)),
    entry("mqtt", "MQTT 5: packets in both directions", |o| both(mqtt::Packets::new(), mqtt::Packets::new(), o)),
    entry("kafka", "Kafka: requests, and in captures what answers them", kafka::kafka),
    entry("kafka-responses", "Kafka: what a server sends; --api says to what", kafka::responses),
    entry("kafka-records", "Kafka: record batches, as in a segment of a log", |o| either(Batches::new().max_batch(o.max_frame), o)),
    #[cfg(feature = "rkyv")]
    entry("archive", "rkyv archives of any type with our head in front; only --features rkyv", |o| either(AnyArchive::new(u64::MAX), o)),
    entry("lines", "lines of text, ended by LF or CR LF", |o| either(Lines::new(o.max_frame), o)),
    entry("nul", "strings, ended by NUL", |o| either(Delimited::new(b"\0", o.max_frame), o)),
    entry("u8-length", "a length in one byte, then so many bytes", |o| either(LengthPrefixed::<U8>::new(u64::MAX), o)),
    entry("u16-length", "a length in two bytes, big-endian, then so many bytes", |o| either(LengthPrefixed::<U16Be>::new(u64::MAX), o)),
    entry("u16-le-length", "the same, little-endian", |o| either(LengthPrefixed::<U16Le>::new(u64::MAX), o)),
    entry("u24-length", "three bytes, big-endian", |o| either(LengthPrefixed::<U24Be>::new(u64::MAX), o)),
    entry("u24-le-length", "three bytes, little-endian", |o| either(LengthPrefixed::<U24Le>::new(u64::MAX), o)),
    entry("u32-length", "four bytes, big-endian", |o| either(LengthPrefixed::<U32Be>::new(u64::MAX), o)),
    entry("u32-le-length", "four bytes, little-endian", |o| either(LengthPrefixed::<U32Le>::new(u64::MAX), o)),
    entry("u64-length", "eight bytes, big-endian", |o| either(LengthPrefixed::<U64Be>::new(u64::MAX), o)),
    entry("u64-le-length", "eight bytes, little-endian", |o| either(LengthPrefixed::<U64Le>::new(u64::MAX), o)),
    entry("varint-length", "a varint, as in Protocol Buffers", |o| either(LengthPrefixed::<Varint>::new(u64::MAX), o)),
];

/// A codec for each direction.
pub(crate) fn both(client: impl Trace + 'static, server: impl Trace + 'static, options: Options) -> Sides {
    Sides { client: Some(Dissector::boxed(client, options)), server: Some(Dissector::boxed(server, options)) }
}

/// The same codec for both directions.
fn either(codec: impl Trace + Clone + 'static, options: Options) -> Sides {
    both(codec.clone(), codec, options)
}

/// A codec for what a client sends.
fn client(codec: impl Trace + 'static, options: Options) -> Sides {
    Sides { client: Some(Dissector::boxed(codec, options)), server: None }
}

/// A codec for what a server sends.
fn server(codec: impl Trace + 'static, options: Options) -> Sides {
    Sides { client: None, server: Some(Dissector::boxed(codec, options)) }
}

impl Entry {
    /// The codec of this name.
    pub(crate) fn named(name: &str) -> Result<&'static Self, String> {
        CODECS.iter().find(|entry| entry.name == name).ok_or_else(|| {
            let names: Vec<_> = CODECS.iter().map(|entry| entry.name).collect();
            format!("there are: {}", names.join(", "))
        })
    }

    /// The codec, for both directions of a connection.
    pub(crate) fn sides(&self, options: Options) -> Sides {
        (self.sides)(options)
    }
}

/// All codecs, for `--help`.
pub(crate) fn help() -> String {
    let lines = CODECS.iter().map(|entry| format!("  {:16} {}", entry.name, entry.about));
    format!("Codecs:\n{}", lines.collect::<Vec<_>>().join("\n"))
}
