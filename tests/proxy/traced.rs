//! strace says which calls have moved the payload.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use crate::server::{Told, serve};
use crate::support::{pattern, plain};

/// Where the child is told which server to forward to.
const TO: &str = "WIREVIEW_PROXY_TO";

const PAYLOAD: usize = 32 << 20;

/// A proxy in a process that does nothing else, until its input ends.
#[test]
#[ignore = "run by the_payload_is_spliced_and_passes_no_memory_of_ours"]
fn child_forwards() {
    let to = env::var(TO).expect("run by the other test");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        eprintln!("listening on {}", listener.local_addr().expect("bound"));
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = tell.send(Told::End);
        });
        serve(listener, &[to.parse().expect("an address")], plain(), told).await;
    });
}

#[test]
fn the_payload_is_spliced_and_passes_no_memory_of_ours() {
    if cfg!(wireview_portable) {
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = server.local_addr().expect("bound").to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("trace");
    let calls = "trace=splice,sendfile,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg";
    let child = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-e", calls, "-s", "0", "-o"])
        .arg(&trace)
        .arg(env::current_exe().expect("a program"))
        .args(["--exact", "traced::child_forwards", "--ignored", "--nocapture", "--test-threads=1"])
        .env(TO, to)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: strace is not installed");
            return;
        }
        Err(error) => panic!("strace: {error}"),
    };
    let mut told = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    told.read_line(&mut line).expect("text");
    let Some(address) = line.trim().strip_prefix("listening on ") else {
        // Where tracing is forbidden.
        eprintln!("skipped: strace cannot trace: {line}");
        let _ = child.wait();
        return;
    };
    let mut client = TcpStream::connect(address.parse::<SocketAddr>().expect("an address")).expect("it listens");
    let serving = thread::spawn(move || {
        let mut stream = server.accept().expect("a connection").0;
        stream.write_all(&pattern(0, PAYLOAD)).expect("taken");
    });
    let mut got = Vec::new();
    client.read_to_end(&mut got).expect("it comes");
    assert!(got == pattern(0, PAYLOAD));
    serving.join().expect("no panic");
    drop((client, child.stdin.take()));
    assert!(child.wait().expect("it ends").success());
    let trace = fs::read_to_string(&trace).expect("a trace");
    let (moved, calls) = sums(&trace);
    let by = |name: &str| moved.get(name).copied().unwrap_or_default();
    let copied: u64 = moved.iter().filter(|(name, _)| **name != "splice").map(|(_, bytes)| bytes).sum();
    // In and out again, but for the block that showed that more would come.
    assert!(by("splice") >= 2 * PAYLOAD as u64 * 99 / 100, "{moved:?} in {calls} calls");
    assert!(copied < PAYLOAD as u64 / 100, "{moved:?} in {calls} calls");
}

/// How many bytes each call has moved, and how many calls there were.
fn sums(trace: &str) -> (HashMap<&str, u64>, usize) {
    let mut moved = HashMap::new();
    for line in trace.lines() {
        // `123 splice(5, NULL, 7, NULL, …) = 262144`, or `123 <... splice resumed>…) = 262144`
        let Some((call, result)) = line.rsplit_once(" = ") else { continue };
        let call = call.split_once(' ').map_or(call, |(_, call)| call.trim_start());
        let call = call.strip_prefix("<... ").unwrap_or(call);
        let name = call.split(['(', ' ']).next().unwrap_or_default();
        if let Some(bytes) = result.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()) {
            *moved.entry(name).or_default() += bytes;
        }
    }
    (moved, trace.lines().count())
}
