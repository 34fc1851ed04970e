//! Real clients, where they are installed. A browser is not among them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Peer, Server, pattern, run};

#[test]
fn curl_resumes_and_decompresses() {
    let server = Server::start();
    let content = pattern(2 << 20);
    server.put("a.bin", &content);
    server.put("b.txt", "plain");
    let url = server.url("/a.bin");
    let Some(got) = run("curl", &["-sf", &url]) else { return };
    assert!(got == content);
    assert!(run("curl", &["-sf", "-r", "100-199", &url]).expect("installed") == content[100..200]);

    // Half of it is there already.
    let half = server.outside("half.bin");
    fs::write(&half, &content[..1 << 20]).expect("written");
    let path = half.to_str().expect("text");
    run("curl", &["-sf", "-C", "-", "-o", path, &url]).expect("installed");
    assert!(fs::read(&half).expect("there") == content);

    let head = String::from_utf8(run("curl", &["-sfI", &url]).expect("installed")).expect("text");
    assert!(head.contains(&format!("Content-Length: {}\r\n", content.len())), "{head}");

    // What was loaded is not loaded again.
    let path = server.outside("b.txt");
    let path = path.to_str().expect("text");
    let url = server.url("/b.txt");
    run("curl", &["-sf", "--etag-save", &format!("{path}.etag"), "-o", path, &url]).expect("installed");
    let args = ["-sf", "--etag-compare", &format!("{path}.etag"), "-o", path, "-w", "%{http_code}", &url];
    assert_eq!(run("curl", &args).expect("installed"), b"304");

    if run("gzip", &["-k", server.path("b.txt").to_str().expect("text")]).is_some() {
        let all = run("curl", &["-sf", "--compressed", "-w", " %header{content-encoding}", &url]);
        // Old versions of curl do not know `%header`.
        let all = String::from_utf8(all.expect("installed")).expect("text");
        assert!(all.starts_with("plain"), "{all}");
    }
    // On one connection, and asking for another protocol.
    let many: Vec<&str> = std::iter::repeat_n(&url[..], 20).collect();
    let got = run("curl", &[&["-sf", "--http2"], &many[..]].concat()).expect("installed");
    assert_eq!(got, b"plain".repeat(20));
}

#[test]
fn players_seek_in_a_video() {
    let server = Server::start();
    let video = server.path("video.mp4");
    let path = video.to_str().expect("text");
    let source = "testsrc=duration=20:size=640x480:rate=25";
    // Its index is behind the pictures, so that nothing is seen without seeking.
    let make = ["-v", "error", "-f", "lavfi", "-i", source, "-c:v", "mpeg4", "-b:v", "8M", "-y", path];
    if run("ffmpeg", &make).is_none() {
        return;
    }
    let url = server.url("/video.mp4");
    let probe = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", &url];
    let Some(duration) = run("ffprobe", &probe) else { return };
    assert_eq!(duration, b"20.000000\n");
    // The same picture as from the file.
    let picture = |from: &str| {
        let args = ["-v", "error", "-ss", "17.5", "-i", from, "-frames:v", "1", "-f", "md5", "-"];
        run("ffmpeg", &args).expect("installed")
    };
    assert_eq!(picture(&url), picture(path));
    assert!(server.metric("wireview_http_answers_total{status=\"206\"}") >= 2, "it was sought");
}

#[test]
fn wrk_finds_no_fault() {
    let server = Server::start();
    server.put("small.bin", pattern(1000));
    server.put("large.bin", pattern(1 << 20));
    for name in ["small.bin", "large.bin"] {
        let Some(report) = run("wrk", &["-t1", "-c32", "-d1", &server.url(&format!("/{name}"))]) else { return };
        let report = String::from_utf8(report).expect("text");
        assert!(!report.contains("Non-2xx") && !report.contains("Socket errors: connect"), "{report}");
        assert!(report.contains("Requests/sec"), "{report}");
    }
    assert!(server.metric("wireview_http_answers_total{status=\"200\"}") > 0);
}

/// The program itself: what it prints, two threads, and how it ends.
#[test]
fn the_program_serves_until_it_is_told_to_stop() {
    let test = std::env::current_exe().expect("a program");
    let program = test.ancestors().nth(2).expect("a folder").join("examples/static_server");
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a.txt"), "hello").expect("written");
    let child = Command::new(&program)
        .args(["--listen", "127.0.0.1:0", "--threads", "2", "--log", "-", "--root"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: the example static_server is not built");
        return;
    };
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next().expect("a line").expect("text");
    let addr = line.strip_prefix("listening on ").expect("where").parse().expect("an address");
    for _ in 0..10 {
        assert_eq!(Peer::connect(addr).get("/a.txt", "").text(), "hello");
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches("\"GET /a.txt HTTP/1.1\" 200 5 ").count(), 10);
}
