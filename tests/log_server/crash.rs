//! SIGKILL in mid-produce: what was acknowledged is there, and nothing is torn.
//!
//! `WIREVIEW_CRASHES=50 cargo test --all-features --test log_server crash -- --nocapture` does it fifty times.

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use wireview_codecs::kafka::ErrorCode;
use wireview_codecs::kafka::records::{Builder, Compression};

use crate::client::{Client, batch};
use crate::program::{self, Program};
use crate::support::{files, noise};

const PARTITIONS: i32 = 3;

/// How many batches are sent ahead of their responses.
const AHEAD: usize = 8;

/// What was acknowledged: the partition, the first offset, and what was sent.
type Told = (i32, i64, Vec<Vec<u8>>);

/// Produces until the server is gone.
fn produce(addr: SocketAddr, seed: u64) -> Vec<Told> {
    let mut told = Vec::new();
    let Ok(mut client) = Client::try_connect(addr) else { return told };
    let mut under_way = std::collections::VecDeque::new();
    for at in 0.. {
        let draw = noise(seed << 32 | at, 4);
        let count = 1 + usize::from(draw[0] % 5);
        let values: Vec<Vec<u8>> = (0..count)
            .map(|more| noise(seed << 32 | at << 8 | more as u64, usize::from(draw[1]) << (draw[2] % 9)))
            .collect();
        let partition = i32::from(draw[3]) % PARTITIONS;
        let views: Vec<&[u8]> = values.iter().map(|value| &value[..]).collect();
        let mut builder = Builder::new().compression(Compression::ALL[usize::from(draw[0] / 5 % 5)]);
        let bytes = batch(&mut builder, 1_700_000_000_000, &views);
        if client.send_batch("t", partition, &bytes, -1).is_err() {
            break;
        }
        under_way.push_back((partition, values));
        if under_way.len() >= AHEAD {
            let Ok(answer) = client.batch_told() else { break };
            assert_eq!(answer.error, ErrorCode::NONE);
            let (partition, values) = under_way.pop_front().expect("some are");
            told.push((partition, answer.offset, values));
        }
    }
    // Responses that were on their way count, too.
    while let Some((partition, values)) = under_way.pop_front() {
        let Ok(answer) = client.batch_told() else { break };
        told.push((partition, answer.offset, values));
    }
    told
}

/// Kills a server after `delay`, and looks at what it has left.
fn crash(program: &Path, dir: &Path, delay: Duration, seed: u64, acknowledged: &mut Vec<Told>) -> (usize, u64) {
    let args = ["--fsync", "batch", "--partitions", "3", "--segment-bytes", "2000000", "--retention-ms", "-1"];
    let server = Program::start(program, dir, &args);
    Client::connect(server.addr).topic("t").expect("made");
    let producers: Vec<_> = (0..3)
        .map(|which| {
            let addr = server.addr;
            thread::spawn(move || produce(addr, seed << 8 | which))
        })
        .collect();
    thread::sleep(delay);
    server.signal(Signal::KILL);
    assert_eq!(server.end(), None, "killed");
    let told: Vec<Told> = producers.into_iter().flat_map(|producer| producer.join().expect("no panic")).collect();
    let count = told.len();
    acknowledged.extend(told);
    let left = |dir: &Path| -> u64 {
        let logs = (0..PARTITIONS).flat_map(|partition| files(&dir.join("t").join(partition.to_string()), ".log"));
        logs.map(|log| log.metadata().expect("there").len()).sum()
    };
    let before = left(dir);

    let server = Program::start(program, dir, &args);
    let mut client = Client::connect(server.addr);
    for partition in 0..PARTITIONS {
        // Every batch is held against its checksum, and the offsets are dense.
        let taken = client.take_all("t", partition, 0);
        for (_, offset, values) in acknowledged.iter().filter(|(of, ..)| *of == partition) {
            for (at, value) in values.iter().enumerate() {
                let found =
                    taken.get(*offset as usize + at).unwrap_or_else(|| panic!("{offset} of {partition} is lost"));
                assert_eq!(found.value.as_ref(), Some(value), "{offset} of {partition} is another");
            }
        }
    }
    let torn = before - left(dir);
    server.signal(Signal::TERM);
    assert_eq!(server.end(), Some(0));
    (count, torn)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_torn() {
    let Some(program) = program::path() else { return };
    let times: u64 = env::var("WIREVIEW_CRASHES").map_or(4, |times| times.parse().expect("a number"));
    let seed = env::var("WIREVIEW_SEED").map_or(20_261_128, |seed| seed.parse().expect("a number"));
    println!("seed {seed}");
    let mut dir = tempfile::tempdir().expect("a directory");
    let mut acknowledged = Vec::new();
    let (mut all, mut torn) = (0, 0);
    for time in 0..times {
        // A new log every tenth time: the later ones are opened with all that came before.
        if time % 10 == 9 {
            dir = tempfile::tempdir().expect("a directory");
            acknowledged.clear();
        }
        let delay = Duration::from_micros(20_000 + u64::from(noise(seed + time, 1)[0]) * 1500);
        let (count, bytes) = crash(&program, dir.path(), delay, seed + time, &mut acknowledged);
        all += count;
        torn += u64::from(bytes > 0);
        println!("{time}: killed after {delay:?}, {count} batches acknowledged, {bytes} bytes cut off");
    }
    println!("{times} times: {all} batches acknowledged, none lost; {torn} times a tail was cut off");
    assert!(all > 0, "nothing was acknowledged");
}
