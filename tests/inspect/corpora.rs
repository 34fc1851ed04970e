//! What others have recorded, and our own seeds: every byte is accounted for.

use std::fs;
use std::path::Path;

use serde_json::Value;
use wireview::recv::views_in;
use wireview_codecs::http1::Requests;

use crate::support::{Temp, corpora, covered, run};

/// Runs a codec over a file, looks at each of its messages, and answers with its summary.
fn look(codec: &str, path: &str) -> Option<Value> {
    let shown = run(&[codec, "--json", path])?;
    let messages: Vec<_> = shown.objects().into_iter().filter(|object| object.get("kind").is_some()).collect();
    let mut at = 0;
    for message in &messages {
        if message.get("error").is_none() {
            covered(message);
        }
        let offset = message["offset"].as_u64().expect("a place");
        assert!(offset >= at, "messages come in order: {message}");
        at = offset + message["length"].as_u64().expect("a length");
    }
    let run = run(&[codec, "--json", "--summary", path]).expect("as before");
    let summary = run.objects().remove(0);
    assert_eq!(summary["frames"], messages.len(), "{path}");
    assert_eq!((run.code, shown.code), (Some(i32::from(summary["whole"] == false)), run.code), "{path}");
    assert_eq!((run.err.as_str(), shown.err.as_str()), ("", ""), "{path}");
    Some(summary)
}

#[test]
fn redis_streams() {
    let Some(files) = corpora("resp") else { return };
    let hiredis = files.iter().find(|file| file.ends_with("hiredis.tsv")).expect("what hiredis reads");
    let hiredis = fs::read_to_string(hiredis).expect("text");
    let (mut streams, mut compared) = (0, 0);
    for file in &files {
        let name = file.file_name().expect("a name").to_string_lossy();
        let codec = match () {
            () if name.ends_with(".client.bin") => "resp",
            () if name.ends_with(".server.bin") => "resp-replies",
            () => continue,
        };
        let Some(summary) = look(codec, &file.to_string_lossy()) else { return };
        assert_eq!(summary["bytes"].as_u64(), Some(fs::metadata(file).expect("there").len()));
        streams += 1;
        let mut columns = hiredis.lines().find(|line| line.starts_with(&*name)).expect("a line").split('\t').skip(2);
        // Where hiredis reads to the end, the same messages are seen.
        if let (Some(count), Some("")) = (columns.next(), columns.next()) {
            assert_eq!(summary["frames"].to_string(), count, "{name}");
            assert_eq!(summary["whole"], true, "{name}: {summary}");
            compared += 1;
        }
    }
    assert_eq!((streams, compared), (28, 15));
}

/// The blocks of a file of llhttp's.
fn blocks(text: &str) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "```http" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let text = block.join("\n").replace("\\\n", "").replace('\n', "\r\n");
            let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\f", "\x0c");
            blocks.push(text.replace("\\xff", "\u{ff}").into_bytes());
        }
    }
    blocks
}

#[test]
fn llhttp_fixtures() {
    let Some(files) = corpora("http/request") else { return };
    let mut seen = 0;
    for file in files {
        for bytes in blocks(&fs::read_to_string(&file).expect("text")) {
            let temp = Temp::new("block", &bytes);
            let Some(summary) = look("http1", &temp.path()) else { return };
            // What the codec makes of the same bytes without the inspector.
            let mut codec = Requests::new();
            let views: Vec<_> = views_in(&mut codec, &bytes).map(|view| view.map(drop)).collect();
            let frames = views.iter().filter(|view| view.is_ok()).count();
            let failed = views.iter().any(Result::is_err);
            assert_eq!(summary["frames"], frames, "{}", bytes.escape_ascii());
            assert_eq!(summary["whole"], !failed, "{}: {summary}", bytes.escape_ascii());
            assert_eq!(summary["errors"], u64::from(failed));
            seen += 1;
        }
    }
    assert!(seen >= 156, "{seen} blocks");
}

#[test]
fn seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let (mut seen, mut whole) = (0, 0);
    for (target, codec) in [
        ("resp_requests", "resp"),
        ("resp_replies", "resp-replies"),
        ("http1_requests", "http1"),
        ("http1_responses", "http1-responses"),
        ("proxy", "proxy"),
        ("length_prefixed", "u16-length"),
        ("dns", "dns"),
        ("mqtt", "mqtt"),
        ("kafka_requests", "kafka"),
        ("kafka_records", "kafka-records"),
    ] {
        for file in fs::read_dir(folder.join(target)).expect("seeds") {
            let path = file.expect("readable").path();
            let Some(summary) = look(codec, &path.to_string_lossy()) else { return };
            seen += 1;
            whole += usize::from(summary["whole"] == true);
        }
    }
    assert!(seen > 100 && whole > 40 && whole < seen, "{whole} of {seen} are whole");
}
