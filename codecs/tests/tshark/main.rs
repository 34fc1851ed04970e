//! An oracle: what tshark reads in the very bytes that we read, field by field. Skipped where tshark is not installed.

mod capture;
mod dns;
mod mqtt;
mod proxy;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use capture::{Capture, Row};

/// What we read, as tshark would print it: for each of its fields the values, in their order.
#[derive(Debug, Default)]
struct Told(BTreeMap<&'static str, Vec<String>>);

impl Told {
    fn tell(&mut self, field: &'static str, value: impl ToString) {
        self.0.entry(field).or_default().push(value.to_string());
    }

    fn flag(&mut self, field: &'static str, value: bool) {
        self.tell(field, u8::from(value));
    }

    fn hex(&mut self, field: &'static str, bytes: &[u8]) {
        self.tell(field, bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
}

/// Holds what tshark tells of a frame against what we told, but for empty values, which tshark leaves out or calls missing.
fn compare(name: &str, fields: &[&'static str], mut told: Told, row: &Row) {
    for (field, theirs) in fields.iter().zip(row) {
        let mut ours = told.0.remove(field).unwrap_or_default();
        ours.retain(|value| !value.is_empty());
        let theirs: Vec<&String> = theirs.iter().filter(|value| !value.is_empty() && *value != "<MISSING>").collect();
        assert!(ours.iter().eq(theirs.iter().copied()), "{name}: `{field}` is {ours:?} here and {theirs:?} in tshark");
    }
    assert!(told.0.is_empty(), "{name}: tshark was not asked for {told:?}");
}

/// The seeds of a fuzz target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = files
        .map(|file| {
            let path = file.expect("readable").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect();
    seeds.sort();
    seeds
}
