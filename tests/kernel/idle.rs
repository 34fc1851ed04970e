//! Ten thousand joined connections that are idle, in a process of their own.
#![cfg(target_os = "linux")]

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use wireview::kernel::forward;

use crate::child::{command, told};
use crate::support::IN_KERNEL;

/// What one idle pair may take of the memory of this process, sockets aside, which are the kernel's. Debug builds take more.
const EACH: u64 = 4096;

#[test]
fn idle_connections_hold_no_pipe_and_little_memory() {
    let output = command(&[], "idle::child_holds_idle_connections", "10000").output().expect("this program");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().filter(|line| line.contains(" idle ")).for_each(|line| eprintln!("{line}"));
}

#[tokio::test]
#[ignore = "run by idle_connections_hold_no_pipe_and_little_memory"]
async fn child_holds_idle_connections() {
    let wanted: u64 = told().expect("run by idle_connections_…").parse().expect("a number");
    let limit = getrlimit(Resource::Nofile);
    // A process that may raise the hard limit has all that is wanted.
    let all = 4 * wanted + 200;
    let most = match setrlimit(Resource::Nofile, Rlimit { current: Some(all), maximum: Some(all) }) {
        Ok(()) => all,
        Err(_) => limit.maximum.unwrap_or(all).min(all),
    };
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: Some(most) }).expect("within the hard limit");
    // Four ends of sockets for each.
    let count = wanted.min((most - 200) / 4);
    let mut ends = Vec::new();
    for _ in 0..count {
        ends.push((UnixStream::pair().expect("sockets"), UnixStream::pair().expect("sockets")));
    }
    let before = resident();
    let mut outer = Vec::new();
    for ((client, mut a), (mut b, server)) in ends {
        tokio::spawn(async move { forward(&mut a, &mut b).await });
        outer.push((client, server));
    }
    // Each was busy once.
    let message = vec![7; 100_000];
    for (client, server) in &mut outer {
        let mut got = vec![0; message.len()];
        let (said, heard) = tokio::join!(client.write_all(&message), server.read_exact(&mut got));
        said.expect("taken");
        heard.expect("forwarded");
    }
    let grown = resident().saturating_sub(before);
    let pipes = std::fs::read_dir("/proc/self/fd")
        .expect("the descriptors")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("pipe:"))
        .count();
    println!("{count} idle pairs: {} bytes each, {pipes} ends of pipes in the process", grown / count);
    // Those that wait for the next use, and standard output.
    assert!(pipes <= 2 * 32 + 4, "{pipes}");
    assert!(!IN_KERNEL || pipes >= 2, "none was ever used");
    assert!(grown / count < EACH, "{} bytes each", grown / count);
    // They are all alive.
    for (client, server) in &mut outer {
        server.write_all(b"?").await.expect("taken");
        assert_eq!(client.read_u8().await.expect("forwarded"), b'?');
    }
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("what the kernel says of us");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("resident memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
}
