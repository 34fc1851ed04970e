use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;
use wireview::laws::Laws;
use wireview::wire::Message as _;
use wireview::{Boundary, Codec, Element, Encode, Error, Gather, Kind, Payload, Result, Seq, Span, View};

use super::*;

/// What a stream gives: its messages as text, how many bytes were taken, and the error at its end with its offset in the stream.
type Outcome = (Vec<String>, usize, Option<(Kind, &'static str, usize)>);

/// The outcome of `stream`, the same however it is cut.
fn outcome<C: Codec + Clone>(codec: &C, stream: &[u8]) -> Outcome
where
    for<'a> View<'a, C>: ToString,
{
    let mut messages = Vec::new();
    let laws = Laws::all().every_cut_up_to(4096);
    let outcome = laws
        .verify_with(|| codec.clone(), stream, |message: View<'_, C>| messages.push(message.to_string()))
        .unwrap_or_else(|violation| panic!("{violation}"));
    let error = outcome.end.zip(outcome.end_offset()).map(|(error, at)| (error.kind(), error.field(), at as usize));
    (messages, outcome.consumed as usize, error)
}

fn requests(stream: &[u8]) -> Outcome {
    outcome(&Requests::new(), stream)
}

fn replies(stream: &[u8]) -> Outcome {
    outcome(&Replies::new(), stream)
}

/// The frame, opened, and the codec that delimited it.
fn open<C: Codec>(mut codec: C, frame: &[u8]) -> (C, Vec<u8>) {
    assert_eq!(codec.delimit(frame), Ok(Boundary::whole(frame.len())), "{}", frame.escape_ascii());
    let mut frame = frame.to_vec();
    codec.open(&mut frame).expect("the frame can be opened");
    (codec, frame)
}

fn encoded<M>(message: M) -> Vec<u8>
where
    Requests: Encode<M>,
{
    let mut out = Gather::new();
    Requests::new().encode(message, &mut out).expect("the message can be written");
    written(&out)
}

fn written(out: &Gather) -> Vec<u8> {
    let mut flat = Vec::new();
    out.flatten_into(&mut flat, usize::MAX);
    flat
}

fn args(line: &[u8]) -> Vec<Vec<u8>> {
    let (codec, frame) = open(Requests::new(), line);
    let request = codec.parse(&frame).expect("the frame is a request");
    let args: Vec<_> = request.args().map(<[u8]>::to_vec).collect();
    assert_eq!(args.len(), request.len());
    for (i, arg) in args.iter().enumerate() {
        assert_eq!(request.arg(i), Some(&arg[..]));
    }
    assert_eq!(request.arg(args.len()), None);
    // Encoding gives an equal message, for each holder.
    let shared = Bytes::copy_from_slice(&frame);
    let owned = Request::point(request, &frame).expect("all parts are in the frame").share(&shared);
    assert_eq!(owned.args().collect::<Vec<_>>(), args);
    assert_eq!((owned.arg(args.len() - 1), owned.arg(args.len())), (args.last().cloned().map(Bytes::from), None));
    assert_eq!(owned.name(), request.name());
    let again = encoded(request);
    assert_eq!(encoded(owned), again);
    let (codec, frame) = open(Requests::new(), &again);
    assert_eq!(codec.parse(&frame), Ok(request), "{} again as {}", line.escape_ascii(), again.escape_ascii());
    args
}

fn text(args: &[&[u8]]) -> Vec<Vec<u8>> {
    args.iter().map(|arg| arg.to_vec()).collect()
}

#[test]
fn requests_of_any_number_of_arguments() {
    for count in 1..12_usize {
        let names: Vec<Vec<u8>> = (0..count).map(|i| vec![b'a' + i as u8; i * 7 % 23]).collect();
        let mut out = Gather::new();
        command(&mut out, &names);
        let frame = written(&out);
        assert_eq!(args(&frame), names);
        assert_eq!(encoded(open(Requests::new(), &frame).0.parse(&frame).expect("whole")), frame, "canonical");
        requests(&frame);
    }
}

#[test]
fn empty_and_absent_arguments_are_told_apart() {
    let frame = b"*2\r\n$0\r\n\r\n$0\r\n\r\n";
    let (codec, frame) = open(Requests::new(), frame);
    let request = codec.parse(&frame).expect("whole");
    assert_eq!((request.arg(0), request.arg(1), request.arg(2)), (Some(&b""[..]), Some(&b""[..]), None));
}

#[test]
fn notes_of_the_last_frame_are_forgotten() {
    let mut codec = Requests::new();
    let (long, short) = (b"*5\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n", b"*1\r\n$1\r\nz\r\n");
    codec.delimit(long).expect("whole");
    assert_eq!(codec.parse(long).expect("whole").args().count(), 5);
    codec.delimit(short).expect("whole");
    assert_eq!(codec.parse(short), Ok(Request::new([&b"z"[..]])));
    assert!(codec.parse(&short[..5]).is_err(), "not the frame that was delimited");
}

#[test]
fn inline_commands_are_split_as_redis_splits_them() {
    let cases: &[(&[u8], &[&[u8]])] = &[
        (b"PING\r\n", &[b"PING"]),
        (b"PING\n", &[b"PING"]),
        (b"  SET\tkey \x0b value  \r\n", &[b"SET", b"key", b"value"]),
        (b"a b c d e f g\r\n", &[b"a", b"b", b"c", b"d", b"e", b"f", b"g"]),
        (b"a  b  c  d  e  f  g  \r\n", &[b"a", b"b", b"c", b"d", b"e", b"f", b"g"]),
        (b"a b c d $5 *1 -x\r\n", &[b"a", b"b", b"c", b"d", b"$5", b"*1", b"-x"]),
        (b"$5 *1\n", &[b"$5", b"*1"]),
        (b"SET k \"two words\"\r\n", &[b"SET", b"k", b"two words"]),
        (b"SET k \"\"\r\n", &[b"SET", b"k", b""]),
        (b"a b c d \"\" '' x ''\r\n", &[b"a", b"b", b"c", b"d", b"", b"", b"x", b""]),
        (
            b"a b c d\t\"x y\"  \"z\" 'q\"q' \"\" e\"f g\"\n",
            &[b"a", b"b", b"c", b"d", b"x y", b"z", b"q\"q", b"", b"ef g"],
        ),
        (b"\"\\n\\r\\t\\b\\a\\x41\\xfF\\q\\\\\\\"\\xzz\"\r\n", &[b"\n\r\t\x08\x07A\xffq\\\"xzz"]),
        (
            b"a b c d \"\\n\\r\\t\\b\\a\\x41\\xfF\\x00\" 'raw\\n'\r\n",
            &[b"a", b"b", b"c", b"d", b"\n\r\t\x08\x07A\xff\0", b"raw\\n"],
        ),
        (b"'it\\'s' 'back\\\\x'\r\n", &[b"it's", b"back\\\\x"]),
        (b"a b c d 'it\\'s' \"'\" '\\x41' x\\y\r\n", &[b"a", b"b", b"c", b"d", b"it's", b"'", b"\\x41", b"x\\y"]),
        (b"foo\"bar\" 'x'\x0cy\r\n", &[b"foobar", b"x", b"y"]),
        (b"'*3' a\r\n", &[b"*3", b"a"]),
    ];
    for (line, expected) in cases {
        assert_eq!(args(line), text(expected), "{}", line.escape_ascii());
        requests(line);
    }
}

#[test]
fn an_inline_command_without_quotes_is_not_touched() {
    let line = b"SET  key value\r\n";
    assert_eq!(open(Requests::new(), line).1, line);
}

#[test]
fn empty_commands_are_skipped() {
    let (messages, took, error) = requests(b"\r\n\n  \r\n*0\r\n*-1\r\nPING\r\n*-7\r\n*1\r\n$4\r\nPING\r\n");
    assert_eq!((messages, took, error), (vec![r#""PING""#.into(), r#""PING""#.into()], 41, None));
}

#[test]
fn bad_requests_are_refused_where_they_are_bad() {
    let cases: &[(&[u8], Kind, &str, usize, &str)] = &[
        (b"*x\r\n", Kind::Malformed, field::COUNT, 1, "invalid multibulk length"),
        (b"*\r\n", Kind::Malformed, field::COUNT, 1, "invalid multibulk length"),
        (b"* 1\r\n", Kind::Malformed, field::COUNT, 1, "invalid multibulk length"),
        (b"*01\r\n", Kind::Malformed, field::COUNT, 1, "invalid multibulk length"),
        (b"*1048577\r\n", Kind::Limit, field::COUNT, 1, "invalid multibulk length"),
        (b"*2147483648\r\n", Kind::Limit, field::COUNT, 1, "invalid multibulk length"),
        (b"*99999999999999999999\r\n", Kind::Overflow, field::COUNT, 1, "invalid multibulk length"),
        (b"*1\n$4\r\nPING\r\n", Kind::Malformed, field::COUNT, 2, "invalid multibulk length"),
        (b"*1\rx", Kind::Malformed, field::LINE_END, 3, "expected CRLF"),
        (b"*1\r\n:1\r\n", Kind::Malformed, field::DOLLAR, 4, "expected '$'"),
        (b"*2\r\n$1\r\na\r\nb\r\n\r\n\r\n", Kind::Malformed, field::DOLLAR, 11, "expected '$'"),
        (b"*1\r\n$-1\r\n", Kind::Malformed, field::LENGTH, 5, "invalid bulk length"),
        (b"*1\r\n$-9223372036854775808\r\n", Kind::Malformed, field::LENGTH, 5, "invalid bulk length"),
        (b"*1\r\n$9223372036854775807\r\n", Kind::Limit, field::LENGTH, 5, "invalid bulk length"),
        (b"*1\r\n$9223372036854775808\r\n", Kind::Overflow, field::LENGTH, 5, "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", Kind::Limit, field::LENGTH, 5, "invalid bulk length"),
        (b"*1\r\n$1x\r\n", Kind::Malformed, field::LENGTH, 6, "invalid bulk length"),
        (b"*1\r\n$1\r\nab\r\n", Kind::Malformed, field::LINE_END, 9, "expected CRLF"),
        (b"*1\r\n$1\r\na\rx", Kind::Malformed, field::LINE_END, 10, "expected CRLF"),
        (b"*1\r\n$1\r\na\n\n", Kind::Malformed, field::LINE_END, 9, "expected CRLF"),
        (b"SET k \"open\r\n", Kind::Malformed, field::QUOTES, 6, "unbalanced quotes in request"),
        (b"SET k 'open\\'\r\n", Kind::Malformed, field::QUOTES, 6, "unbalanced quotes in request"),
        (b"SET k \"a\"b\r\n", Kind::Malformed, field::QUOTES, 9, "unbalanced quotes in request"),
        (b"SET \0 k\r\n", Kind::Malformed, field::INLINE, 4, "invalid inline request"),
    ];
    for (bad, kind, name, offset, told) in cases {
        let stream = [b"*1\r\n$4\r\nPING\r\n", *bad].concat();
        let (messages, took, error) = requests(&stream);
        assert_eq!((messages.len(), took), (1, 14), "what stands in front is delivered: {}", bad.escape_ascii());
        assert_eq!(error, Some((*kind, *name, 14 + offset)), "{}", bad.escape_ascii());
        let error = Requests::new().delimit(bad).expect_err("bad on its own, too");
        assert_eq!(protocol_error(&error), format!("ERR Protocol error: {told}"));
    }
}

#[test]
fn request_limits_hold() {
    let codec = Requests::new().max_args(2).max_bulk(3).max_inline(8);
    let error = |stream: &[u8]| outcome(&codec, stream).2.map(|(kind, name, at)| (kind, name.to_string(), at));
    assert_eq!(error(b"*2\r\n$3\r\nabc\r\n$0\r\n\r\n12345678\n1234567\r\n"), None);
    assert_eq!(error(b"*3\r\n"), Some((Kind::Limit, field::COUNT.into(), 1)));
    assert_eq!(error(b"*1\r\n$4\r\n"), Some((Kind::Limit, field::LENGTH.into(), 5)));
    assert_eq!(error(b"123456789\n"), Some((Kind::Limit, field::INLINE.into(), 8)));
    assert_eq!(error(b"123456789"), Some((Kind::Limit, field::INLINE.into(), 8)));
}

#[test]
fn truncated_streams_say_so() {
    let whole = b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
    for end in 1..whole.len() {
        assert_eq!(requests(&whole[..end]), (vec![], 0, Some((Kind::Eof, "frame", end))));
    }
    let whole = b"*2\r\n%1\r\n+k\r\n#t\r\n$?\r\n;1\r\nx\r\n;0\r\n";
    for end in 1..whole.len() {
        assert_eq!(replies(&whole[..end]), (vec![], 0, Some((Kind::Eof, "frame", end))));
    }
}

/// Asks for more than it has, but never for what a peer only claims.
#[test]
fn a_large_argument_is_asked_for_at_once() {
    let mut codec = Requests::new();
    assert_eq!(codec.delimit(b"*2\r\n$3\r\nGET\r\n$1048576\r\n"), Ok(Boundary::Need(23 + 1048576 + 2)));
    let mut codec = Requests::new();
    assert_eq!(codec.delimit(b"*1048576\r\n"), Ok(Boundary::Need(16)), "a count is no length");
    let mut codec = Replies::new();
    assert_eq!(codec.delimit(b"$1048576\r\n"), Ok(Boundary::Need(10 + 1048576 + 2)));
    assert_eq!(codec.delimit(b"*2147483647\r\n"), Ok(Boundary::Need(16)));
}

fn reply(frame: &[u8]) -> Value<Bytes> {
    let (codec, frame) = open(Replies::new(), frame);
    let view = codec.parse(&frame).expect("the frame is a value");
    let shared = Bytes::copy_from_slice(&frame);
    let spans = Value::point(view, &frame).expect("all parts are in the frame");
    assert_eq!(spans.view(&frame), view);
    let owned = spans.share(&shared);
    assert_eq!(owned.by_ref(), view);
    let again = encoded(view);
    assert_eq!(encoded(owned.clone()), again);
    let (codec, again) = open(Replies::new(), &again);
    assert_eq!(codec.parse(&again), Ok(view), "{} again as {}", frame.escape_ascii(), again.escape_ascii());
    // As an element, with something behind it.
    let padded = [&frame[..], b"+x"].concat();
    let mut input = &padded[..];
    assert_eq!(<Value<Span> as Element>::read(&mut input), Ok(view));
    assert_eq!(input, b"+x");
    owned
}

#[test]
fn every_type_of_the_specification() {
    let b = Bytes::from_static;
    let seq = |region: &'static [u8], count| Seq::new(Bytes::from_static(region), count);
    let cases: Vec<(&[u8], Value<Bytes>, &str)> = vec![
        (b"+OK\r\n", Value::Simple(b(b"OK")), "OK"),
        (b"+\r\n", Value::Simple(b(b"")), ""),
        (b"-ERR unknown command\r\n", Value::Error(b(b"ERR unknown command")), "(error) ERR unknown command"),
        (b":0\r\n", Value::Integer(0), "0"),
        (b":1000\r\n", Value::Integer(1000), "1000"),
        (b":-9223372036854775808\r\n", Value::Integer(i64::MIN), "-9223372036854775808"),
        (b":+5\r\n", Value::Integer(5), "5"),
        (b"$5\r\nhello\r\n", Value::Bulk(b(b"hello")), "\"hello\""),
        (b"$0\r\n\r\n", Value::Bulk(b(b"")), "\"\""),
        (b"$4\r\n\r\n\r\n\r\n", Value::Bulk(b(b"\r\n\r\n")), "\"\\r\\n\\r\\n\""),
        (b"$-1\r\n", Value::Null(Null::Bulk), "(nil)"),
        (b"*-1\r\n", Value::Null(Null::Array), "(nil)"),
        (b"_\r\n", Value::Null(Null::Plain), "(nil)"),
        (b"*0\r\n", Value::Array(seq(b"", 0)), "[]"),
        (b"*2\r\n$5\r\nhello\r\n:1\r\n", Value::Array(seq(b"$5\r\nhello\r\n:1\r\n", 2)), "[\"hello\", 1]"),
        (
            b"*3\r\n$1\r\na\r\n$-1\r\n*-1\r\n",
            Value::Array(seq(b"$1\r\na\r\n$-1\r\n*-1\r\n", 3)),
            "[\"a\", (nil), (nil)]",
        ),
        (b",1.23\r\n", Value::Double(b(b"1.23")), "1.23"),
        (b",-inf\r\n", Value::Double(b(b"-inf")), "-inf"),
        (b"#t\r\n", Value::Boolean(true), "true"),
        (b"#f\r\n", Value::Boolean(false), "false"),
        (
            b"(3492890328409238509324850943850943825024385\r\n",
            Value::BigNumber(b(b"3492890328409238509324850943850943825024385")),
            "3492890328409238509324850943850943825024385",
        ),
        (
            b"!21\r\nSYNTAX invalid syntax\r\n",
            Value::BulkError(b(b"SYNTAX invalid syntax")),
            "(error) SYNTAX invalid syntax",
        ),
        (
            b"=15\r\ntxt:Some string\r\n",
            Value::Verbatim { format: b(b"txt"), text: b(b"Some string") },
            "txt:\"Some string\"",
        ),
        (b"=4\r\nmkd:\r\n", Value::Verbatim { format: b(b"mkd"), text: b(b"") }, "mkd:\"\""),
        (
            b"%2\r\n+first\r\n:1\r\n+second\r\n:2\r\n",
            Value::Map(seq(b"+first\r\n:1\r\n+second\r\n:2\r\n", 4)),
            "{first: 1, second: 2}",
        ),
        (b"~2\r\n:1\r\n#t\r\n", Value::Set(seq(b":1\r\n#t\r\n", 2)), "~[1, true]"),
        (
            b">2\r\n+invalidate\r\n*1\r\n+k\r\n",
            Value::Push(seq(b"+invalidate\r\n*1\r\n+k\r\n", 2)),
            "(push) [invalidate, [k]]",
        ),
        (b"|1\r\n+ttl\r\n:3600\r\n", Value::Attribute(seq(b"+ttl\r\n:3600\r\n", 2)), "(attribute) {ttl: 3600}"),
        (
            b"*3\r\n:1\r\n:2\r\n|1\r\n+ttl\r\n:3600\r\n:3\r\n",
            Value::Array(seq(b":1\r\n:2\r\n|1\r\n+ttl\r\n:3600\r\n:3\r\n", 3)),
            "[1, 2, (attribute) {ttl: 3600}, 3]",
        ),
        (
            b"$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;1\r\nd\r\n;0\r\n",
            Value::Streamed(Seq::new(b(b";4\r\nHell\r\n;5\r\no wor\r\n;1\r\nd\r\n"), 3)),
            "\"Hell\"\"o wor\"\"d\"",
        ),
        (b"$?\r\n;0\r\n", Value::Streamed(Seq::new(b(b""), 0)), ""),
        (b"*?\r\n:1\r\n:2\r\n.\r\n", Value::Array(seq(b":1\r\n:2\r\n", 2)), "[1, 2]"),
        (b"*?\r\n.\r\n", Value::Array(seq(b"", 0)), "[]"),
        (b"~?\r\n+a\r\n.\r\n", Value::Set(seq(b"+a\r\n", 1)), "~[a]"),
        (b"%?\r\n+a\r\n:1\r\n+b\r\n:2\r\n.\r\n", Value::Map(seq(b"+a\r\n:1\r\n+b\r\n:2\r\n", 4)), "{a: 1, b: 2}"),
        (
            b"*?\r\n*?\r\n.\r\n$?\r\n;1\r\nx\r\n;0\r\n%1\r\n*0\r\n~0\r\n|0\r\n_\r\n.\r\n",
            Value::Array(seq(b"*?\r\n.\r\n$?\r\n;1\r\nx\r\n;0\r\n%1\r\n*0\r\n~0\r\n|0\r\n_\r\n", 4)),
            "[[], \"x\", {[]: ~[]}, (attribute) {}, (nil)]",
        ),
    ];
    for (frame, expected, shown) in &cases {
        assert_eq!(reply(frame), *expected, "{}", frame.escape_ascii());
        assert_eq!(replies(frame), (vec![(*shown).into()], frame.len(), None));
        // The same one level down, told by the events as the walk tells it.
        if frame[0] != b'>' {
            let outer = [b"*?\r\n", *frame, b":9\r\n.\r\n"].concat();
            let (codec, outer) = open(Replies::new(), &outer);
            let value = codec.parse(&outer).expect("whole");
            let parts: Vec<_> = value.iter().collect::<Result<_>>().expect("the region was checked");
            assert_eq!(parts[0], expected.by_ref());
            assert_eq!(parts[1..], [Value::Integer(9)]);
            assert_eq!(value.parts().map(Seq::len), Some(if frame[0] == b'|' { 1 } else { 2 }));
            same_events(value);
        }
    }
    // All in one stream.
    let stream: Vec<u8> = cases.iter().flat_map(|(frame, ..)| frame.iter().copied()).collect();
    let (messages, took, error) = replies(&stream);
    assert_eq!(messages, cases.iter().map(|(.., shown)| (*shown).to_string()).collect::<Vec<_>>());
    assert_eq!((took, error), (stream.len(), None));
}

/// The flat walk says what the nested walk says.
fn same_events(value: Value<&[u8]>) {
    fn nested<'a>(value: Value<&'a [u8]>, all: &mut Vec<Value<&'a [u8]>>) {
        if value.parts().is_none() {
            all.push(value);
        }
        value.iter().for_each(|part| nested(part.expect("the region was checked"), all));
    }
    let mut expected = Vec::new();
    nested(value, &mut expected);
    let events: Vec<_> = value.events().collect::<Result<_>>().expect("the region was checked");
    let mut open = Vec::new();
    let mut seen = Vec::new();
    for event in events {
        match event {
            Event::Begin(kind, _) => open.push(kind),
            Event::End(kind) => assert_eq!(open.pop(), Some(kind)),
            Event::Value(value) => seen.push(value),
        }
    }
    assert!(open.is_empty());
    assert_eq!(seen, expected);
}

#[test]
fn pairs_pass_over_attributes() {
    let frame = b"%2\r\n+a\r\n|1\r\n+hot\r\n#t\r\n:1\r\n|1\r\n+x\r\n_\r\n+b\r\n:2\r\n";
    let (codec, frame) = open(Replies::new(), frame);
    let map = codec.parse(&frame).expect("whole");
    let pairs: Vec<_> = map.pairs().collect::<Result<_>>().expect("two pairs");
    let simple = |text: &'static str| Value::Simple(text.as_bytes());
    assert_eq!(pairs, [(simple("a"), Value::Integer(1)), (simple("b"), Value::Integer(2))]);
    same_events(map);
}

#[test]
fn bad_replies_are_refused_where_they_are_bad() {
    let cases: &[(&[u8], Kind, &str, usize)] = &[
        (b"x\r\n", Kind::Malformed, field::TYPE, 0),
        (b"\r\n", Kind::Malformed, field::TYPE, 0),
        (b"+a\nb\r\n", Kind::Malformed, field::LINE_END, 2),
        (b"+a\rb\r\n", Kind::Malformed, field::LINE_END, 3),
        (b"-0123456789012345678901234567890123456789\n\r\n", Kind::Malformed, field::LINE_END, 41),
        (b":\r\n", Kind::Malformed, field::INTEGER, 1),
        (b":1.5\r\n", Kind::Malformed, field::INTEGER, 2),
        (b":9223372036854775808\r\n", Kind::Overflow, field::INTEGER, 1),
        (b"$-2\r\n", Kind::Malformed, field::LENGTH, 1),
        (b"*-2\r\n", Kind::Malformed, field::COUNT, 1),
        (b"%-1\r\n", Kind::Malformed, field::COUNT, 1),
        (b"$99999999999\r\n", Kind::Limit, field::LENGTH, 1),
        (b"$3\r\nabcd\r\n", Kind::Malformed, field::LINE_END, 7),
        (b"*4294967296\r\n", Kind::Limit, field::COUNT, 1),
        (b"%2147483648\r\n", Kind::Limit, field::COUNT, 1),
        (b"_x\r\n", Kind::Malformed, field::LINE_END, 1),
        (b"#x\r\n", Kind::Malformed, field::BOOLEAN, 1),
        (b"#tt\r\n", Kind::Malformed, field::LINE_END, 2),
        (b",1.5.2\r\n", Kind::Malformed, field::DOUBLE, 1),
        (b"(12a\r\n", Kind::Malformed, field::BIG_NUMBER, 1),
        (b"!-1\r\n", Kind::Malformed, field::LENGTH, 1),
        (b"!?\r\n", Kind::Malformed, field::LENGTH, 1),
        (b"=3\r\ntxt\r\n", Kind::Malformed, field::VERBATIM, 4),
        (b"=5\r\ntext:\r\n", Kind::Malformed, field::VERBATIM, 4),
        (b"|?\r\n", Kind::Malformed, field::COUNT, 1),
        (b".\r\n", Kind::Malformed, field::TYPE, 0),
        (b";1\r\n", Kind::Malformed, field::TYPE, 0),
        (b"*1\r\n.\r\n", Kind::Malformed, field::TYPE, 4),
        (b"*1\r\n>1\r\n:1\r\n", Kind::Malformed, field::TYPE, 4),
        (b"%?\r\n+a\r\n.\r\n", Kind::Malformed, field::PAIR, 8),
        (b"*?\r\n.x\r\n", Kind::Malformed, field::LINE_END, 5),
        (b"$?\r\n:1\r\n", Kind::Malformed, field::TYPE, 4),
        (b"$?\r\n;-1\r\n", Kind::Malformed, field::CHUNK, 5),
        (b"$?\r\n;1\r\nab\r\n", Kind::Malformed, field::LINE_END, 9),
        (b"*2\r\n*1\r\n:1\r\n:x\r\n", Kind::Malformed, field::INTEGER, 13),
    ];
    for (bad, kind, name, offset) in cases {
        let stream = [b"+PONG\r\n", *bad].concat();
        let (messages, took, error) = replies(&stream);
        assert_eq!((&messages[..], took), (&["PONG".to_string()][..], 7), "{}", bad.escape_ascii());
        assert_eq!(error, Some((*kind, *name, 7 + offset)), "{}", bad.escape_ascii());
    }
}

#[test]
fn reply_limits_hold() {
    let codec = Replies::new().max_bulk(3).max_line(3).max_parts(2).max_depth(2);
    let error = |stream: &[u8]| outcome(&codec, stream).2.map(|(kind, name, at)| (kind, name.to_string(), at));
    assert_eq!(error(b"+abc\r\n$3\r\nabc\r\n%2\r\n*1\r\n:1\r\n:2\r\n:3\r\n:4\r\n"), None);
    assert_eq!(error(b"+abcd\r\n"), Some((Kind::Limit, field::LINE.into(), 4)));
    assert_eq!(error(b"+abcd"), Some((Kind::Limit, field::LINE.into(), 4)));
    assert_eq!(error(b"$4\r\n"), Some((Kind::Limit, field::LENGTH.into(), 1)));
    assert_eq!(error(b"$?\r\n;4\r\n"), Some((Kind::Limit, field::CHUNK.into(), 5)));
    assert_eq!(error(b"%3\r\n"), Some((Kind::Limit, field::COUNT.into(), 1)));
    assert_eq!(error(b"*1\r\n*1\r\n*1\r\n"), Some((Kind::Limit, field::DEPTH.into(), 8)));
}

#[test]
fn a_depth_bomb_is_refused_and_the_deepest_lawful_tree_is_walked() {
    let bomb = b"*1\r\n".repeat(100_000);
    let error = Replies::new().delimit(&bomb).expect_err("too deep");
    assert_eq!((error.kind(), error.field(), error.offset()), (Kind::Limit, field::DEPTH, MAX_DEPTH * 4));
    let deepest = [&b"*1\r\n".repeat(MAX_DEPTH)[..], b":1\r\n"].concat();
    let (codec, deepest) = open(Replies::new(), &deepest);
    let value = codec.parse(&deepest).expect("whole");
    assert_eq!(value.events().count(), 2 * MAX_DEPTH + 1);
    same_events(value);
    assert!(value.to_string().contains('…'), "a tree is printed so deep only");
}

/// Work is linear however a reply is cut: what a call touches is what is new, and one part at most again.
#[test]
fn a_long_array_resumes_where_it_was_cut() {
    let mut stream = b"*10000\r\n".to_vec();
    (0..10_000).for_each(|_| stream.extend_from_slice(&[b"$100\r\n", &[b'x'; 100][..], b"\r\n"].concat()));
    let mut codec = Replies::new();
    let mut end = 16 * 1024;
    while let Boundary::Need(need) = codec.delimit(&stream[..end]).expect("lawful") {
        assert!(need <= end + 108, "the end of the part that was cut");
        end = (end + 16 * 1024).min(stream.len());
        // The bytes in front are not read again: they could be anything, but for the head that says what this is.
        stream[8..end - 16 * 1024 - 108].fill(b'!');
    }
    assert_eq!(end, stream.len());
}

#[test]
fn mapped_holders_are_walked_without_trust() {
    let request = Request::new([&b"a"[..], b"b", b"c", b"d"]);
    let garbage = Request::<Span>::map_rest(request, b"$9\r\nshort");
    assert_eq!(garbage.args().count(), 4);
    assert_eq!(garbage.arg(4), None);
    for garbage in [&b"$9\r\nshort"[..], b"$-1\r\n", b"$", b" ", b"\"", b"\"\xff\xff", b"x"] {
        let mut input = garbage;
        assert!(<Arg<Span> as Element>::read(&mut input).is_err(), "{}", garbage.escape_ascii());
    }
    for garbage in [&b"*2\r\n:1\r\n"[..], b".\r\n", b"*?\r\n", b"", b"\xff", b"=9\r\n"] {
        let array = Value::Array(Seq::new(garbage, 2));
        assert!(array.iter().all(|part| part.is_err()), "{}", garbage.escape_ascii());
        assert!(array.events().count() <= 4);
        assert!(!array.to_string().is_empty());
    }
}

impl Request<Span> {
    /// A request with five arguments, of which the last is to be read from `region`.
    fn map_rest<'a>(request: Request<&'a [u8]>, region: &'a [u8]) -> Request<&'a [u8]> {
        let five = b"*5\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n";
        let (codec, five) = open(Requests::new(), five);
        let five = Request::point(codec.parse(&five).expect("whole"), &five).expect("inside");
        let mut firsts = request.args();
        <Self as wireview::Wire>::map::<Span, &[u8]>(five, &mut |_| firsts.next().unwrap_or(region))
    }
}

#[test]
fn replies_are_written_for_both_versions() {
    let mut out = Gather::new();
    for version in [Version::Resp2, Version::Resp3] {
        simple(&mut out, "OK");
        error(&mut out, "ERR two\r\nlines");
        integer(&mut out, -42);
        bulk(&mut out, Bytes::from_static(b"hello"));
        null(&mut out, version);
        null_array(&mut out, version);
        array(&mut out, 1);
        map(&mut out, 1, version);
        boolean(&mut out, true, version);
        double(&mut out, 1.5, version);
        set(&mut out, 0, version);
        verbatim(&mut out, b"txt", &b"text"[..], version);
        push(&mut out, 12, version);
        out.copy(b"\n");
    }
    let written = String::from_utf8(written(&out)).expect("text");
    let (two, three) =
        written.split_once('\n').map(|_| written.split_at(written.find("\n+").expect("two parts"))).expect("two");
    assert!(two.starts_with("+OK\r\n-ERR two  lines\r\n:-42\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n*1\r\n*2\r\n:1\r\n$3\r\n1.5\r\n*0\r\n$4\r\ntext\r\n*12\r\n"));
    assert!(three[1..].starts_with("+OK\r\n-ERR two  lines\r\n:-42\r\n$5\r\nhello\r\n_\r\n_\r\n*1\r\n%1\r\n#t\r\n,1.5\r\n~0\r\n=8\r\ntxt:text\r\n>12\r\n"));
}

#[test]
fn doubles_are_written_so_that_they_read_back() {
    for number in [
        0.0,
        -0.0,
        1.0,
        -2.5,
        0.1,
        1e-300,
        1.7976931348623157e308,
        5e-324,
        123456789.125,
        1e17,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ] {
        let mut out = Gather::new();
        double(&mut out, number, Version::Resp3);
        assert_eq!(reply(&written(&out)).to_f64().map(f64::to_bits), Some(number.to_bits()), "{number}");
    }
    let mut out = Gather::new();
    double(&mut out, f64::NAN, Version::Resp3);
    assert!(reply(&written(&out)).to_f64().is_some_and(f64::is_nan));
}

#[test]
fn a_large_payload_is_shared_and_a_rope_is_a_payload() {
    let value = Bytes::from(vec![7; 100_000]);
    let mut out = Gather::new();
    bulk(&mut out, value.clone());
    assert!(out.chunks().any(|chunk| chunk.as_ptr() == value.as_ptr()));
    let rope = Payload::Rope(vec![Payload::Copy(b":1\r\n"), Payload::Copy(b":2\r\n")]);
    assert_eq!(encoded(Value::Array(Seq::new(rope, 2))), b"*2\r\n:1\r\n:2\r\n");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut out = Gather::new();
    let odd = Value::Map(Seq::new(&b":1\r\n"[..], 1));
    assert_eq!(Replies::new().encode(odd, &mut out), Err(Error::malformed(&field::PAIR, 1)));
    let long = Value::Verbatim { format: &b"text"[..], text: b"" };
    assert!(Replies::new().encode(long, &mut out).is_err());
    let two = Value::Simple(&b"OK\r\n+OK"[..]);
    assert_eq!(Replies::new().encode(two, &mut out), Err(Error::malformed(&field::LINE, 0)));
    assert!(out.is_empty(), "nothing of it was written");
}

#[test]
fn what_is_long_is_cut_when_printed() {
    let long = Request::new([&[b'x'; 100][..]]).to_string();
    assert!(long.len() < 100 && long.ends_with("… and 36 bytes more"), "{long}");
    let mut out = Gather::new();
    command(&mut out, &[&b"x"[..]; 40]);
    let frame = written(&out);
    let (codec, frame) = open(Requests::new(), &frame);
    assert!(codec.parse(&frame).expect("whole").to_string().ends_with("… and 24 more"));
}
