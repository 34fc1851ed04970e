//! Who has produced what last, so that what is sent twice is appended once.

use std::collections::HashMap;

use wireview_codecs::kafka::ErrorCode;
use wireview_codecs::kafka::records::Batch;

/// How many batches of a producer are remembered: as many as it has under way at most.
const REMEMBERED: usize = 5;

/// How many producers are remembered; beyond, the one that was silent longest is forgotten.
const PRODUCERS: usize = 10_000;

/// A batch that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) first: i32,
    pub(super) last: i32,
    pub(super) base_offset: i64,
    pub(super) end: i64,
}

/// What is known of a producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Producer {
    pub(super) epoch: i16,
    /// The latest last.
    pub(super) sent: Vec<Sent>,
    /// The time of its latest batch.
    pub(super) timestamp: i64,
}

/// All of them, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Producers {
    pub(super) all: HashMap<i64, Producer>,
    /// How it was when the last segment ended, and has not been written down yet.
    snapshots: Vec<HashMap<i64, Producer>>,
}

/// Where a batch belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the end.
    Next,
    /// It is there.
    Known { base_offset: i64, end: i64 },
}

/// The sequence that follows: behind 2^31 - 1 comes 0.
const fn next(sequence: i32) -> i32 {
    sequence.wrapping_add(1) & i32::MAX
}

/// The sequence of a batch's last record.
const fn last<B>(batch: &Batch<B>) -> i32 {
    batch.base_sequence.wrapping_add(batch.last_offset_delta) & i32::MAX
}

impl Producers {
    /// Where a batch belongs.
    pub(super) fn place<B>(&self, batch: &Batch<B>) -> Result<Place, ErrorCode> {
        if batch.producer_id < 0 {
            return Ok(Place::Next);
        }
        // Of a producer of which nothing is known, or is known no longer, whatever it sends is the first.
        let Some(producer) = self.all.get(&batch.producer_id) else { return Ok(Place::Next) };
        if batch.producer_epoch < producer.epoch {
            return Err(ErrorCode::INVALID_PRODUCER_EPOCH);
        }
        if batch.producer_epoch > producer.epoch {
            return if batch.base_sequence == 0 {
                Ok(Place::Next)
            } else {
                Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER)
            };
        }
        let known = producer.sent.iter().find(|sent| sent.first == batch.base_sequence && sent.last == last(batch));
        if let Some(&Sent { base_offset, end, .. }) = known {
            return Ok(Place::Known { base_offset, end });
        }
        match producer.sent.last() {
            Some(sent) if next(sent.last) != batch.base_sequence => Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
            _ => Ok(Place::Next),
        }
    }

    /// A batch was appended.
    pub(super) fn note<B>(&mut self, batch: &Batch<B>, timestamp: i64) {
        if batch.producer_id < 0 {
            return;
        }
        if self.all.len() >= PRODUCERS && !self.all.contains_key(&batch.producer_id) {
            let silent = self.all.iter().min_by_key(|(_, producer)| producer.timestamp).map(|(id, _)| *id);
            silent.and_then(|id| self.all.remove(&id));
        }
        let producer = self.all.entry(batch.producer_id).or_insert_with(|| Producer {
            epoch: batch.producer_epoch,
            sent: Vec::new(),
            timestamp,
        });
        if batch.producer_epoch != producer.epoch {
            producer.epoch = batch.producer_epoch;
            producer.sent.clear();
        }
        if producer.sent.len() >= REMEMBERED {
            producer.sent.remove(0);
        }
        producer.timestamp = timestamp;
        producer.sent.push(Sent {
            first: batch.base_sequence,
            last: last(batch),
            base_offset: batch.base_offset,
            end: batch.base_offset + i64::from(batch.last_offset_delta) + 1,
        });
    }

    /// A segment has ended: its index will say who had produced what by then.
    pub(super) fn keep_snapshot(&mut self) {
        self.snapshots.push(self.all.clone());
    }

    /// What was kept first.
    pub(super) fn take_snapshot(&mut self) -> HashMap<i64, Producer> {
        if self.snapshots.is_empty() { self.all.clone() } else { self.snapshots.remove(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(producer_epoch: i16, base_sequence: i32, base_offset: i64) -> Batch<()> {
        Batch { producer_epoch, base_sequence, base_offset, ..two_records() }
    }

    fn two_records() -> Batch<()> {
        Batch {
            base_offset: 0,
            leader_epoch: 0,
            attributes: wireview_codecs::kafka::records::Attributes(0),
            last_offset_delta: 1,
            base_timestamp: 0,
            max_timestamp: 0,
            producer_id: 7,
            producer_epoch: 0,
            base_sequence: 0,
            count: 2,
            body: (),
        }
    }

    #[test]
    fn what_is_sent_twice_is_known() {
        let mut producers = Producers::default();
        for at in 0..8 {
            let batch = batch(0, 2 * at, 100 + 2 * i64::from(at));
            assert_eq!(producers.place(&batch), Ok(Place::Next));
            producers.note(&batch, 0);
        }
        assert_eq!(producers.place(&batch(0, 14, 0)), Ok(Place::Known { base_offset: 114, end: 116 }));
        assert_eq!(producers.place(&batch(0, 6, 0)), Ok(Place::Known { base_offset: 106, end: 108 }));
        assert_eq!(producers.place(&batch(0, 4, 0)), Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER), "forgotten");
        assert_eq!(producers.place(&batch(0, 18, 0)), Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER), "one is missing");
        assert_eq!(
            producers.place(&batch(1, 16, 0)),
            Err(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
            "a new one begins at 0"
        );
        producers.note(&batch(1, 0, 200), 0);
        assert_eq!(producers.place(&batch(0, 16, 0)), Err(ErrorCode::INVALID_PRODUCER_EPOCH));
    }

    #[test]
    fn behind_the_largest_sequence_comes_0() {
        let mut producers = Producers::default();
        producers.note(&batch(0, i32::MAX - 1, 0), 0);
        assert_eq!(producers.place(&batch(0, 0, 0)), Ok(Place::Next));
        producers.note(&batch(0, i32::MAX, 0), 0);
        assert_eq!(producers.place(&batch(0, 1, 0)), Ok(Place::Next));
    }
}
