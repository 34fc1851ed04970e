//! kcat, and librdkafka by its Python client.

use std::env;
use std::process::Command;

use crate::server::Settings;
use crate::support::{Server, noise, run};

const COMPRESSIONS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Lines of mixed length without line ends in them: kcat takes a message a line.
fn lines(count: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    for at in 0..count {
        let len = usize::from(noise(at, 1)[0]) * if at % 97 == 0 { 100 } else { 1 };
        lines.extend(format!("{at} ").bytes());
        lines.extend(noise(at, len).iter().map(|byte| b' ' + byte % 90));
        lines.push(b'\n');
    }
    lines
}

#[test]
fn kcat_gets_back_what_it_has_sent() {
    let server = Server::start();
    let broker = server.addr.to_string();
    let lines = lines(5000);
    for compression in COMPRESSIONS {
        for idempotent in ["false", "true"] {
            let topic = format!("{compression}-{idempotent}");
            let setting = format!("enable.idempotence={idempotent}");
            let produce = ["-b", &broker, "-P", "-t", &topic, "-z", compression, "-X", &setting];
            if run("kcat", &produce, Some(&lines)).is_none() {
                return;
            }
            let consume = ["-b", &broker, "-C", "-t", &topic, "-o", "beginning", "-e", "-q", "-X", "check.crcs=true"];
            let taken = run("kcat", &consume, None).expect("installed");
            assert!(taken == lines, "{topic}: {} bytes of {}", taken.len(), lines.len());
        }
    }
    let listed = run("kcat", &["-b", &broker, "-L"], None).expect("installed");
    let listed = String::from_utf8_lossy(&listed);
    assert!(listed.contains("topic \"lz4-true\" with 1 partitions"), "{listed}");
    // By time: -Q asks for an offset.
    let query = run("kcat", &["-b", &broker, "-Q", "-t", "none-false:0:-2"], None).expect("installed");
    assert_eq!(String::from_utf8_lossy(&query).trim(), "none-false [0] offset 0");
}

/// Runs the Python client; says that it is skipped where that is not installed.
pub(crate) fn python(args: &[&str]) -> Option<String> {
    let has = Command::new("python3").args(["-c", "import confluent_kafka"]).output();
    if !has.is_ok_and(|has| has.status.success()) {
        eprintln!("skipped: Python has no confluent_kafka");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log_server/client.py");
    let mut all = vec![script];
    all.extend(args);
    let told = run("python3", &all, None)?;
    Some(String::from_utf8_lossy(&told).into_owned())
}

/// `WIREVIEW_MESSAGES=1000000` for more.
#[test]
fn librdkafka_gets_back_what_it_has_sent() {
    let server = Server::with(Settings { partitions: 4, ..Settings::default() });
    let broker = server.addr.to_string();
    let count = env::var("WIREVIEW_MESSAGES").unwrap_or_else(|_| "5000".into());
    for compression in COMPRESSIONS {
        for idempotent in ["0", "1"] {
            let Some(told) = python(&["round", &broker, &count, compression, idempotent]) else { return };
            println!("{}", told.trim());
            assert!(told.starts_with("the same: "), "{told}");
        }
    }
}

/// Topics are made and deleted by its admin client, and what it is told of faults is what it knows.
#[test]
fn librdkafka_makes_topics_and_understands_errors() {
    let server = Server::with(Settings { auto_create: false, ..Settings::default() });
    let Some(told) = python(&["admin", &server.addr.to_string()]) else { return };
    assert_eq!(told.trim(), "understood");
}
