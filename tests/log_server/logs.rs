//! What is on the disk: segments, indexes, what is cut off, what is deleted.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use wireview_codecs::kafka::ErrorCode;
use wireview_codecs::kafka::records::{Builder, sound};

use crate::client::{Client, batch, one};
use crate::server::{Broker, Config, Fsync, Settings};
use crate::support::{Server, files, noise};

fn small_segments() -> Settings {
    let config = Config { segment_bytes: 50_000, ..Settings::default().config };
    Settings { config, ..Settings::default() }
}

/// A hundred batches of about 5 kB.
fn fill(client: &mut Client) {
    client.topic("t").expect("made");
    for at in 0..100 {
        let values = [&noise(at, 2400)[..], &noise(at + 1000, 2400)];
        let told = client.produce("t", 0, &batch(&mut Builder::new(), 1_700_000_000_000 + at as i64 * 10, &values));
        assert_eq!((told.error, told.offset), (ErrorCode::NONE, at as i64 * 2));
    }
}

#[track_caller]
fn is_filled(client: &mut Client) {
    let taken = client.take_all("t", 0, 0);
    assert_eq!(taken.len(), 200);
    for (at, taken) in taken.iter().enumerate() {
        let seed = at as u64 / 2 + 1000 * (at as u64 % 2);
        assert_eq!(taken.value.as_deref(), Some(&noise(seed, 2400)[..]), "offset {at}");
    }
    // From everywhere, over the ends of segments.
    for offset in (0..200).step_by(7) {
        assert_eq!(client.take_all("t", 0, offset).len() as i64, 200 - offset);
    }
    assert_eq!(client.offset_at("t", 0, 1_700_000_000_500).1, 100);
}

#[test]
fn a_log_is_read_over_its_segments_and_after_a_stop() {
    let server = Server::with(small_segments());
    let mut client = server.connect();
    fill(&mut client);
    is_filled(&mut client);
    let segments = server.files("t", 0, ".log").len();
    assert!(segments >= 10, "{segments}");
    // Closed in order: each segment has its index, and no batch is read to open them.
    let dir = server.stop();
    assert_eq!(files(&dir.path().join("t/0"), ".index").len(), segments);
    let server = Server::over(dir, small_segments());
    is_filled(&mut server.connect());
    // Without indexes the batches are read, and come to the same.
    let dir = server.stop();
    files(&dir.path().join("t/0"), ".index").iter().for_each(|index| fs::remove_file(index).expect("there"));
    let server = Server::over(dir, small_segments());
    is_filled(&mut server.connect());
    // As without those that are spoiled.
    let dir = server.stop();
    for index in files(&dir.path().join("t/0"), ".index") {
        let mut bytes = fs::read(&index).expect("there");
        bytes[30] ^= 1;
        fs::write(index, bytes).expect("written");
    }
    let server = Server::over(dir, small_segments());
    is_filled(&mut server.connect());
}

#[test]
fn the_log_is_what_was_sent_but_for_offset_and_epoch() {
    let server = Server::start();
    let mut client = server.connect();
    client.topic("t").expect("made");
    let (first, second) = (one(b"first"), batch(&mut Builder::new(), 7, &[b"a", b"b"]));
    client.produce("t", 0, &first);
    client.produce("t", 0, &second);
    let log = fs::read(&server.files("t", 0, ".log")[0]).expect("there");
    let (one, two) = log.split_at(first.len());
    assert_eq!(
        (&one[..8], &one[8..12], &one[12..16], &one[16..]),
        (&[0; 8][..], &first[8..12], &[0; 4][..], &first[16..])
    );
    assert_eq!((&two[..8], &two[16..]), (&b"\0\0\0\0\0\0\0\x01"[..], &second[16..]));
}

/// Everything that a writer that died may have left, and what is left of it then.
#[test]
fn a_torn_tail_is_cut_off() {
    let whole = |records: usize| [b"one".as_slice(), b"two", b"three"][..records].to_vec();
    let log = {
        let server = Server::start();
        let mut client = server.connect();
        client.topic("t").expect("made");
        whole(3).iter().for_each(|value| assert!(!client.produce("t", 0, &one(value)).error.is_error()));
        fs::read(&server.files("t", 0, ".log")[0]).expect("there")
    };
    let ends = {
        let len = |value: &[u8]| one(value).len();
        [len(b"one"), len(b"one") + len(b"two"), log.len()]
    };
    let mut cases: Vec<(String, Vec<u8>, usize)> = Vec::new();
    for cut in [ends[1] + 1, ends[1] + 20, ends[1] + 61, log.len() - 1] {
        cases.push((format!("cut at {cut}"), log[..cut].to_vec(), 2));
    }
    for at in [ends[1] + 8, ends[1] + 16, ends[1] + 17, ends[1] + 40, log.len() - 1] {
        let mut spoiled = log.clone();
        spoiled[at] ^= 0x55;
        cases.push((format!("spoiled at {at}"), spoiled, 2));
    }
    // A page that was never written, as after a loss of power.
    let mut zeros = log.clone();
    zeros[ends[1]..].fill(0);
    cases.push(("zeros".into(), zeros, 2));
    cases.push(("zeros behind".into(), [&log[..], &[0; 4096]].concat(), 3));
    cases.push(("noise behind".into(), [&log[..], &noise(1, 300)].concat(), 3));
    // What is behind a batch that is spoiled is lost with it.
    let mut early = log.clone();
    early[ends[0] + 30] ^= 1;
    cases.push(("spoiled in the middle".into(), early, 1));
    for (what, bytes, left) in cases {
        let server = Server::start();
        server.connect().topic("t").expect("made");
        let path = server.files("t", 0, ".log")[0].clone();
        let dir = server.stop();
        fs::write(&path, &bytes).expect("written");
        let server = Server::over(dir, Settings::default());
        let mut client = server.connect();
        let taken = client.take_all("t", 0, 0);
        let values: Vec<_> = taken.iter().map(|taken| taken.value.as_deref().expect("not null")).collect();
        assert_eq!(values, whole(left), "{what}");
        assert_eq!(fs::metadata(&path).expect("there").len() as usize, ends[left - 1], "{what}");
        // It goes on behind what is left.
        assert_eq!(client.produce("t", 0, &one(b"more")).offset, left as i64, "{what}");
        assert_eq!(client.take_all("t", 0, 0).len(), left + 1, "{what}");
    }
}

#[test]
fn a_log_ends_where_a_segment_is_broken() {
    let server = Server::with(small_segments());
    fill(&mut server.connect());
    let dir = server.stop();
    let logs = files(&dir.path().join("t/0"), ".log");
    // As if it had not been brought to the disk: without its index.
    let broken = &logs[3];
    fs::remove_file(broken.with_extension("index")).expect("there");
    let len = fs::metadata(broken).expect("there").len();
    OpenOptions::new().write(true).open(broken).expect("there").set_len(len - 1).expect("cut");
    let server = Server::over(dir, small_segments());
    let mut client = server.connect();
    let left = client.take_all("t", 0, 0).len();
    assert!((60..80).contains(&left), "{left}");
    assert_eq!(server.files("t", 0, ".log").len(), 4);
    assert_eq!(client.produce("t", 0, &one(b"more")).offset, left as i64);
}

#[test]
fn old_segments_are_deleted_by_size() {
    let mut settings = small_segments();
    settings.config.retention_bytes = 120_000;
    settings.retention_check = Duration::from_millis(5);
    let server = Server::with(settings);
    let mut client = server.connect();
    fill(&mut client);
    let start = loop {
        let start = client.offset_at("t", 0, -2).1;
        if server.files("t", 0, ".log").len() <= 4 {
            break start;
        }
    };
    assert!(start > 100, "{start}");
    assert_eq!(client.fetch("t", 0, start - 1).error, ErrorCode::OFFSET_OUT_OF_RANGE);
    let taken = client.take_all("t", 0, start);
    assert_eq!(taken.len() as i64, 200 - start);
    assert!(server.metric("deleted_bytes_total") > 300_000);
}

#[test]
fn old_segments_are_deleted_by_age() {
    let mut settings = small_segments();
    settings.config.retention_ms = 3_600_000;
    settings.retention_check = Duration::from_millis(5);
    let server = Server::with(settings);
    let mut client = server.connect();
    client.topic("t").expect("made");
    // Of 1970, and so is the whole log then.
    for at in 0..5 {
        client.produce("t", 0, &batch(&mut Builder::new(), 1000 * at, &[b"old"]));
    }
    while client.offset_at("t", 0, -2).1 < 5 {}
    // What is there is not, what comes is.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("later").as_millis() as i64;
    assert_eq!(client.produce("t", 0, &batch(&mut Builder::new(), now, &[b"new"])).offset, 5);
    let taken = client.take_all("t", 0, 5);
    assert_eq!(taken[0].value.as_deref(), Some(&b"new"[..]));
}

#[test]
fn every_policy_brings_it_to_the_disk_in_the_end() {
    for fsync in [Fsync::Batch, Fsync::Interval(Duration::from_millis(3)), Fsync::None] {
        let settings = Settings { fsync, ..small_segments() };
        let server = Server::with(settings.clone());
        let mut client = server.connect();
        fill(&mut client);
        is_filled(&mut client);
        drop(client);
        let server = Server::over(server.stop(), settings);
        is_filled(&mut server.connect());
    }
}

#[test]
fn what_was_half_made_is_gone() {
    let server = Server::start();
    server.connect().topic("t").expect("made");
    let dir = server.stop();
    fs::create_dir_all(dir.path().join(".new-u/0")).expect("made");
    fs::create_dir_all(dir.path().join(".gone-v/0")).expect("made");
    File::create(dir.path().join(".gone-v/0/00000000000000000000.log"))
        .and_then(|mut file| file.write_all(b"rest"))
        .expect("written");
    let server = Server::over(dir, Settings { auto_create: false, ..Settings::default() });
    let mut client = server.connect();
    assert!(client.topic("t").is_ok() && client.topic("u").is_err() && client.topic("v").is_err());
    assert!(!server.dir().join(".new-u").exists() && !server.dir().join(".gone-v").exists());
}

#[test]
fn a_directory_is_served_by_one() {
    let server = Server::start();
    let error = Broker::open(server.dir(), Settings::default()).expect_err("served already");
    assert!(error.to_string().ends_with("is served already"), "{error}");
}

/// What `sound` of the codec says is what the server has left.
#[test]
fn the_log_is_sound() {
    let server = Server::with(small_segments());
    fill(&mut server.connect());
    let dir = server.stop();
    for log in files(&dir.path().join("t/0"), ".log") {
        let bytes = fs::read(log).expect("there");
        let told = sound(&bytes);
        assert_eq!((told.len, told.fault), (bytes.len(), None));
    }
}
