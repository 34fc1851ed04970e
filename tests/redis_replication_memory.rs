//! What waits for a replica that does not read is bounded, and given back when the replica is dropped: counted by the allocator.

mod kv;
mod replication;

use std::alloc::System;
use std::io::{ErrorKind, Read};
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use self::kv::{Options, Peer, Server, request};
use self::replication::{Client, noise, until};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many bytes are allocated.
fn live() -> u64 {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated) as u64
}

const MIB: u64 = 1 << 20;

/// Asks for a snapshot and reads up to its first bytes.
fn ask_for_all(server: &Server) -> Peer {
    let mut replica = server.connect();
    replica.send("PSYNC ? -1\r\n");
    replica.expect("+FULLRESYNC ");
    replica
}

/// Reads on behind `+FULLRESYNC` to the end of a snapshot of less than 100 bytes of entries.
fn read_snapshot(replica: &mut Peer) {
    let mut end = Vec::new();
    while !end.ends_with(b"$") {
        let mut byte = [0];
        replica.0.read_exact(&mut byte).expect("a head");
        end.extend(byte);
    }
    let mut len = 0;
    loop {
        let mut byte = [0];
        replica.0.read_exact(&mut byte).expect("a length");
        match byte[0] {
            b'\r' => {}
            b'\n' => break,
            digit => len = len * 10 + usize::from(digit - b'0'),
        }
    }
    replica.0.read_exact(&mut vec![0; len]).expect("all of it");
}

#[test]
fn a_replica_that_does_not_read_is_dropped_and_its_memory_given_back() {
    let limit = 16 * MIB;
    let replica_beat = Duration::from_secs(3600);
    let server = Server::with(Options { replica_limit: limit, replica_beat, ..Options::default() });
    let mut client = Client::connect(server.addr);
    let value = noise(64 << 10, 1);
    let set = request(&[b"SET", b"k", &value]);
    let (mut slow, mut fast) = (ask_for_all(&server), ask_for_all(&server));
    read_snapshot(&mut slow);
    read_snapshot(&mut fast);
    let before = live();
    let (mut most, mut most_waited, mut bytes) = (0, 0, Vec::new());
    for i in 0.. {
        assert!(i < 2000, "it is still served");
        client.ask(&[b"SET", b"k", &value]);
        let select = request(&[b"SELECT", b"0"]).len();
        bytes.resize(set.len() + if i == 0 { select } else { 0 }, 0);
        fast.0.read_exact(&mut bytes).expect("it is served on");
        assert!(bytes.ends_with(&set));
        most = most.max(live().saturating_sub(before));
        most_waited = most_waited.max(client.info("repl_backlog_histlen").parse().expect("a number"));
        if client.info("slow_replicas_dropped") == "1" {
            break;
        }
    }
    assert!(most_waited > limit / 2 && most_waited <= limit + MIB, "{most_waited} bytes waited at most");
    // What is counted is what is held: blocks are shared whole, so it is somewhat more.
    assert!(most > limit / 2 && most < limit * 2, "{most} bytes were held at most");
    until("only what may come in handy is kept", || {
        client.info("repl_backlog_histlen").parse::<u64>().expect("a number") <= MIB + set.len() as u64
    });
    assert_eq!(client.info("connected_slaves"), "1");
    until("the memory is given back", || live().saturating_sub(before) < 4 * MIB);
    // It finds itself cut off, with what was on its way before.
    let mut rest = Vec::new();
    match slow.0.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(rest.len() > set.len() && rest.len() < 2000 * set.len());
}
