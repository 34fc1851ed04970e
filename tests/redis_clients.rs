//! `examples/kv` under real Redis clients, where they are installed, and under peers that misbehave.

mod kv;

use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wireview::tokio::Deadlines;

use self::kv::{Options, Peer, Server, lossy, request, run};

/// Commands and what `redis-cli --no-raw` prints for them: in RESP2, and in RESP3 where that differs.
const SESSION: &[(&str, &str, &str)] = &[
    ("PING", "PONG", ""),
    ("ping hello", "\"hello\"", ""),
    ("ECHO hi", "\"hi\"", ""),
    ("SELECT 0", "OK", ""),
    ("SELECT 1", "(error) ERR DB index is out of range", ""),
    ("CLIENT SETNAME me", "OK", ""),
    ("CLIENT GETNAME", "\"me\"", ""),
    ("CLIENT ID", "(integer) 1", "(integer) 2"),
    ("CLIENT FROB", "(error) ERR unknown subcommand 'FROB'. Try CLIENT HELP.", ""),
    ("CONFIG GET save", "1) \"save\"\n2) \"\"", "1# \"save\" => \"\""),
    ("CONFIG GET nothing", "(empty array)", "(empty hash)"),
    ("COMMAND COUNT", "(integer) 38", ""),
    ("COMMAND DOCS", "(empty array)", "(empty hash)"),
    ("FLUSHALL", "OK", ""),
    ("GET a", "(nil)", ""),
    ("SET a 1", "OK", ""),
    ("get a", "\"1\"", ""),
    ("SET a 2 NX", "(nil)", ""),
    ("SET a 2 XX", "OK", ""),
    ("SET b 2 XX", "(nil)", ""),
    ("SET b 2 NX EX 100", "OK", ""),
    ("TTL b", "(integer) 100", ""),
    ("SET b 2 NX XX", "(error) ERR syntax error", ""),
    ("SET b 2 EX", "(error) ERR syntax error", ""),
    ("SET b 2 EX 0", "(error) ERR invalid expire time in 'set' command", ""),
    ("SET b 2 PX ten", "(error) ERR value is not an integer or out of range", ""),
    ("SET b 2 PX 100000", "OK", ""),
    ("TTL a", "(integer) -1", ""),
    ("TTL none", "(integer) -2", ""),
    ("EXPIRE a 1000", "(integer) 1", ""),
    ("TTL a", "(integer) 1000", ""),
    ("EXPIRE none 1000", "(integer) 0", ""),
    ("EXPIRE b -1", "(integer) 1", ""),
    ("EXISTS a a b", "(integer) 2", ""),
    ("GETSET a 10", "\"2\"", ""),
    ("GETSET fresh 10", "(nil)", ""),
    ("TTL a", "(integer) -1", ""),
    ("INCR a", "(integer) 11", ""),
    ("DECR a", "(integer) 10", ""),
    ("DECR d", "(integer) -1", ""),
    ("INCRBY d 8", "(integer) 7", ""),
    ("DECRBY d 9", "(integer) -2", ""),
    ("DECRBY d -9223372036854775808", "(error) ERR decrement would overflow", ""),
    ("APPEND a x", "(integer) 3", ""),
    ("GET a", "\"10x\"", ""),
    ("INCR a", "(error) ERR value is not an integer or out of range", ""),
    ("SET n 9223372036854775807", "OK", ""),
    ("INCR n", "(error) ERR increment or decrement would overflow", ""),
    ("SET n 007", "OK", ""),
    ("INCR n", "(error) ERR value is not an integer or out of range", ""),
    ("APPEND e \"\"", "(integer) 0", ""),
    ("STRLEN a", "(integer) 3", ""),
    ("STRLEN nothing", "(integer) 0", ""),
    ("MSET x 1 y 2 z \"two words\"", "OK", ""),
    ("MSET x 1 y", "(error) ERR wrong number of arguments for 'mset' command", ""),
    ("MGET x none y z", "1) \"1\"\n2) (nil)\n3) \"2\"\n4) \"two words\"", ""),
    ("DEL x y none", "(integer) 2", ""),
    ("RPUSH l a b c d", "(integer) 4", ""),
    ("LPUSH l z y", "(integer) 6", ""),
    ("LRANGE l 0 -1", "1) \"y\"\n2) \"z\"\n3) \"a\"\n4) \"b\"\n5) \"c\"\n6) \"d\"", ""),
    ("LRANGE l -2 100", "1) \"c\"\n2) \"d\"", ""),
    ("LRANGE l 1 1", "1) \"z\"", ""),
    ("LRANGE l 4 2", "(empty array)", ""),
    ("LRANGE l 0 -100", "(empty array)", ""),
    ("LRANGE none 0 -1", "(empty array)", ""),
    ("HSET h f v g w", "(integer) 2", ""),
    ("HSET h f u", "(integer) 0", ""),
    ("HGET h f", "\"u\"", ""),
    ("HGET h none", "(nil)", ""),
    ("SADD s a b a", "(integer) 2", ""),
    ("GET s", "(error) WRONGTYPE Operation against a key holding the wrong kind of value", ""),
    ("LPUSH s x", "(error) WRONGTYPE Operation against a key holding the wrong kind of value", ""),
    ("MGET s", "1) (nil)", ""),
    ("GET", "(error) ERR wrong number of arguments for 'get' command", ""),
    ("FOO bar baz", "(error) ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' ", ""),
    ("PUBLISH nobody hello", "(integer) 0", ""),
    ("FLUSHALL", "OK", ""),
    ("EXISTS a", "(integer) 0", ""),
];

#[test]
fn redis_cli_speaks_every_command() {
    let server = Server::start();
    let port = server.port();
    let lines: String = SESSION.iter().map(|(line, ..)| format!("{line}\n")).collect();
    for resp3 in [false, true] {
        let args = ["-p", &port, "--no-raw", "-3"];
        let args = if resp3 { &args[..] } else { &args[..3] };
        let Some(output) = run("redis-cli", args, lines.clone().into_bytes()) else { return };
        let printed = lossy(&output.stdout);
        let mut printed = printed.as_str();
        for (line, two, three) in SESSION {
            let expected = if resp3 && !three.is_empty() { three } else { two };
            let (got, rest) = printed.split_at(expected.len().min(printed.len()));
            assert_eq!(got, *expected, "{line}, RESP3: {resp3}");
            printed = rest.trim_start_matches('\n');
        }
        assert_eq!(printed, "", "and nothing else");
    }
    let info = run("redis-cli", &["-p", &port, "INFO"], Vec::new()).expect("it ran before");
    assert!(lossy(&info.stdout).contains("redis_version:"), "{info:?}");
}

#[test]
fn redis_cli_pipes_100_000_commands() {
    let server = Server::start();
    let sets = |i: u32| request(&[b"SET", format!("key:{i}").as_bytes(), format!("value of {i}").as_bytes()]);
    let input = (0..100_000).flat_map(sets).collect();
    let Some(output) = run("redis-cli", &["-p", &server.port(), "--pipe"], input) else { return };
    let printed = lossy(&output.stdout);
    assert!(printed.contains("errors: 0, replies: 100000"), "{printed}");
    server.connect().ask("GET key:99999", "$14\r\nvalue of 99999\r\n");
}

#[test]
fn redis_benchmark_runs() {
    let server = Server::start();
    let port = server.port();
    for size in ["32", "65536"] {
        let args = ["-p", &port, "-t", "set,get", "-d", size, "-P", "16", "-n", "3200", "-q", "--csv"];
        let Some(output) = run("redis-benchmark", &args, Vec::new()) else { return };
        let printed = lossy(&output.stdout);
        assert!(output.status.success() && lossy(&output.stderr).is_empty(), "{output:?}");
        assert!(printed.contains("\"SET\"") && printed.contains("\"GET\""), "{printed}");
    }
    let mut peer = server.connect();
    peer.ask("STRLEN key:__rand_int__", ":65536\r\n");
}

#[test]
fn python_client_speaks_both_versions() {
    let server = Server::start();
    match run("python3", &["-c", "import redis"], Vec::new()) {
        Some(output) if !output.status.success() => return eprintln!("skipped: Python has no `redis`"),
        Some(_) => {}
        None => return,
    }
    let script = include_str!("redis_client.py");
    for version in ["2", "3"] {
        let output = run("python3", &["-c", script, &server.port(), version], Vec::new()).expect("it ran before");
        assert!(output.status.success(), "RESP{version}: {}", lossy(&output.stderr));
    }
}

#[test]
fn what_comes_before_bad_input_is_answered_and_the_fault_is_told() {
    let server = Server::start();
    let long = [b'x'; 70_000];
    let cases: &[(&[u8], &str)] = &[
        (b"*1\r\n$-5\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        (b"*1\r\n$4x\r\nPING\r\n", "invalid bulk length"),
        (b"*1048577\r\n", "invalid multibulk length"),
        (b"*99999999999999999999\r\n", "invalid multibulk length"),
        (b"*many\r\n", "invalid multibulk length"),
        (b"*1\r\n+PING\r\n", "expected '$'"),
        (b"*1\r\n$4\r\nPINGPING", "expected CRLF"),
        (b"GET \"key\r\n", "unbalanced quotes in request"),
        (&long, "too big inline request"),
    ];
    for (bad, fault) in cases {
        for tail in [&b""[..], b"*1\r\n$4\r\nPING\r\n"] {
            let mut peer = server.connect();
            peer.send([&request(&[b"PING"]), &request(&[b"ECHO", b"hi"]), *bad, tail].concat());
            let expected = format!("+PONG\r\n$2\r\nhi\r\n-ERR Protocol error: {fault}\r\n");
            assert_eq!(
                peer.rest(),
                expected.as_bytes().escape_ascii().to_string(),
                "{}",
                bad[..20.min(bad.len())].escape_ascii()
            );
        }
    }
}

#[test]
fn a_fault_is_told_to_a_peer_that_goes_on_writing() {
    let server = Server::start();
    let mut peer = server.connect();
    let mut writing = peer.0.try_clone().expect("a second handle");
    // Far more than the buffers between them hold: closing without reading on would reset the connection.
    let writer = thread::spawn(move || {
        let garbage = [b'*'; 64 * 1024];
        writing.write_all(b"PING\r\n").expect("open");
        (0..256).try_for_each(|_| writing.write_all(&garbage)).expect("read to the end");
        writing.shutdown(Shutdown::Write).expect("open");
    });
    peer.expect("+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n");
    assert_eq!(peer.rest(), "");
    writer.join().expect("no panic");
}

#[test]
fn a_stream_that_ends_inside_a_request_is_answered_up_to_there() {
    let server = Server::start();
    for cut in 1..13 {
        let mut peer = server.connect();
        peer.send([b"PING\r\n", &request(&[b"PING"])[..cut]].concat());
        peer.0.shutdown(Shutdown::Write).expect("open");
        assert_eq!(peer.rest(), r"+PONG\r\n", "cut at {cut}");
    }
}

#[test]
fn empty_requests_are_skipped() {
    let server = Server::start();
    server.connect().ask("*-1\r\n*0\r\n\r\n   \r\nPING", "+PONG\r\n");
}

#[test]
fn five_thousand_commands_in_one_write_are_answered_in_order() {
    let server = Server::start();
    let mut peer = server.connect();
    let key = |i: u32| format!("key:{}", i % 7).into_bytes();
    let commands =
        |i: u32| [request(&[b"SET", &key(i), &i.to_string().into_bytes()]), request(&[b"GET", &key(i)])].concat();
    peer.send((0..2500).flat_map(commands).collect::<Vec<_>>());
    let answers: String = (0..2500).map(|i| format!("+OK\r\n${}\r\n{i}\r\n", i.to_string().len())).collect();
    peer.expect(answers);
}

#[test]
fn large_values_come_back_as_they_went() {
    let server = Server::start();
    let mut peer = server.connect();
    let values: Vec<Vec<u8>> = [1, 511, 512, 513, 16 << 10, 64 << 10, 5 << 20]
        .map(|len: u32| (0..len).map(|i| (i / 7 + len) as u8).collect())
        .into();
    for round in 0..3 {
        for (i, value) in values.iter().enumerate() {
            peer.send(request(&[b"SET", format!("{round}:{i}").as_bytes(), value]));
            peer.expect("+OK\r\n");
        }
    }
    for (i, value) in values.iter().enumerate() {
        peer.send(request(&[b"GET", format!("1:{i}").as_bytes()]));
        peer.expect(format!("${}\r\n", value.len()));
        peer.expect(value);
        peer.expect("\r\n");
    }
    // Both in a large request: what it stores is a part of it.
    peer.send(request(&[b"MSET", b"p", &values[5], b"q", &values[1], b"r", b""]));
    peer.expect("+OK\r\n");
    peer.ask("APPEND q !", ":512\r\n");
    peer.ask("STRLEN p", ":65536\r\n");
    peer.ask("STRLEN r", ":0\r\n");
}

#[test]
fn what_expires_is_gone() {
    let server = Server::start();
    let mut peer = server.connect();
    peer.ask("SET k v PX 1", "+OK\r\n");
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
    peer.ask("EXISTS k", ":0\r\n");
    peer.ask("GET k", "$-1\r\n");
    peer.ask("SET k w NX", "+OK\r\n");
}

#[test]
fn listeners_hear_in_the_version_they_speak() {
    let server = Server::start();
    let (mut two, mut three, mut publisher) = (server.connect(), server.connect(), server.connect());
    two.ask(
        "SUBSCRIBE news other",
        "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$5\r\nother\r\n:2\r\n",
    );
    three.send("HELLO 3\r\n");
    three.expect(
        "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n",
    );
    three.expect("$4\r\nrole\r\n$6\r\nmaster\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:2\r\n$7\r\nmodules\r\n*0\r\n");
    three.ask("SUBSCRIBE news", ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    publisher.ask("PUBLISH news hello", ":2\r\n");
    publisher.ask("PUBLISH other hello", ":1\r\n");
    two.expect(
        "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$5\r\nhello\r\n",
    );
    three.expect(">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
    // RESP2 has no way to tell an answer from a message; RESP3 has.
    two.send("GET k\r\n");
    two.expect("-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n");
    two.ask("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    three.ask("GET k", "_\r\n");
    three.ask("UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n");
    three.ask("UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n");
    publisher.ask("PUBLISH news hello", ":1\r\n");
    two.ask("QUIT", "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n+OK\r\n");
    assert_eq!(two.rest(), "");
    publisher.ask("PUBLISH news hello", ":0\r\n");
}

#[test]
fn a_listener_that_does_not_read_is_dropped() {
    let server = Server::start();
    let (mut idle, mut publisher) = (server.connect(), server.connect());
    idle.ask("SUBSCRIBE news", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    let message = request(&[b"PUBLISH", b"news", &vec![0; 1 << 20]]);
    let mut answer = *b":1\r\n";
    for sent in 0.. {
        assert!(sent < 256, "it is still served");
        publisher.send(&message);
        publisher.0.read_exact(&mut answer).expect("an answer");
        if answer == *b":0\r\n" {
            break;
        }
    }
}

#[test]
fn info_counts_connections() {
    let server = Server::start();
    let (mut other, mut asking) = (server.connect(), server.connect());
    other.ask("PING", "+PONG\r\n");
    asking.send("INFO\r\nQUIT\r\n");
    let told = asking.rest();
    assert!(told.contains(r"connected_clients:2\r\n"), "{told}");
}

#[test]
fn silent_peers_are_closed_if_asked_for() {
    let soon = Some(Duration::from_millis(20));
    let server =
        Server::with(Options { deadlines: Deadlines { idle: soon, frame: soon, write: None }, ..Options::default() });
    assert_eq!(server.connect().rest(), "");
    let mut peer = server.connect();
    peer.send("PING\r\n*1\r\n$4\r\nPI");
    assert_eq!(peer.rest(), r"+PONG\r\n");
}

#[test]
fn stopping_answers_what_has_come() {
    let mut server = Server::start();
    let (mut busy, idle) = (server.connect(), server.connect());
    busy.ask("SET k v", "+OK\r\n");
    busy.send("*2\r\n$3\r\nGET\r\n$1\r\n");
    server.stop();
    assert_eq!((busy.rest(), idle.rest()), (String::new(), String::new()));
    assert!(TcpStream::connect(server.addr).is_err(), "nobody listens any more");
}

#[test]
fn a_peer_that_goes_on_sending_does_not_hold_up_the_end() {
    let mut server = Server::start();
    let mut peer = server.connect();
    peer.ask("PING", "+PONG\r\n");
    let mut writing = peer.0.try_clone().expect("a second handle");
    let writer = thread::spawn(move || while writing.write_all(b"PING\r\nPING\r\nPING\r\n").is_ok() {});
    let reader = thread::spawn(move || while peer.0.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {});
    server.stop();
    reader.join().expect("no panic");
    writer.join().expect("no panic");
}

#[cfg(unix)]
#[test]
fn the_program_stops_on_sigterm() {
    use std::io::{BufRead, BufReader};

    use rustix::process::{Pid, Signal, kill_process};

    let here = env::current_exe().expect("this test has a path");
    let program = here.parent().and_then(|deps| deps.parent()).expect("in target").join("examples").join("kv");
    for signal in [Signal::TERM, Signal::INT] {
        let child = Command::new(&program).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = child else { return eprintln!("skipped: {} is not built", program.display()) };
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let addr = line.trim_end().strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        let mut peer = Peer::connect(addr.expect("an address"));
        peer.ask("PING", "+PONG\r\n");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        assert_eq!(peer.rest(), "");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}
