//! What is shown of small streams, to the byte.
//!
//! `BLESS=1 cargo test --test inspect` writes the golden outputs anew: look at what changed.

use std::env;
use std::fs;
use std::path::Path;

use crate::support::{Run, run, run_on, run_with};

const RESP: &[u8] = b"*2\r\n$4\r\nECHO\r\n$11\r\nhello world\r\nSET a \"b c\" d e f\r\n*1\r\n$-5\r\n";
const REPLIES: &[u8] = b"+OK\r\n:-7\r\n$-1\r\n%1\r\n+key\r\n*3\r\n#t\r\n,1.5\r\n=6\r\ntxt:hi\r\n$?\r\n;2\r\nab\r\n;0\r\n_\r\n>1\r\n(12\r\n*?\r\n:1\r\n.\r\n";
const HTTP: &[u8] = b"POST /a?b HTTP/1.1\r\nHost: a.example\r\nEmpty:\r\nTransfer-Encoding:  chunked \r\n\r\n5;x=\"y\"\r\nhello\r\n0\r\nSum: 1\r\n\r\n";
const RESPONSES: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.0 404 \r\n\r\nrest of it";
const PROXY: &[u8] = b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x16\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\x01\xbb\x02\0\x04host\x04\0\0GET";
const LENGTH: &[u8] = b"\0\0\0\x05hello\0\0\0\x22a payload that is cut in the tree.\0\0\0\x09cut";
const BAD: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\x01\xbb\x02\0\x09host";

/// Compares what is shown with what was once looked at.
fn golden(name: &str, args: &[&str], input: &[u8], code: i32) {
    if let Some(run) = run_on(&[args, &["-"]].concat(), input) {
        compare(name, &run, code);
    }
}

/// The same of all seeds of a fuzz target.
fn golden_seeds(name: &str, args: &[&str], target: &str, code: i32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).expect("seeds").map(|file| file.expect("readable").file_name());
    let mut paths: Vec<_> = files.map(|name| format!("fuzz/seeds/{target}/{}", name.to_string_lossy())).collect();
    paths.sort();
    let args: Vec<&str> = args.iter().copied().chain(paths.iter().map(String::as_str)).collect();
    if let Some(run) = run(&args) {
        compare(name, &run, code);
    }
}

fn compare(name: &str, run: &Run, code: i32) {
    assert_eq!((run.code, run.err.as_str()), (Some(code), ""), "{name}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect/golden").join(name);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &run.out).expect("written");
    }
    let expected = fs::read_to_string(&path).expect("a golden output");
    assert!(run.out == expected, "{name} is shown otherwise:\n{}\ninstead of:\n{expected}", run.out);
}

#[test]
fn trees() {
    golden("resp.txt", &["resp"], RESP, 1);
    golden("resp_replies.txt", &["resp-replies"], REPLIES, 0);
    golden("http1.txt", &["http1"], HTTP, 0);
    golden("http1_responses.txt", &["http1-responses"], RESPONSES, 0);
    golden("proxy.txt", &["proxy"], PROXY, 1);
    golden("u32_length.txt", &["u32-length", "--cut", "16"], LENGTH, 1);
    golden("lines.txt", &["lines"], b"one\r\ntwo\nthree", 0);
}

#[test]
fn a_fault_in_a_frame_has_a_path_and_does_not_end_the_stream() {
    let both = [BAD, b"PROXY UNKNOWN\r\n"].concat();
    golden("proxy_bad_tlv.txt", &["proxy"], &both, 1);
    golden("proxy_bad_tlv.json", &["proxy", "--json"], &both, 1);
    let words = b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 +443\r\nPROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n";
    golden("proxy_bad_words.txt", &["proxy"], words, 1);
    let heads = b"\r\n\r\n\0\r\nQUIT\n\x21\x41\0\0\r\n\r\n\0\r\nQUIT\n\x25\x11\0\0\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x02ab";
    golden("proxy_bad_heads.txt", &["proxy"], heads, 1);
}

#[test]
fn a_frame_that_is_refused_is_shown_up_to_the_fault() {
    golden("resp_refused.txt", &["resp"], b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nlongerthan\r\n", 1);
    golden("resp_cut.txt", &["resp"], b"*2\r\n$3\r\nGET\r\n$3\r\nk", 1);
    golden("resp_replies_refused.json", &["resp-replies", "--json"], b"*2\r\n:1\r\n%1\r\n+k\r\n,1.x\r\n", 1);
    golden("http1_refused.txt", &["http1"], b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 1);
    golden("http1_responses_refused.txt", &["http1-responses"], b"HTTP/1.1 200 OK\r\nA: b\r\nC : d\r\n\r\n", 1);
}

/// What was declared tells of itself.
#[test]
fn declared_codecs() {
    golden("mqtt.txt", &["mqtt"], b"\x30\x0c\x00\x04news\x00hello\xc0\x00", 0);
    let query = b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";
    golden("dns.txt", &["dns"], query, 0);
    golden("dns_cut.txt", &["dns"], &query[..17], 1);
    golden("mqtt_refused.txt", &["mqtt"], b"\x30\xff\xff\xff\xff\x01", 1);
    golden("mqtt_cut.txt", &["mqtt"], b"\x32\x0c\x00\x04news\x00", 1);
}

/// What Kafka's schemas tell of all that its fuzz targets begin with, the refused and the cut among it.
#[test]
fn kafka() {
    golden_seeds("kafka_requests.txt", &["kafka", "--cut", "16"], "kafka_requests", 1);
    golden_seeds("kafka_requests_summary.txt", &["kafka", "--summary"], "kafka_requests", 1);
    golden_seeds("kafka_records.txt", &["kafka-records", "--cut", "16"], "kafka_records", 1);
    golden_seeds("kafka_records_summary.txt", &["kafka-records", "--summary"], "kafka_records", 1);
    let fetched = fs::read("fuzz/seeds/kafka_responses/fetch_11").expect("a seed");
    let args = ["kafka-responses", "--api", "fetch:11", "--cut", "16"];
    golden("kafka_responses.txt", &args, &fetched[2..], 0);
}

/// Of any type: the fingerprint is shown.
#[cfg(feature = "rkyv")]
#[test]
fn archives() {
    let head = |fingerprint: u8, len: u8| [&b"wA\0\0"[..], &[fingerprint; 4], &[len, 0, 0, 0, 0, 0, 0, 0]].concat();
    let stream = [&head(0xab, 3)[..], b"abc", &[0; 13], &head(0xcd, 0), &head(0xef, 16), b"cut"].concat();
    golden("archive.txt", &["archive"], &stream, 1);
    golden("archive_refused.txt", &["archive"], b"wA\x01\0abcdefghijkl", 1);
}

#[test]
fn objects() {
    golden("resp.json", &["resp", "--json"], RESP, 1);
    golden("resp_replies.json", &["resp-replies", "--json"], REPLIES, 0);
    golden("http1.json", &["http1", "--json"], HTTP, 0);
    golden("u32_length.json", &["u32-length", "--json", "--cut", "16"], LENGTH, 1);
}

#[test]
fn summaries() {
    golden("resp_summary.txt", &["resp", "--summary"], RESP, 1);
    golden("resp_summary.json", &["resp", "--summary", "--json"], RESP, 1);
    golden("http1_summary.txt", &["http1", "--summary"], HTTP, 0);
    golden("u32_length_summary.txt", &["u32-length", "--summary"], LENGTH, 1);
}

#[test]
fn one_codec_behind_another() {
    let stream = [b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", HTTP].concat();
    golden("proxy_then_http1.txt", &["proxy", "--then", "http1"], &stream, 0);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let seed = "fuzz/seeds/resp_requests/set";
    let Some(plain) = run_with(&["resp", seed], &[]) else { return };
    assert!(!plain.out.contains('\x1b'), "a pipe is no terminal");
    let forced = run_with(&["resp", seed, "--color", "always"], &[]).expect("as before");
    assert!(forced.out.contains("\x1b[36m"));
    assert_eq!(without_colours(&forced.out), plain.out);
    let asked = run_with(&["resp", seed], &[("CLICOLOR_FORCE", "1")]).expect("as before");
    assert_eq!(asked.out, forced.out);
    let not = run_with(&["resp", seed], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).expect("as before");
    assert_eq!(not.out, plain.out, "NO_COLOR is stronger");
    let never = run_with(&["resp", seed, "--color", "never"], &[("CLICOLOR_FORCE", "1")]).expect("as before");
    assert_eq!(never.out, plain.out);
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}
