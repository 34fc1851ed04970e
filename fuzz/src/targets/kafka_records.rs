//! Record batches: the laws, and beside them what the crate `kafka-protocol` 0.18 reads of batches that we accept.
//!
//! A checksum is hard to guess, so every batch is sealed anew before it is compared. The peer is not asked about what we refuse: it
//! reserves memory for counts that it has not checked, and adds numbers that do not fit. It refuses header keys that are
//! no UTF-8, keeps one header of each key, and takes bytes behind a record's headers and behind the last record.

use bytes::Bytes;
use kafka_protocol::records as peer;
use wireview::laws::{Laws, check_trace};
use wireview::recv::views_in;
use wireview::trace::{Field, Hook, Name, Trace};
use wireview::{Encode, Gather, Result, View};
use wireview_codecs::kafka::records::{
    Batch, Batches, Compression, Decompressor, HEADER_LEN, Record, batches, patch, sound,
};

/// How much may come out of a batch here.
const MAX_RECORDS: usize = 1 << 14;

/// A stream of batches.
pub fn kafka_records(bytes: &[u8]) {
    let laws = Laws::all().canonical();
    laws.verify_with(Batches::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Batches::new, bytes);
    check_trace(Batches::new, bytes);
    let loose = || Batches::new().unverified().max_batch(1000);
    Laws::all().verify_with(loose, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    Laws::all().check_round_trip(loose, bytes);
    check_trace(loose, bytes);

    let told = sound(bytes);
    assert!(told.len <= bytes.len() && batches(&bytes[..told.len]).all(|batch| batch.is_ok()));
    assert_eq!(sound(&bytes[..told.len]).batches, told.batches);

    for batch in views_in(&mut Batches::new().unverified(), bytes).flatten() {
        let mut out = Gather::new();
        Batches::new().encode(batch, &mut out).expect("what is read can be written");
        let mut sealed: Vec<u8> = out.chunks().flatten().copied().collect();
        let mut told = Told(0);
        Batches::new().trace(&sealed, &mut told).expect("what is read can be traced");
        assert!(told.0 <= sealed.len(), "told in order, and inside");
        compare(&sealed);
        // What is patched is sealed still.
        patch::leader_epoch(&mut sealed, 5).expect("a header");
        patch::append_time(&mut sealed[..HEADER_LEN], 1 << 41).expect("a header");
        assert_eq!(sound(&sealed).len, sealed.len());
    }
}

/// How far a trace has come.
struct Told(usize);

impl Hook for Told {
    fn enter(&mut self, _: Name, _: &'static str, at: usize) {
        self.leave(at);
    }

    fn field(&mut self, field: Field<'_>) {
        assert!(field.at.start <= field.at.end && !field.value.to_string().contains('\n'));
        self.leave(field.at.end);
    }

    fn leave(&mut self, end: usize) {
        assert!(end >= self.0);
        self.0 = end;
    }
}

/// Everything that can be asked of a batch gives an answer.
fn inspect(batch: View<'_, Batches>) {
    assert!(!batch.to_string().is_empty());
    let _ = batch.check_produced();
    let mut decompressor = Decompressor::new().max_records(MAX_RECORDS);
    let Ok(plain) = decompressor.open(batch) else { return };
    let compressed = batch.attributes.compression() != Ok(Compression::None);
    assert!(!compressed || plain.body.len() <= MAX_RECORDS);
    let mut records = plain.records().expect("plain");
    while let Some(record) = records.next() {
        let Ok(record) = record else {
            assert!(records.next().is_none() && records.rest().is_empty(), "behind an error there is nothing");
            return;
        };
        assert!(!record.to_string().is_empty());
        let _ = (plain.offset(&record), plain.timestamp(&record), plain.sequence(&record), record.marker());
        assert_eq!(record.headers.iter().filter(Result::is_ok).count(), record.headers.len(), "headers are checked");
        assert!(record.headers.iter().flatten().all(|header| !header.to_string().is_empty()));
    }
    // The same through a sequence.
    let seq = plain.into_seq().expect("plain");
    assert_eq!(seq.iter().filter(Result::is_ok).count(), seq.len());
}

/// A sealed batch, as both read it.
fn compare(sealed: &[u8]) {
    let batch = batches(sealed).next().expect("one batch").expect("sealed");
    let Ok(records) = batch.records().and_then(Iterator::collect::<Result<Vec<_>>>) else { return };
    let comparable = records.iter().all(|record| {
        let keys: Vec<&[u8]> = record.headers.iter().flatten().map(|header| header.key).collect();
        batch.base_timestamp.checked_add(record.timestamp_delta).is_some()
            && batch.base_offset.checked_add(record.offset_delta.into()).is_some()
            && keys.iter().all(|key| str::from_utf8(key).is_ok())
            && (1..keys.len()).all(|at| !keys[..at].contains(&keys[at]))
    });
    if !comparable {
        return;
    }
    let theirs = peer::RecordBatchDecoder::decode(&mut Bytes::copy_from_slice(sealed));
    let theirs = theirs.unwrap_or_else(|error| panic!("{batch} here, and there {error}"));
    assert_eq!(theirs.records.len(), records.len());
    for (ours, peer) in records.iter().zip(&theirs.records) {
        assert!(same(&batch, ours, peer), "{ours} here, {peer:?} there");
    }
}

fn same(batch: &Batch<&[u8]>, ours: &Record<&[u8]>, peer: &peer::Record) -> bool {
    let headers = ours
        .headers
        .iter()
        .flatten()
        .zip(&peer.headers)
        .all(|(ours, (key, value))| ours.key == key.as_bytes() && ours.value == value.as_deref());
    headers
        && ours.headers.len() == peer.headers.len()
        && (ours.key, ours.value) == (peer.key.as_deref(), peer.value.as_deref())
        && batch.offset(ours) == peer.offset
        && batch.base_timestamp + ours.timestamp_delta == peer.timestamp
        && batch.base_sequence.wrapping_add(ours.offset_delta) == peer.sequence
        && (batch.producer_id, batch.producer_epoch) == (peer.producer_id, peer.producer_epoch)
        && (batch.attributes.is_transactional(), batch.attributes.is_control()) == (peer.transactional, peer.control)
}
