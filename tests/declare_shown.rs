//! What a declared message shows of itself: its picture, its fields, a line, the story of an error, a dissector.

use std::fs;
use std::process::{Command, Stdio};

use wireview::declare::{Check, Computed, Crc32c, Declared, Text};
use wireview::trace::{Field, Hook, Name, Trace};
use wireview::{Codec, Deframer, Encode, Error, Gather, Kind, Seq, Span, Wire};

/// A message for all who subscribed.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(frame(length = u32, counts = after, max = 1 << 20), magic = 0xCAFE_u16)]
struct Publish<B> {
    #[wire(bits = 4)]
    version: u8,
    #[wire(bits = 4)]
    flags: u8,
    /// Where it belongs.
    stream: u32,
    #[wire(len = u8)]
    topic: Text<B>,
    #[wire(if = flags & 1 != 0)]
    deadline: Option<u64>,
    #[wire(count = u16, max = 64)]
    headers: Seq<B, Header<Span>>,
    #[wire(len = varint, max = 1 << 20)]
    payload: B,
    #[wire(check(version..=payload))]
    checksum: Check<Crc32c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Header<B> {
    #[wire(len = u8)]
    name: Text<B>,
    #[wire(len = u16, max = 1000)]
    value: Value<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8)]
enum Value<B> {
    #[wire(tag = 0)]
    Nothing,
    #[wire(tag = 1)]
    Number(#[wire(zigzag)] i64),
    #[wire(unknown)]
    Other {
        #[wire(tag)]
        kind: u8,
        #[wire(rest)]
        bytes: B,
    },
}

fn frame() -> Vec<u8> {
    let headers = &b"\x02id\0\x02\x01\x05\x01t\0\x01\0\x05other\0\x04\x09xyz"[..];
    let message = Publish {
        version: 1,
        flags: 0,
        stream: 7,
        topic: Text::from("news"),
        deadline: Some(5),
        headers: Seq::new(headers, 3),
        payload: &b"hello\0"[..],
        checksum: Check::new(),
    };
    let mut out = Gather::new();
    Declared::<Publish<Span>>::new().encode(message, &mut out).expect("it can be written");
    out.chunks().flatten().copied().collect()
}

#[test]
fn the_picture() {
    let picture = " 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                            length                             |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|            0xcafe             |version| flags |               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                    stream                     |   topic.len   |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                topic (topic.len bytes of text)                /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
if flags & 1 != 0:
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                           deadline                            |
+                                                               +
|                                                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|         headers.count         |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/               headers (headers.count of Header)               /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/              payload.len (LEB128, 1 to 10 bytes)              /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                  payload (payload.len bytes)                  /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/                       checksum (Crc32c)                       /
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+";
    assert_eq!(Publish::<()>::diagram(), picture);
    let tagged = Value::<()>::diagram();
    assert!(tagged.contains("\n1: Number\n") && tagged.contains("\nany other: Other\n"), "{tagged}");
}

#[test]
fn a_line_and_the_fields() {
    let bytes = frame();
    let view = Declared::<Publish<Span>>::new().parse(&bytes).expect("a whole frame");
    let line = "Publish version=1 flags=1 stream=7 topic=\"news\" deadline=5 headers=[3] payload=b\"hello\\x00\"";
    assert_eq!(view.to_string(), line);
    let values: Vec<_> = view.headers.iter().map(|header| header.map(|header| header.to_string())).collect();
    let wanted = [
        r#"Header name="id" value=(Number -3)"#,
        r#"Header name="t" value=(Nothing)"#,
        r#"Header name="other" value=(Other kind=9 bytes="xyz")"#,
    ];
    assert_eq!(values, wanted.map(|line| Ok(line.to_owned())));

    let stream = Publish::<()>::FIELDS.iter().find(|field| field.name == "stream").expect("it has a stream");
    assert_eq!((stream.ty, stream.doc), ("u32", "Where it belongs."));
    let deadline = Publish::<()>::FIELDS.iter().find(|field| field.name == "deadline").expect("it has a deadline");
    assert_eq!(deadline.condition.map(|condition| condition.rust), Some("flags & 1 != 0"));
}

/// What is told of a frame that is refused, a line each.
#[derive(Default)]
struct Lines(Vec<String>);

impl Hook for Lines {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        self.0.push(format!("{name}: {kind} from {at}"));
    }

    fn field(&mut self, field: Field<'_>) {
        self.0.push(format!("{} {:?}: {}", field.name, field.at, field.value));
    }

    fn leave(&mut self, end: usize) {
        self.0.push(format!("to {end}"));
    }
}

/// A length behind constants and bits.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Guarded<B> {
    #[wire(magic = b"GD")]
    magic: (),
    #[wire(bits = 4, magic = 3)]
    version: (),
    #[wire(bits = 4)]
    flags: u8,
    #[wire(frame(counts = after, max = 10))]
    length: Computed<u16>,
    stream: u8,
    #[wire(rest)]
    payload: B,
}

#[test]
fn of_a_frame_that_is_refused_what_is_in_front_is_told() {
    let told = |bytes: &[u8]| {
        let mut codec = Declared::<Guarded<Span>>::new();
        let error = codec.delimit(bytes).expect_err("it is refused");
        let mut lines = Lines::default();
        codec.trace_refused(bytes, error, &mut lines);
        (error, lines.0, codec.explain(bytes, error).path().to_owned())
    };
    let entered = "Guarded: Guarded from 0";
    let limit = Error::limit(&"length", 3);
    let front = ["magic 0..2: \"GD\"", "version 2..3: 3", "flags 2..3: 1"];
    let known: Vec<_> = [entered].iter().chain(&front).map(|line| (*line).to_owned()).collect();
    // One too long, whether the rest has come or not.
    for rest in [&b""[..], b"\x05hello hello and another frame"] {
        assert_eq!(told(&[b"GD\x31\0\x0b", rest].concat()), (limit, known.clone(), "Guarded.length".into()));
    }
    let (error, lines, path) = told(b"GE\x31\0\x05");
    assert_eq!((error, path.as_str()), (Error::malformed(&"magic", 0), "Guarded.magic"));
    assert_eq!(lines, [entered]);
    let (error, lines, path) = told(b"GD\x41\0\x05");
    assert_eq!((error, path.as_str()), (Error::malformed(&"version", 2), "Guarded.version"));
    assert_eq!(lines, known[..2]);
}

#[test]
fn of_a_frame_that_was_cut_off_what_has_come_is_told() {
    let mut deframer = Deframer::new(Declared::<Guarded<Span>>::new());
    deframer.feed(b"GD\x31\0\x05\x07he");
    deframer.finish();
    let error = deframer.next().expect_err("the stream has ended");
    let mut lines = Lines::default();
    deframer.codec().trace_refused(deframer.pending_bytes(), error, &mut lines);
    let told = ["length 3..5: 5", "stream 5..6: 7", "payload 6..8: \"he\""];
    assert_eq!(lines.0[4..7], told, "{:?}", lines.0);
    // In the middle of the third header's name.
    let mut bytes = frame();
    bytes.truncate(bytes.windows(5).position(|window| window == b"other").expect("the third header") + 2);
    let mut deframer = Deframer::new(Declared::<Publish<Span>>::new());
    deframer.feed(&bytes);
    deframer.finish();
    let error = deframer.next().expect_err("the stream has ended");
    assert_eq!((error.kind(), error.offset()), (Kind::Eof, bytes.len()));
    let path = deframer.codec().explain(&bytes, error).path().to_owned();
    assert_eq!(path, "Publish.headers[2].frame");
}

fn story(change: impl FnOnce(&mut Vec<u8>)) -> (Error, String) {
    let mut bytes = frame();
    change(&mut bytes);
    let mut codec = Declared::<Publish<Span>>::new();
    let error = match codec.delimit(&bytes) {
        Ok(_) => codec.parse(&bytes).expect_err("something is wrong"),
        Err(error) => error,
    };
    (error, codec.explain(&bytes, error).to_string())
}

#[test]
fn errors_tell_the_path_the_place_and_what_set_the_limit() {
    // The name of the third header is cut by its own length.
    let at = frame().windows(5).position(|window| window == b"other").expect("the third header");
    let (error, text) = story(|bytes| bytes[at - 1] = 200);
    assert_eq!((error.kind(), error.offset()), (Kind::Truncated, at));
    assert_eq!(
        text,
        format!(
            "`Publish.headers[2].name` is cut short, at byte {at} of the frame: 22 bytes are there; `Publish.length` says that it ends at byte {}",
            frame().len()
        )
    );
    // Its value is inside a region.
    let (_, text) = story(|bytes| bytes[at + 6] = 0);
    assert_eq!(
        text,
        format!(
            "`Publish.headers[2].value.tag` is cut short, at byte {} of the frame: nothing is there; `Publish.value.len` says that it ends at byte {}",
            at + 7,
            at + 7
        )
    );
    let (_, text) = story(|bytes| bytes[at + 5] = 9);
    assert_eq!(
        text,
        format!(
            "`Publish.headers[2].value.len` exceeds its limit, at byte {} of the frame: found 2308; `Publish.length` says that it ends at byte {}",
            at + 5,
            frame().len()
        )
    );
    let (_, text) = story(|bytes| bytes[at] = 0xff);
    assert!(
        text.starts_with(&format!("`Publish.headers[2].name` is malformed, at byte {at} of the frame: found")),
        "{text}"
    );
    let (_, text) = story(|bytes| bytes[5] = 0);
    assert!(text.starts_with("`Publish.magic` is malformed, at byte 4 of the frame: found \"\\xca\\x00\""), "{text}");
    let (_, text) = story(|bytes| *bytes.last_mut().expect("a checksum") ^= 1);
    assert!(text.starts_with("`Publish.checksum` does not match its checksum, at byte"), "{text}");
    let (_, text) = story(|bytes| bytes[0] = 1);
    assert!(text.starts_with("`Publish.length` exceeds its limit, at byte 0 of the frame: found 01 00 00"), "{text}");
}

/// Whether `program` can be run.
fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn wireshark_reads_it_by_the_dissector() {
    if !has("tshark") || !has("text2pcap") {
        eprintln!("skipped: no tshark");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    // Two frames in three segments: the dissector has to put them together.
    let stream = [frame(), frame()].concat();
    let mut dump = String::new();
    for part in [&stream[..3], &stream[3..100], &stream[100..]] {
        let hex: Vec<_> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        dump.push_str(&format!("0000 {}\n\n", hex.join(" ")));
    }
    fs::write(path("dump"), dump).expect("written");
    fs::write(path("publish.lua"), Publish::<()>::wireshark_lua()).expect("written");
    let made = Command::new("text2pcap")
        .args(["-q", "-T", "40000,7777"])
        .args([path("dump"), path("pcap")])
        .output()
        .expect("text2pcap runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let fields = [
        "publish.version",
        "publish.flags",
        "publish.stream",
        "publish.topic",
        "publish.deadline",
        "publish.headers.count",
        "publish.header.name",
        "publish.value.tag",
        "publish.value.number.number",
        "publish.payload",
        "publish.checksum",
    ];
    let shown = Command::new("tshark")
        .arg("-X")
        .arg(format!("lua_script:{}", path("publish.lua").display()))
        .arg("-r")
        .arg(path("pcap"))
        .args(["-d", "tcp.port==7777,publish", "-T", "fields", "-E", "separator=;", "-E", "aggregator=,"])
        .args(fields.iter().flat_map(|field| ["-e", field]))
        .output()
        .expect("tshark runs");
    let text = String::from_utf8_lossy(&shown.stdout);
    let complaint = String::from_utf8_lossy(&shown.stderr);
    let sum = frame()[frame().len() - 4..].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let twice = |one: &str| format!("{one},{one}");
    let wanted = ["1", "1", "7", "news", "5", "3", "id,t,other", "1,0,9", "-3", "68656c6c6f00", &sum];
    let together: Vec<_> = text.lines().filter(|line| line.contains("news")).collect();
    // Both in one packet, or one after the other.
    let one = wanted.join(";");
    let both = wanted.map(twice).join(";");
    assert!(together == [both.as_str()] || together == [one.as_str(), one.as_str()], "{text}\n{complaint}");
}
