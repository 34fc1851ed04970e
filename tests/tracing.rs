//! With the feature `tracing`, each fault is an event inside the span of its connection.
#![cfg(feature = "tracing")]

use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;
use wireview::tokio::Connection;

/// Writes down what is told: spans entered, events with their fields.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl Notes {
    fn add(&self, note: String) {
        self.0.lock().expect("no panic").push(note);
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        self.add(format!("span {}{}", span.metadata().name(), fields.0));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.add(format!("event{}", fields.0));
    }
    fn enter(&self, _: &Id) {
        self.add("enter".into());
    }
    fn exit(&self, _: &Id) {
        self.add("exit".into());
    }
}

#[test]
fn a_fault_is_an_event_in_the_span_of_its_connection() {
    let notes = Notes::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    tracing::subscriber::with_default(notes.clone(), || {
        runtime.block_on(async {
            let (near, mut peer) = tokio::io::duplex(64);
            let mut conn = Connection::new(near, LengthPrefixed::<U16Be>::new(10));
            peer.write_all(b"\0\x02ok\0\x0b").await.expect("written");
            assert!(conn.next().await.expect("sound").is_some());
            assert!(conn.next().await.is_err());
        });
    });
    let notes = notes.0.lock().expect("no panic");
    let told: Vec<&str> = notes.iter().map(String::as_str).filter(|note| !note.contains("tokio")).collect();
    assert!(told[0].starts_with("span connection codec=\"wireview::formats::"), "{told:?}");
    let event = told.iter().position(|note| note.starts_with("event")).expect("an event");
    assert_eq!(told[event - 1], "enter");
    for part in ["the stream failed", "kind=Limit", "field=\"length\"", "stream_offset=4"] {
        assert!(told[event].contains(part), "{}", told[event]);
    }
}
