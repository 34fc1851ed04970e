//! What the fuzz targets were started from, and all that ever failed, replayed on stable without libFuzzer.
//!
//! `BLESS=1 cargo test --test regressions` writes the golden outcomes anew: look at what changed.
#![cfg(all(
    feature = "derive",
    feature = "testing",
    feature = "tokio",
    feature = "nom",
    feature = "zerocopy",
    feature = "rkyv"
))]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wireview::laws;
use wireview_codecs::kafka::{self, records::Batches};
use wireview_codecs::proxy::Headers;
use wireview_codecs::resp::{Replies, Requests};
use wireview_codecs::{dns, http1, mqtt};

// There they are a library.
#[allow(unreachable_pub, dead_code, unused_imports)]
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a folder, by name; none if it does not exist.
fn inputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read(path).expect("readable"))
    };
    let mut inputs: Vec<_> = files.map(|file| read(file.expect("readable").path())).collect();
    inputs.sort();
    inputs
}

#[test]
fn seeds_and_regressions() {
    for (name, target) in targets::ALL {
        let seeds = inputs(&fuzz().join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (_, input) in seeds.iter().chain(&inputs(&fuzz().join("regressions").join(name))) {
            target(input);
        }
    }
}

/// Corpora are not in the repository; where one was collected it is replayed, too.
#[test]
fn corpora() {
    for (name, target) in targets::ALL {
        for (_, input) in inputs(&fuzz().join("corpus").join(name)).iter().take(500) {
            target(input);
        }
    }
}

/// The seeds of each target spoiled a little: what is nearly lawful, without a fuzzer.
#[test]
fn mutants_of_the_seeds() {
    for (name, target) in targets::ALL {
        let seeds = inputs(&fuzz().join("seeds").join(name));
        let seeds: Vec<&[u8]> = seeds.iter().map(|(_, seed)| &seed[..]).collect();
        for mut mutant in laws::mutants(&seeds, 300) {
            mutant.truncate(512);
            target(&mutant);
        }
    }
}

/// PROXY headers beside the crate `ppp`, without the laws, so that there are many.
#[test]
fn proxy_headers_beside_a_peer() {
    let seeds = inputs(&fuzz().join("seeds/proxy"));
    let seeds: Vec<&[u8]> = seeds.iter().map(|(_, seed)| &seed[..]).collect();
    let mut told = [0; 4];
    for mut mutant in laws::mutants(&seeds, 100_000) {
        mutant.truncate(512);
        told[targets::compare_proxy(&mutant) as usize] += 1;
    }
    assert!(told.iter().all(|count| *count > 50), "same, neither, ours, theirs: {told:?}");
}

/// A mistake that decoder and encoder share shows in what comes out alone.
#[test]
fn golden_outcomes() {
    golden("resp_requests", |seed| laws::check(Requests::new, seed).to_string());
    golden("resp_replies", |seed| laws::check(Replies::new, seed).to_string());
    golden("http1_requests", |seed| laws::check(http1::Requests::new, seed).to_string());
    golden("http1_responses", |seed| laws::check(http1::Responses::new, seed).to_string());
    golden("proxy", |seed| laws::check(Headers::new, seed).to_string());
    golden("mqtt", |seed| laws::check(mqtt::Packets::new, seed).to_string());
    golden("dns", |seed| laws::check(dns::Messages::new, seed).to_string());
    golden("kafka_records", |seed| laws::check(Batches::new, seed).to_string());
    golden("kafka_requests", |seed| laws::check(|| kafka::Requests::new(1 << 16), seed).to_string());
    golden("kafka_responses", |seed| {
        let (&[key, version], stream) = seed.split_first_chunk().expect("to what it is an answer");
        let api = kafka::Api::from_key(key.into()).expect("known");
        let codec = kafka::Responses::of(api, version.into(), 1 << 16).expect("supported");
        laws::check(|| codec.clone(), stream).to_string()
    });
}

fn golden(target: &str, outcome: impl Fn(&[u8]) -> String) {
    let mut told = String::new();
    for (name, seed) in inputs(&fuzz().join("seeds").join(target)) {
        writeln!(told, "{name}: {}\n{}", seed.escape_ascii(), outcome(&seed)).expect("a string takes all");
    }
    let file = fuzz().join("golden").join(target).with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &told).expect("writable");
    }
    assert_eq!(told, fs::read_to_string(&file).unwrap_or_default(), "{}", file.display());
}
