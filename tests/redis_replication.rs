//! `examples/kv` as the master of real Redis replicas, where redis is installed, and of peers that read every byte, or none.

mod kv;
mod replication;

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use self::kv::{Options, Peer, Server, lossy, request, run};
use self::replication::{Client, Redis, data_set, load, noise, until};

/// A server that does not ping its replicas within a test: what they are sent is known to the byte.
fn quiet() -> Options {
    Options { replica_beat: Duration::from_secs(3600), ..Options::default() }
}

#[test]
fn redis_cli_gets_a_snapshot_that_redis_loads() {
    let server = Server::start();
    let Some(reference) = Redis::start(None, None) else { return };
    let (mut client, mut reference) = (Client::connect(server.addr), reference.client());
    let data = data_set();
    client.all(&data);
    reference.all(&data);
    // What has expired is in no snapshot.
    client.ask(&[b"SET", b"gone", b"soon", b"PX", b"1"]);
    let dir = tempfile::tempdir().expect("a folder");
    let dump = dir.path().join("kv.rdb");
    let dump = dump.to_str().expect("a path");
    let Some(output) = run("redis-cli", &["-p", &server.port(), "--rdb", dump], Vec::new()) else { return };
    assert!(output.status.success(), "{output:?}");
    let check = run("redis-check-rdb", &[dump], Vec::new()).expect("it comes with redis-server");
    assert!(check.status.success() && lossy(&check.stdout).contains("\\o/ RDB looks OK!"), "{check:?}");
    let loaded = Redis::start(None, Some(Path::new(dump))).expect("it started before");
    let mut loaded = loaded.client();
    until("it has loaded", || loaded.info("loading") == "0");
    equal(&mut reference, &mut loaded);
    assert_eq!(client.info("sync_full"), "1");
    let len = std::fs::metadata(dump).expect("it is there").len();
    assert_eq!(client.info("snapshot_region_bytes"), len.to_string(), "it went out as a region of a file");
    assert_eq!(client.info("connected_slaves"), "0");
}

/// That both hold the same keys, values and, within minutes, times to live.
#[track_caller]
fn equal(a: &mut Client, b: &mut Client) {
    assert_eq!(a.ask(&[b"DBSIZE"]), b.ask(&[b"DBSIZE"]));
    assert_eq!(a.digest(), b.digest());
    let number = |text: String| text.trim_start_matches(':').parse::<i64>().expect("a number");
    let load = (0..211).map(|i| format!("load:{i}"));
    let keys = (0..30_000).step_by(1000).map(|i| format!("key:{i}")).chain(["long list".into(), "empty".into()]);
    for key in keys.chain(load) {
        let [a, b] = [&mut *a, &mut *b].map(|client| number(client.ask(&[b"PEXPIRETIME", key.as_bytes()])));
        assert_eq!(a < 0, b < 0, "{key}");
        assert!(a.abs_diff(b) < 1_000_000, "{key} goes at {a} and at {b}");
    }
}

#[test]
fn real_replicas_follow_under_load_join_in_it_and_come_back() {
    let server = Server::start();
    let Some(reference) = Redis::start(None, None) else { return };
    let (mut client, mut reference) = (Client::connect(server.addr), reference.client());
    let data = data_set();
    client.all(&data);
    reference.all(&data);

    let replica = || Redis::start(Some(server.addr), None).expect("it started before");
    let in_sync = |redis: &Redis| {
        let mut client = redis.client();
        until("a replica is in sync", || client.info("master_link_status") == "up");
    };
    let stop = AtomicBool::new(false);
    let (first, second, count) = thread::scope(|scope| {
        let loading = scope.spawn(|| {
            let mut client = Client::connect(server.addr);
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                client.all(&(count..count + 100).map(load).collect::<Vec<_>>());
                count += 100;
                thread::sleep(Duration::from_millis(1));
            }
            count
        });
        // The load ends, whatever fails here.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let stop = Stop(&stop);
        let first = replica();
        in_sync(&first);
        let second = replica();
        in_sync(&second);
        drop(first);
        let first = replica();
        in_sync(&first);
        drop(stop);
        (first, second, loading.join().expect("no panic"))
    });
    reference.all(&(0..count).map(load).collect::<Vec<_>>());

    let (mut first, mut second) = (first.client(), second.client());
    caught_up(&mut client, &mut [&mut first, &mut second]);
    equal(&mut reference, &mut first);
    equal(&mut reference, &mut second);
    assert_eq!(client.info("sync_full"), "3");
    // What was read from the server is what went to the replicas.
    let number = client.ask(&[b"GET", b"load:n:1"]);
    assert_eq!(first.ask(&[b"GET", b"load:n:1"]), number);

    // A link that breaks is taken up where it broke.
    assert_eq!(second.ask(&[b"CLIENT", b"KILL", b"TYPE", b"master"]), ":1");
    until("the replica is back", || client.info("sync_partial_ok") == "1");
    client.all(&(count..count + 100).map(load).collect::<Vec<_>>());
    reference.all(&(count..count + 100).map(load).collect::<Vec<_>>());
    caught_up(&mut client, &mut [&mut first, &mut second]);
    equal(&mut reference, &mut first);
    equal(&mut reference, &mut second);
    assert_eq!(client.info("sync_full"), "3");

    // What expires goes at the replica when the server sees it go.
    client.ask(&[b"SET", b"brief", b"v", b"PX", b"1"]);
    until("it has gone", || client.ask(&[b"EXISTS", b"brief"]) == ":0");
    caught_up(&mut client, &mut [&mut first, &mut second]);
    let size = reference.ask(&[b"DBSIZE"]);
    assert_eq!([first.ask(&[b"DBSIZE"]), second.ask(&[b"DBSIZE"])], [size.clone(), size]);
}

/// Waits until all replicas have applied and acknowledged everything.
#[track_caller]
fn caught_up(master: &mut Client, replicas: &mut [&mut Client]) {
    until("the offsets are equal", || {
        let offset = master.info("master_repl_offset");
        let applied = replicas.iter_mut().all(|replica| replica.info("slave_repl_offset") == offset);
        let told = (0..replicas.len()).map(|i| master.info(&format!("slave{i}")));
        let acknowledged =
            told.filter(|told| told.contains("state=online") && told.contains(&format!(",offset={offset},")));
        acknowledged.count() == replicas.len() && applied
    });
}

/// What a replica is answered, up to the end of the snapshot: the server's id, the offset, and the snapshot.
fn full(peer: &mut Peer) -> (String, u64, Vec<u8>) {
    let line = line(peer);
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("+FULLRESYNC"), "{line}");
    let (id, offset) = (words.next().expect("an id"), words.next().expect("an offset"));
    assert!(id.len() == 40 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{line}");
    (id.into(), offset.parse().expect("a number"), snapshot(peer))
}

fn snapshot(peer: &mut Peer) -> Vec<u8> {
    let mut snapshot = vec![0; snapshot_len(peer)];
    peer.0.read_exact(&mut snapshot).expect("all of it");
    assert_eq!(snapshot[..9], *b"REDIS0010");
    assert_eq!(snapshot[snapshot.len() - 9], 0xff, "the last byte but for the checksum");
    snapshot
}

fn snapshot_len(peer: &mut Peer) -> usize {
    line(peer).strip_prefix('$').expect("a bulk string").parse().expect("a length")
}

/// A line of what the peer is sent, byte by byte: nothing behind it is read.
fn line(peer: &mut Peer) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        peer.0.read_exact(&mut byte).expect("a line");
        // An empty line says that the server lives.
        if !line.is_empty() || byte != *b"\n" {
            line.extend(byte);
        }
    }
    lossy(&line[..line.len() - 2])
}

#[test]
fn a_replica_is_sent_these_bytes() {
    let server = Server::with(quiet());
    let (mut replica, mut client) = (server.connect(), server.connect());
    client.ask("SET before 1", "+OK\r\n");
    replica.ask("PING", "+PONG\r\n");
    replica.ask("REPLCONF listening-port 6400", "+OK\r\n");
    replica.ask("REPLCONF capa eof capa psync2", "+OK\r\n");
    replica.ask("REPLCONF frob 1", "-ERR Unrecognized REPLCONF option: frob\r\n");
    replica.ask("REPLCONF capa", "-ERR syntax error\r\n");
    replica.ask("REPLCONF GETACK *\r\nPSYNC ? x", "-ERR value is not an integer or out of range\r\n");
    replica.send("PSYNC ? -1\r\n");
    let (id, offset, bytes) = full(&mut replica);
    assert_eq!(offset, 0);
    // Text, 6 bytes of key, 1 byte of value; the end and the checksum.
    let content = &bytes[..bytes.len() - 8];
    assert!(content.ends_with(b"\xfe\0\xfb\x01\0\0\x06before\x011\xff"), "{}", bytes.escape_ascii());
    // Nothing stands between the snapshot and the stream.
    let mut place = offset;
    let mut told = |command: &str, answer: &str, stream: &[&[&str]]| {
        client.ask(command, answer);
        for words in stream {
            let bytes = request(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>());
            replica.expect(&bytes);
            place += bytes.len() as u64;
        }
    };
    told("SET k v", "+OK\r\n", &[&["SELECT", "0"], &["SET", "k", "v"]]);
    told("GET k", "$1\r\nv\r\n", &[]);
    told("SET k w NX", "$-1\r\n", &[]);
    told("set k w xx", "+OK\r\n", &[&["SET", "k", "w"]]);
    told("GETSET k x", "$1\r\nw\r\n", &[&["SET", "k", "x"]]);
    told("DEL none", ":0\r\n", &[]);
    told("del k none", ":1\r\n", &[&["del", "k", "none"]]);
    told("EXPIRE none 10", ":0\r\n", &[]);
    told("INCR n", ":1\r\n", &[&["INCR", "n"]]);
    told("LPUSH n x", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", &[]);
    told("EXPIRE n -1", ":1\r\n", &[&["DEL", "n"]]);
    told("SADD s a b", ":2\r\n", &[&["SADD", "s", "a", "b"]]);
    told("SADD s a b", ":0\r\n", &[]);
    told("HSET h f v", ":1\r\n", &[&["HSET", "h", "f", "v"]]);
    told("RPUSH l a \"b c\" d e f g", ":6\r\n", &[&["RPUSH", "l", "a", "b c", "d", "e", "f", "g"]]);
    told("APPEND k abc", ":3\r\n", &[&["APPEND", "k", "abc"]]);
    told("MSET a 1 b 2", "+OK\r\n", &[&["MSET", "a", "1", "b", "2"]]);
    told("PUBLISH c hello", ":0\r\n", &[&["PUBLISH", "c", "hello"]]);
    told("FLUSHALL", "+OK\r\n", &[&["FLUSHALL"]]);
    // What expires becomes a point in time, and is deleted by the server, before what the command does.
    client.ask("SET k 5 PX 1", "+OK\r\n");
    replica.expect("*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n5\r\n$4\r\nPXAT\r\n$13\r\n");
    let mut at = [0; 15];
    replica.0.read_exact(&mut at).expect("a time");
    let at: u128 = lossy(&at[..13]).parse().expect("a number");
    let millis = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    assert!(millis().abs_diff(at) < 600_000, "{at}");
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
    client.ask("INCR k", ":1\r\n");
    replica.expect("*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n");
    client.ask("EXPIRE k 1000", ":1\r\n");
    replica.expect("*3\r\n$9\r\nPEXPIREAT\r\n$1\r\nk\r\n$13\r\n");
    replica.0.read_exact(&mut [0; 15]).expect("a time");
    // The lengths of: SET … PXAT time, DEL k, INCR k, PEXPIREAT k time.
    place += 57 + 20 + 21 + 46;

    // What it acknowledges is told.
    let mut asking = Client::connect(server.addr);
    assert_eq!(asking.info("master_repl_offset"), place.to_string());
    assert_eq!(asking.info("master_replid"), id);
    replica.send(request(&[b"REPLCONF", b"ACK", place.to_string().as_bytes()]));
    let slave = format!("ip=127.0.0.1,port=6400,state=online,offset={place},lag=");
    until("it is told", || asking.info("slave0").starts_with(&slave));
    let (place, len) = (place.to_string(), place.to_string().len());
    let role =
        format!("*3\r\n$6\r\nmaster\r\n:{place}\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n6400\r\n${len}\r\n{place}\r\n");
    client.ask("ROLE", &role);

    // What comes back goes on where it was, if it is not too far back and knows the server.
    drop(replica);
    client.ask("SET k v", "+OK\r\n");
    let next: u64 = place.parse::<u64>().expect("a number") + 1;
    let mut back = server.connect();
    back.ask(&format!("PSYNC {id} {next}"), &format!("+CONTINUE {id}\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"));
    for (other, next) in [(id.replace(|_: char| true, "0"), next), (id.clone(), next + 1000), (id, 0)] {
        let mut stranger = server.connect();
        stranger.send(format!("PSYNC {other} {next}\r\n"));
        assert_eq!(full(&mut stranger).1, next_end(&mut asking));
    }
    assert_eq!(["sync_partial_ok", "sync_partial_err"].map(|name| asking.info(name)), ["1", "3"]);
    // The way it was before there were offsets.
    let mut old = server.connect();
    old.send("SYNC\r\n");
    snapshot(&mut old);
    client.ask("SET k w", "+OK\r\n");
    old.expect(request(&[b"SELECT", b"0"]));
    old.expect(request(&[b"SET", b"k", b"w"]));
}

fn next_end(client: &mut Client) -> u64 {
    client.info("master_repl_offset").parse().expect("a number")
}

#[test]
fn replicas_at_once_get_the_same_and_all_that_follows() {
    let server = Server::with(quiet());
    let mut client = Client::connect(server.addr);
    for i in 0..64u64 {
        client.ask(&[b"SET", format!("k{i}").as_bytes(), &noise(100_000, i)]);
    }
    let mut replicas: Vec<Peer> = (0..8).map(|_| server.connect()).collect();
    for (i, replica) in replicas.iter_mut().enumerate() {
        replica.send("PSYNC ? -1\r\n");
        // Before, between and after the snapshots.
        client.ask(&[b"SET", b"order", i.to_string().as_bytes()]);
    }
    let last = 20;
    for i in 8..last {
        client.ask(&[b"APPEND", b"order", i.to_string().as_bytes()]);
    }
    let end = next_end(&mut client);
    for mut replica in replicas {
        let (_, offset, _) = full(&mut replica);
        let mut stream = vec![0; (end - offset) as usize];
        replica.0.read_exact(&mut stream).expect("all of the stream");
        let tail: Vec<u8> =
            (8..last).flat_map(|i: u32| request(&[b"APPEND", b"order", i.to_string().as_bytes()])).collect();
        assert!(stream.ends_with(&tail), "{}", stream.escape_ascii());
        if offset < end {
            assert!(stream.starts_with(&request(&[b"SELECT", b"0"])) || offset > 0, "{}", stream.escape_ascii());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_of_a_snapshot_that_nobody_reads_to_its_end() {
    let server = Server::with(quiet());
    let mut client = Client::connect(server.addr);
    for i in 0..24u64 {
        client.ask(&[b"SET", format!("k{i}").as_bytes(), &noise((1 << 20) + 1, i)]);
    }
    // Open files without a name of just this length.
    let open = |len: u64| {
        let fds = std::fs::read_dir("/proc/self/fd").expect("Linux has it");
        let fds = fds.flatten().filter(|fd| {
            std::fs::read_link(fd.path()).is_ok_and(|to| to.to_string_lossy().ends_with("(deleted)"))
                && std::fs::metadata(fd.path()).is_ok_and(|file| file.len() == len)
        });
        fds.count()
    };
    let mut asked = server.connect();
    asked.send("PSYNC ? -1\r\n");
    assert!(line(&mut asked).starts_with("+FULLRESYNC"));
    let len = snapshot_len(&mut asked);
    assert!(len > 24 << 20);
    assert_eq!(open(len as u64), 1, "it is sent from a file that has no name");
    // Another gets the same file, as long as nothing has been written since.
    let mut another = server.connect();
    another.send("PSYNC ? -1\r\n");
    assert!(full(&mut another).2.len() == len && open(len as u64) == 1);
    assert_eq!(["sync_full", "snapshots"].map(|name| client.info(name)), ["2", "1"]);
    drop(another);
    // Reset: what has come is not read.
    drop(asked);
    until("the replica has gone", || client.info("connected_slaves") == "0");
    until("the file is closed", || open(len as u64) == 0);
    // Those who go while it is written.
    for _ in 0..10 {
        let mut asked = server.connect();
        asked.send("PSYNC ? -1\r\n");
        assert!(line(&mut asked).starts_with("+FULLRESYNC"));
    }
    until("all replicas have gone", || client.info("connected_slaves") == "0");
    until("no file is open", || open(len as u64) == 0);
    // And one that stays gets all of it.
    let mut asked = server.connect();
    asked.send("PSYNC ? -1\r\n");
    assert!(full(&mut asked).2.len() > 24 << 20);
    until("the file is closed", || open(len as u64) == 0);
}

#[test]
fn the_snapshot_is_no_part_of_the_queue() {
    let server = Server::with(quiet());
    let mut client = Client::connect(server.addr);
    for i in 0..50u64 {
        client.ask(&[b"SET", format!("k{i}").as_bytes(), &noise(50_000, i)]);
    }
    let mut replica = server.connect();
    replica.send("PSYNC ? -1\r\n");
    let (_, _, snapshot) = full(&mut replica);
    drop(replica);
    assert_eq!(client.info("snapshot_region_bytes"), snapshot.len().to_string());
    until("the replica has gone", || client.info("connected_slaves") == "0");
    // `+FULLRESYNC`, the id and `0`, and the length of the snapshot; nothing was shared.
    let heads = format!("+FULLRESYNC {:40} 0\r\n${}\r\n", "", snapshot.len()).len();
    let sent = client.info("replica_output");
    let sum: usize =
        sent.split(',').map(|part| part.split('=').nth(1).expect("a number").parse::<usize>().expect("a number")).sum();
    assert_eq!(sum, heads + snapshot.len(), "{sent}");
    assert!(sent.contains("shared=0,"), "{sent}");
}
