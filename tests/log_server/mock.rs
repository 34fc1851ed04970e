//! The client half reads from another broker: librdkafka's mock cluster.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use wireview_codecs::kafka::{ApiVersionsRequest, ErrorCode, ResponseBody, Tags};

use crate::client::Client;

struct Cluster(Child);

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `client.py` sends, for a value that is not large.
fn starts_as_sent(at: usize, value: &[u8]) -> bool {
    let text = format!("{at} ");
    value.starts_with(&text.as_bytes()[..text.len().min(value.len())])
}

#[test]
fn the_client_half_consumes_from_librdkafkas_mock_cluster() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log_server/client.py");
    let has = Command::new("python3").args(["-c", "import confluent_kafka"]).output();
    if !has.is_ok_and(|has| has.status.success()) {
        return eprintln!("skipped: Python has no confluent_kafka");
    }
    let count = 2000;
    let child = Command::new("python3")
        .args([script, "mock", &count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut cluster = Cluster(child);
    let mut line = String::new();
    BufReader::new(cluster.0.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    let addr = line.trim().parse().unwrap_or_else(|_| panic!("not an address: {line}"));
    let mut client = Client::connect(addr);
    let asked = ApiVersionsRequest {
        client_software_name: wireview::Payload::Static(b"wireview"),
        client_software_version: wireview::Payload::Static(b"0"),
        tags: Tags::none(),
    };
    let ResponseBody::ApiVersions(told) = client.ask(0, asked) else { panic!("not what was asked") };
    assert_eq!(told.error_code, ErrorCode::NONE);
    // The latest version of Fetch that both know.
    let theirs = told.api_keys.iter().find_map(|api| api.ok().filter(|api| api.api_key == 1)).expect("it has Fetch");
    client.fetch = theirs.max_version.min(12);
    for topic in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let taken = client.take_all(topic, 0, 0);
        assert_eq!(taken.len(), count, "{topic}");
        for (at, taken) in taken.iter().enumerate() {
            assert_eq!(taken.timestamp, 1_000_000_000_000 + at as i64);
            let key = (at % 3 != 0).then(|| format!("key {at}").into_bytes());
            assert_eq!(taken.key, key, "{topic} {at}");
            match &taken.value {
                None => assert_eq!(at % 101, 7),
                Some(value) => {
                    let size = if at % 5000 == 0 { 90_000 } else { at * 7919 % 350 };
                    assert!(value.len() <= size && starts_as_sent(at, value), "{topic} {at}");
                }
            }
        }
    }
}
