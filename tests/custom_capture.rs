//! `examples/custom` on the wire: its traffic is captured, and read by the dissector that it writes of itself.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where `cargo test` has put the example.
fn example() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.parent()?.parent()?.join("examples/custom");
    path.exists().then_some(path)
}

/// Captures what loopback carries, from when it says so.
fn capture(file: &Path) -> Option<Running> {
    let mut dumpcap = Command::new("dumpcap");
    dumpcap.args(["-q", "-i", "lo", "-f", "tcp", "-w"]).arg(file).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = Running(dumpcap.spawn().ok()?);
    let mut told = BufReader::new(running.0.stderr.take()?);
    let mut line = String::new();
    while told.read_line(&mut line).ok()? > 0 {
        if line.starts_with("File:") {
            // Somebody has to read what it says later.
            std::thread::spawn(move || told.read_to_end(&mut Vec::new()));
            return Some(running);
        }
        line.clear();
    }
    None
}

/// The messages in `file`, one a line: from the client or the server, number, tag, and the three bodies.
fn dissected(file: &Path, lua: &Path, port: &str) -> Vec<String> {
    let fields = ["number", "kind", "body.shout.shout", "body.count.count", "body.counted.counted"];
    let shown = Command::new("tshark")
        .arg("-X")
        .arg(format!("lua_script:{}", lua.display()))
        .arg("-r")
        .arg(file)
        .args(["-d", &format!("tcp.port=={port},message"), "-Y", "message"])
        .args(["-T", "fields", "-E", "separator=;", "-E", "aggregator=,", "-e", "tcp.dstport"])
        .args(fields.iter().flat_map(|field| ["-e".to_owned(), format!("message.{field}")]))
        .output()
        .expect("tshark runs");
    let text = String::from_utf8_lossy(&shown.stdout).replace(port, "server");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn wireshark_reads_what_the_example_says() {
    if !has("tshark") || !has("dumpcap") {
        eprintln!("skipped: no tshark");
        return;
    }
    let Some(example) = example() else {
        eprintln!("skipped: examples/custom has not been built; `cargo test` without `--test` builds it");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (file, lua) = (folder.path().join("pcapng"), folder.path().join("lua"));
    let written = Command::new(&example).arg("--lua").output().expect("it writes its dissector");
    fs::write(&lua, written.stdout).expect("written");
    let Some(_capturing) = capture(&file) else {
        eprintln!("skipped: dumpcap may not capture here");
        return;
    };
    let said = Command::new(&example).output().expect("it runs");
    let text = String::from_utf8_lossy(&said.stdout);
    let port = text.lines().next().and_then(|line| line.rsplit(':').next()).expect("listening on ADDR").to_owned();
    // What was captured is in the file a little later.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut lines = Vec::new();
    // Several messages may share a packet.
    let count = |lines: &[String]| {
        lines.iter().map(|line| line.split(';').nth(1).unwrap_or("").split(',').count()).sum::<usize>()
    };
    while count(&lines) < 6 && Instant::now() < deadline {
        lines = dissected(&file, &lua, &port);
    }
    let column = |index: usize, to_server: bool| -> Vec<String> {
        let lines = lines.iter().filter(|line| line.starts_with("server") == to_server);
        let cells = lines.flat_map(|line| {
            line.split(';').nth(index).unwrap_or("").split(',').map(str::to_owned).collect::<Vec<_>>()
        });
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    assert_eq!(column(1, true), ["1", "2", "3"], "{lines:?}");
    assert_eq!(column(2, true), ["1", "2", "1"]);
    assert_eq!(column(3, true), ["look", "keep"]);
    assert_eq!(column(4, true), ["706f696e74"]);
    assert_eq!(column(1, false), ["1", "2", "3"]);
    assert_eq!(column(2, false), ["1", "3", "1"]);
    assert_eq!(column(3, false), ["LOOK", "KEEP"]);
    assert_eq!(column(5, false), ["5"]);
}
