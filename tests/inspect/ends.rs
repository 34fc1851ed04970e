//! How the program ends, what it reads from, pages, and long streams.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Temp, program, run, run_on};

#[test]
fn exit_codes() {
    let Some(whole) = run_on(&["lines", "-"], b"one\n") else { return };
    assert_eq!((whole.code, whole.err.as_str()), (Some(0), ""));
    let nothing = run_on(&["resp", "--summary", "-"], b"").expect("as before");
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), "resp: 0 frames, 0 bytes, 0 left over, no error\n"));
    assert_eq!(run_on(&["resp", "-"], b"*1\r\n$4\r\nPI").expect("as before").code, Some(1));
    let missing = run(&["lines", "no/such/file"]).expect("as before");
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.starts_with("no/such/file: "), "{}", missing.err);
    assert_eq!(run(&["lines", "src"]).expect("as before").code, Some(2), "a folder");
    let unknown = run(&["smtp", "-"]).expect("as before");
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("there are: resp, resp-replies, http1"), "{}", unknown.err);
    let unasked = run(&["kafka-responses", "-"]).expect("as before");
    assert!(unasked.code == Some(2) && unasked.err.contains("--api <NAME:VERSION>"), "{unasked:?}");
    let unasked = run(&["proxy", "--then", "kafka-responses", "-"]).expect("as before");
    assert!(unasked.code == Some(2) && unasked.err.contains("--api <NAME:VERSION>"), "{unasked:?}");
    let too_new = run(&["kafka-responses", "--api", "Fetch:99", "-"]).expect("as before");
    assert!(too_new.code == Some(2) && too_new.err.contains("Fetch is known in its versions 0 to 17"), "{too_new:?}");
    let help = run(&["--help"]).expect("as before");
    assert_eq!(help.code, Some(0));
    for told in ["Codecs:", "  proxy  ", "exit code", "--then", "--port", "--json", "--summary", "--html"] {
        assert!(help.out.contains(told), "{told} is not explained:\n{}", help.out);
    }
}

#[test]
fn one_bad_file_of_several() {
    let files = ["resp_requests/ping", "resp_requests/negative_length", "resp_requests/set"];
    let paths = files.map(|file| format!("fuzz/seeds/{file}"));
    let mut args = vec!["resp", "--summary"];
    args.extend(paths.iter().map(String::as_str));
    let Some(run) = run(&args) else { return };
    assert_eq!(run.code, Some(1));
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3);
    for (line, path) in lines.iter().zip(&paths) {
        assert!(line.starts_with(&format!("{path}: resp: ")), "{line}");
    }
    assert!(lines[0].ends_with("no error") && lines[2].ends_with("no error"), "{}", run.out);
    assert!(lines[1].contains("`bulk length` is malformed, at byte"), "{}", run.out);
}

/// Frames and bodies are longer than what is held: they pass, and memory stays where it is.
#[test]
fn long_streams() {
    let Some(program) = program() else { return };
    // 128 MiB: a body that is not kept, and half a million lines of a chunk each.
    const BODY: usize = 64 << 20;
    let mut child = Command::new(program)
        .args(["http1", "--summary", "--max-frame", "1048576", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY}\r\n\r\n");
    stdin.write_all(head.as_bytes()).expect("written");
    let block = vec![b'x'; 1 << 20];
    (0..64).for_each(|_| stdin.write_all(&block).expect("written"));
    stdin.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").expect("written");
    let chunks = b"80\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
        .repeat(1000);
    (0..100).for_each(|_| stdin.write_all(&chunks).expect("written"));
    let peak = peak(child.id());
    stdin.write_all(b"0\r\n\r\n").expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let summary = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{summary}");
    assert!(summary.starts_with("http1: 100004 frames (Body 1, Chunk 100000, Request 2, Trailers 1)"), "{summary}");
    if let Some(peak) = peak {
        assert!(peak < 48 << 10, "{peak} KiB are resident");
    }
}

/// The most memory that a process has had, in KiB.
fn peak(process: u32) -> Option<u64> {
    let status = fs::File::open(format!("/proc/{process}/status")).ok()?;
    let line = BufReader::new(status).lines().map_while(Result::ok).find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn frames_above_the_limit_are_errors_where_they_cannot_pass() {
    let input = [b"*1\r\n$2000\r\n".to_vec(), vec![b'x'; 2000], b"\r\n".to_vec()].concat();
    let Some(run) = run_on(&["resp", "--summary", "--max-frame", "1000", "-"], &input) else { return };
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("exceeds its limit"), "{}", run.out);
    let run = run_on(
        &["u32-length", "--json", "--max-frame", "1000", "-"],
        &[b"\0\0\x07\xd0".to_vec(), vec![7; 2000]].concat(),
    );
    let objects = run.expect("as before").objects();
    assert_eq!((&objects[0]["streamed"], &objects[0]["length"], objects.len()), (&2000.into(), &4.into(), 1));
}

#[test]
fn whoever_reads_may_stop() {
    let Some(program) = program() else { return };
    let lines = Temp::new("lines", &b"a line that is shown\n".repeat(100_000));
    let mut child = Command::new(program)
        .args(["lines", &lines.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = [0; 100];
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut first).expect("some of it");
    drop(out);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(1), 0), "no panic, no complaint");
}

#[test]
fn all_are_decoded_though_few_are_shown() {
    let Some(run) = run_on(&["lines", "--json", "--limit", "2", "-"], b"one\ntwo\nthree\nfour\n") else { return };
    assert_eq!((run.code, run.objects().len()), (Some(0), 2));
    let run = run_on(&["lines", "--limit", "2", "-"], b"one\ntwo\nthree\nfour\n").expect("as before");
    assert!(run.out.ends_with("… and 2 messages more, not shown\n"), "{}", run.out);
}

#[test]
fn a_file_that_begins_like_a_capture() {
    let bytes = b"\xd4\xc3\xb2\xa1 is a line\n";
    let Some(run) = run_on(&["lines", "--summary", "-"], bytes) else { return };
    assert_eq!(run.code, Some(2), "a broken capture: {run:?}");
    assert_eq!(run_on(&["lines", "--summary", "--raw", "-"], bytes).expect("as before").code, Some(0));
}

/// The messages that are in a page.
fn items(page: &str) -> Vec<Value> {
    let (_, data) = page.split_once("id=\"messages\">").expect("messages");
    let (data, _) = data.split_once("</script>").expect("an end");
    serde_json::from_str(data).expect("an array")
}

#[test]
fn a_page_of_its_own() {
    let input = b"one\n</script><script>alert(1)</script>\ntwo <b>\n\xff\xfe\n";
    let file = Temp::new("lines", input);
    let page = file.beside("page.html");
    let Some(run) = run(&["lines", &file.path(), "--html", &page]) else { return };
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", ""));
    let text = fs::read_to_string(&page).expect("a page");
    for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
        assert!(!text.contains(outside), "{outside} leads out of the page");
    }
    assert_eq!(text.matches("</script>").count(), 2, "no message ends the script");
    let items = items(&text);
    assert_eq!(items.len(), 6, "the codec, four messages, and how many are not shown");
    assert_eq!(items[1]["bytes"], "6f6e650a");
    assert_eq!(items[2]["fields"][0]["fields"][0]["value"], "</script><script>alert(1)</script>");
    assert_eq!(items[4]["fields"][0]["fields"][0]["value"]["hex"], "fffe");
    in_a_browser(&page);
}

/// A browser makes a tree and a dump of it.
fn in_a_browser(page: &str) {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|code| code.success())
    });
    let Some(browser) = browser else {
        eprintln!("skipped: there is no browser");
        return;
    };
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{page}"))
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("lines: 4 messages, 0 with errors"), "{dom}");
    assert_eq!(dom.matches("data-index=").count(), 4, "a row for each message");
    assert!(dom.contains("data-at=\"3\""), "the bytes of the first");
    assert!(dom.contains("class=\"node\""), "its tree");
}
