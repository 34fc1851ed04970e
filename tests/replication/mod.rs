//! A real redis-server in a process of its own, a client for both, and commands for both.

// Each test uses a part of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::kv::request;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until the answer is yes.
#[track_caller]
pub(crate) fn until(what: &str, mut yes: impl FnMut() -> bool) {
    let started = Instant::now();
    while !yes() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A redis-server, killed when dropped.
pub(crate) struct Redis {
    child: Child,
    pub(crate) addr: SocketAddr,
    _dir: TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Redis {
    /// `None`, and a line that says so, if it is not installed.
    pub(crate) fn start(master: Option<SocketAddr>, dump: Option<&Path>) -> Option<Self> {
        for _ in 0..20 {
            let dir = tempfile::tempdir().expect("a folder");
            if let Some(dump) = dump {
                std::fs::copy(dump, dir.path().join("dump.rdb")).expect("a copy");
            }
            // It cannot choose a port itself; if somebody is faster, once more.
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let (port, log) = (port.to_string(), dir.path().join("log"));
            let mut command = Command::new("redis-server");
            command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.args(["--enable-debug-command", "local", "--repl-diskless-load", "disabled"]);
            command.arg("--dir").arg(dir.path()).arg("--logfile").arg(&log);
            if let Some(master) = master {
                command.args(["--replicaof", "127.0.0.1", &master.port().to_string()]);
            }
            let Ok(child) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
                eprintln!("skipped: redis-server is not installed");
                return None;
            };
            let addr = format!("127.0.0.1:{port}").parse().expect("an address");
            let mut redis = Self { child, addr, _dir: dir };
            let mut up = false;
            until("redis-server is up or has failed", || {
                let failed = redis.child.try_wait().expect("a child").is_some();
                // Another server may have got the port.
                up = !failed && Client::try_connect(addr).is_some_and(|mut client| client.is_process(redis.child.id()));
                up || failed
            });
            if up {
                return Some(redis);
            }
            eprintln!("redis-server once more: {}", std::fs::read_to_string(log).unwrap_or_default());
        }
        panic!("redis-server does not start");
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.addr)
    }
}

/// A client that waits for its answers.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        Self::try_connect(addr).expect("somebody listens")
    }

    fn try_connect(addr: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(addr).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream.set_nodelay(true).expect("a TCP stream");
        Some(Self(BufReader::new(stream)))
    }

    fn is_process(&mut self, id: u32) -> bool {
        self.try_ask(&[b"INFO", b"server"]).is_some_and(|info| field(&info, "process_id") == id.to_string())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("it reads");
    }

    pub(crate) fn ask(&mut self, words: &[&[u8]]) -> String {
        self.try_ask(words).expect("an answer")
    }

    fn try_ask(&mut self, words: &[&[u8]]) -> Option<String> {
        self.0.get_mut().write_all(&request(words)).ok()?;
        self.reply().map(|reply| String::from_utf8_lossy(&reply).into_owned())
    }

    /// All commands at once; then all answers are read, and none may be an error.
    pub(crate) fn all(&mut self, commands: &[Vec<Vec<u8>>]) {
        for part in commands.chunks(500) {
            let bytes: Vec<u8> = part.iter().flat_map(|words| wire(words)).collect();
            self.send(&bytes);
            for words in part {
                let reply = self.reply().expect("an answer");
                assert_ne!(reply.first(), Some(&b'-'), "{}: {}", words[0].escape_ascii(), reply.escape_ascii());
            }
        }
    }

    /// A line with its tag, or the bytes of a bulk string.
    pub(crate) fn reply(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).ok()?;
        let line = line.strip_suffix(b"\r\n")?;
        let Some(len) = line.strip_prefix(b"$").filter(|len| *len != b"-1") else { return Some(line.to_vec()) };
        let mut bulk = vec![0; std::str::from_utf8(len).ok()?.parse::<usize>().ok()? + 2];
        self.0.read_exact(&mut bulk).ok()?;
        bulk.truncate(bulk.len() - 2);
        Some(bulk)
    }

    /// Everything as one figure, by a real Redis.
    pub(crate) fn digest(&mut self) -> String {
        self.ask(&[b"DEBUG", b"DIGEST"])
    }

    /// A field of `INFO`.
    pub(crate) fn info(&mut self, name: &str) -> String {
        field(&self.ask(&[b"INFO", b"all"]), name)
    }
}

fn field(info: &str, name: &str) -> String {
    let found = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    found.unwrap_or_default().to_owned()
}

fn wire(words: &[Vec<u8>]) -> Vec<u8> {
    request(&words.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

type Words = Vec<Vec<u8>>;

fn words(words: &[&[u8]]) -> Words {
    words.iter().map(|word| word.to_vec()).collect()
}

/// `len` bytes of every kind, line ends and zeros among them.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(len);
    bytes
}

/// 30,000 small keys, every size at which something changes, all kinds of values, keys that expire, and some that have.
pub(crate) fn data_set() -> Vec<Words> {
    let mut all = Vec::new();
    for i in 0..30_000u64 {
        let (key, text) = (format!("key:{i}"), noise(i as usize % 100, i));
        let mut set = words(&[b"SET", key.as_bytes(), &text]);
        if i % 10 == 0 {
            set.extend(words(&[b"EX", (100_000 + i).to_string().as_bytes()]));
        }
        all.push(set);
    }
    let sizes = [0, 1, 63, 64, 65, 2047, 2048, 2049, 16383, 16384, 16385, 32768, 65536, 1 << 20, 5 << 20];
    for (i, size) in sizes.into_iter().enumerate() {
        let text = noise(size, size as u64);
        all.push(words(&[b"SET", format!("size:{size}").as_bytes(), &text]));
        // A key of many bytes, and the value in a list, a hash and, up to a size, in a set and a hash as member and field.
        all.push(words(&[b"SET", &noise(size.min(20_000) + 1, 77), b"long key"]));
        all.push(words(&[b"RPUSH", b"sizes list", &text]));
        all.push(words(&[b"HSET", b"sizes hash", &text[..size.min(20_000)], &text]));
        all.push(words(&[b"SADD", b"sizes set", &text[..size.min(70_000)], format!("{i}").as_bytes()]));
    }
    for i in 0..2000u64 {
        let (member, number) = (noise(i as usize % 40 + 1, i), i.to_string());
        for name in [format!("list:{}", i % 7), "long list".into()] {
            all.push(words(&[b"RPUSH", name.as_bytes(), &member, number.as_bytes()]));
        }
        all.push(words(&[b"LPUSH", b"long list", &member]));
        all.push(words(&[b"HSET", format!("hash:{}", i % 7).as_bytes(), &member, number.as_bytes()]));
        all.push(words(&[b"SADD", format!("set:{}", i % 7).as_bytes(), number.as_bytes()]));
        all.push(words(&[b"HSET", b"long hash", number.as_bytes(), &member]));
        all.push(words(&[b"SADD", b"long set", &noise(i as usize % 40 + 9, i)]));
    }
    all.push(words(&[b"EXPIRE", b"long list", b"100000"]));
    all.push(words(&[b"APPEND", b"empty", b""]));
    all.push(words(&[b"SET", b"", b"no key"]));
    all.push(words(&[b"SET", b"\r\n\0\xff", b"\r\n\0\xff"]));
    all
}

/// Command number `i` of a load: every command that writes, on keys of its own.
pub(crate) fn load(i: u64) -> Words {
    let (key, number) = (format!("load:{}", i % 211), i.to_string());
    let at = |kind: &str| format!("load:{kind}:{}", i % 13);
    let text = noise(i as usize % 3000, i);
    match i % 17 {
        0 => words(&[b"SET", key.as_bytes(), &text]),
        1 => words(&[b"SET", key.as_bytes(), &text, b"PX", b"100000000"]),
        2 => words(&[b"INCR", at("n").as_bytes()]),
        3 => words(&[b"DECRBY", at("n").as_bytes(), number.as_bytes()]),
        4 => words(&[b"INCRBY", at("n").as_bytes(), number.as_bytes()]),
        5 => words(&[b"APPEND", at("text").as_bytes(), &text[..text.len() / 20]]),
        6 => words(&[b"LPUSH", at("list").as_bytes(), &text, b"", number.as_bytes()]),
        7 => words(&[b"RPUSH", at("list").as_bytes(), number.as_bytes()]),
        8 => words(&[b"HSET", at("hash").as_bytes(), number.as_bytes(), &text, b"same", number.as_bytes()]),
        9 => words(&[b"SADD", at("set").as_bytes(), number.as_bytes(), b"same"]),
        10 => words(&[b"DEL", key.as_bytes(), b"load:none"]),
        11 => words(&[b"EXPIRE", key.as_bytes(), b"100000"]),
        12 => words(&[b"EXPIRE", key.as_bytes(), b"-1"]),
        13 => words(&[b"GETSET", key.as_bytes(), &text]),
        14 => words(&[b"MSET", key.as_bytes(), &text, at("m").as_bytes(), b""]),
        15 => {
            words(&[b"SET", key.as_bytes(), &text, if i.is_multiple_of(2) { b"NX" } else { b"XX" }, b"EX", b"100000"])
        }
        // A large one every now and then; most are shared with the stream.
        _ if i % 170 == 16 => words(&[b"SET", at("large").as_bytes(), &noise(40_000 + i as usize * 7 % 300_000, i)]),
        _ => words(&[b"DECR", at("n").as_bytes()]),
    }
}
