//! The laws hold for RESP, in both directions.

use bytes::Bytes;
use wireview::laws::{Draw, Law, Laws};
use wireview::{Error, codec_laws};
use wireview_codecs::resp::{Null, Replies, Request, Requests, Value};

codec_laws!(
    requests,
    Requests::new(),
    round_trip,
    [
        b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*1\r\n$4\r\nPING\r\n",
        b"*6\r\n$4\r\nMGET\r\n$1\r\na\r\n$0\r\n\r\n$1\r\nc\r\n$2\r\ndd\r\n$3\r\neee\r\n",
        b"\r\n*0\r\n*-1\r\n",
    ],
    // Mutants of the lines that follow are lawful, but not always canonical: empty requests, signs.
    Laws::all().without(Law::ZeroCopyOut, "a mutant may be an inline request, which is written anew")
);

codec_laws!(
    inline_requests,
    Requests::new(),
    round_trip,
    [b"PING\r\nSET key value\n", b"a b c d e f 'g g' \"\\x41\\n\"\r\n", b"SET k \"\" ''\r\n\n",],
    Laws::all().without(Law::ZeroCopyOut, "words are quoted, so written anew")
);

#[test]
fn arguments_are_sent_from_where_they_lie() {
    let frame = b"*6\r\n$4\r\nMGET\r\n$1\r\na\r\n$0\r\n\r\n$1\r\nc\r\n$2\r\ndd\r\n$3\r\neee\r\n";
    let written = Laws::all().canonical().check_round_trip(Requests::new, frame);
    assert_eq!((written.messages, written.shared), (1, 4 + 1 + 1 + "$2\r\ndd\r\n$3\r\neee\r\n".len() as u64));
}

/// A length above `max_frame` that is complete only at the end of the stream: whole, the limit is told, so cut as well.
#[test]
fn a_limit_at_the_end_is_a_limit_however_it_is_cut() {
    let outcome = Laws::all().check(Requests::new, b"*1\r\n$54775808\r\n");
    assert_eq!(outcome.end, Some(Error::limit(&"frame", 0)));
}

codec_laws!(
    replies,
    Replies::new(),
    round_trip,
    [
        b"+OK\r\n-ERR no\r\n:-1000\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n_\r\n",
        b"*3\r\n:1\r\n$3\r\ntwo\r\n*1\r\n#t\r\n",
        b",1.5\r\n,-inf\r\n(123456789012345678901234567890\r\n=7\r\ntxt:abc\r\n!3\r\nERR\r\n",
        b"%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n_\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n|1\r\n+ttl\r\n:3600\r\n",
        b"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n*?\r\n:1\r\n%?\r\n+k\r\n~?\r\n.\r\n.\r\n.\r\n",
    ]
);

#[test]
fn requests_that_are_made_come_back() {
    let request = |draw: &mut Draw<'_>| -> Request<Bytes> {
        let mut arg = || Bytes::from(draw.bytes(40));
        let args = [arg(), arg(), arg()];
        if draw.flag() { Request::new(args) } else { Request::new([args[0].clone()]) }
    };
    let laws =
        Laws::all().without(Law::ZeroCopyOut, "a spoiled request may be an inline request, which is written anew");
    let made = laws.check_generated(Requests::new, 200, request);
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}

#[test]
fn replies_that_are_made_come_back() {
    let reply = |draw: &mut Draw<'_>| -> Value<Bytes> {
        let line = |draw: &mut Draw<'_>| Bytes::from(draw.text(30, b" !OK:+-$*\"\xff\0"));
        match draw.below(9) {
            0 => Value::Simple(line(draw)),
            1 => Value::Error(line(draw)),
            2 => Value::Integer(draw.number() as i64),
            3 => Value::Bulk(draw.bytes(100).into()),
            4 => Value::Null(*draw.pick(&[Null::Bulk, Null::Array])),
            5 => Value::Boolean(draw.flag()),
            6 => Value::BulkError(draw.bytes(100).into()),
            7 => Value::Double((draw.number() as f64 / 8.0).to_string().into_bytes().into()),
            _ => Value::Verbatim { format: Bytes::from_static(b"txt"), text: draw.bytes(20).into() },
        }
    };
    let made = Laws::all().check_generated(Replies::new, 200, reply);
    assert!(made.messages > 200 && made.spoiled > 200, "{made:?}");
}
