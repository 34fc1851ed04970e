//! What lies where in a batch, for inspectors.

use wireview::trace::{Field, Hook, Name, Trace, Value};
use wireview::{Error, Result};
use zerocopy::FromBytes;

use super::codec::parse;
use super::header::{ATTRIBUTES_AT, BatchHeader, HEADER_LEN};
use super::{Batches, Compression, Record, Records, varint};

impl Trace for Batches {
    /// Tells of the header, and of the records unless they are compressed, up to the first that is not whole, which is a gap with all
    /// behind it: records are not [`parse`](wireview::Codec::parse)'s to check.
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        hook.enter(Name::Field("batch"), "Batch", 0);
        let Ok((header, _)) = BatchHeader::ref_from_prefix(frame) else { return parse(frame, false).map(drop) };
        front(header, hook);
        let batch = parse(frame, self.verify)?;
        let mut teller = Teller { frame, rest: &frame[HEADER_LEN..], hook };
        match batch.records() {
            Ok(records) => teller.records(records),
            Err(_) => teller.bytes("records", batch.body.len()),
        }
        let at = teller.at();
        if at < frame.len() {
            hook.gap("bytes that are in no record", at..frame.len());
        }
        hook.leave(frame.len());
        Ok(())
    }

    /// Of a batch that was cut off, the header.
    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        hook.enter(Name::Field("batch"), "Batch", 0);
        let end = error.offset().min(input.len()).min(HEADER_LEN);
        let mut bytes = [0; HEADER_LEN];
        bytes[..end].copy_from_slice(&input[..end]);
        if let Ok(header) = BatchHeader::ref_from_bytes(&bytes) {
            front(header, &mut Until { end, hook });
        }
    }
}

/// Passes on the fields that lie in front of `end`.
struct Until<'h> {
    end: usize,
    hook: &'h mut dyn Hook,
}

impl Hook for Until<'_> {
    fn enter(&mut self, name: Name, kind: &'static str, at: usize) {
        self.hook.enter(name, kind, at);
    }

    fn field(&mut self, field: Field<'_>) {
        if field.at.end <= self.end {
            self.hook.field(field);
        }
    }

    fn leave(&mut self, end: usize) {
        self.hook.leave(end);
    }
}

fn front(header: &BatchHeader, hook: &mut dyn Hook) {
    let mut at = 0;
    let mut number = |name, width, value, note| {
        hook.field(Field { name: Name::Field(name), at: at..at + width, bits: None, value, note });
        at += width;
    };
    number("base_offset", 8, Value::Signed(header.base_offset.get()), "");
    number("batch_length", 4, Value::Signed(header.batch_length.get().into()), "length of what follows");
    number("leader_epoch", 4, Value::Signed(header.leader_epoch.get().into()), "");
    number("magic", 1, Value::Signed(header.magic.into()), "");
    number("crc", 4, Value::Unsigned(header.crc.get().into()), "CRC-32C of what follows");
    at += 2;
    let attributes = header.attributes();
    let compression = attributes.compression();
    let value = compression.as_ref().map_or(Value::Absent, |compression: &Compression| Value::Shown(compression));
    let mut bits = |name, bits, value| {
        let at = ATTRIBUTES_AT..ATTRIBUTES_AT + 2;
        hook.field(Field { name: Name::Field(name), at, bits: Some(bits), value, note: "" });
    };
    bits("compression", 0..3, value);
    bits("log_append_time", 3..4, Value::Bool(attributes.timestamp_type() == super::TimestampType::LogAppend));
    bits("is_transactional", 4..5, Value::Bool(attributes.is_transactional()));
    bits("is_control", 5..6, Value::Bool(attributes.is_control()));
    bits("has_delete_horizon", 6..7, Value::Bool(attributes.has_delete_horizon()));
    let mut number = |name, width, value, note| {
        hook.field(Field { name: Name::Field(name), at: at..at + width, bits: None, value, note });
        at += width;
    };
    number("last_offset_delta", 4, Value::Signed(header.last_offset_delta.get().into()), "");
    number("base_timestamp", 8, Value::Signed(header.base_timestamp.get()), "ms since 1970");
    number("max_timestamp", 8, Value::Signed(header.max_timestamp.get()), "ms since 1970");
    number("producer_id", 8, Value::Signed(header.producer_id.get()), "");
    number("producer_epoch", 2, Value::Signed(header.producer_epoch.get().into()), "");
    number("base_sequence", 4, Value::Signed(header.base_sequence.get().into()), "");
    number("record_count", 4, Value::Signed(header.record_count.get().into()), "count of records");
}

/// Goes over records that were read before.
struct Teller<'a, 'h> {
    frame: &'a [u8],
    rest: &'a [u8],
    hook: &'h mut dyn Hook,
}

impl Teller<'_, '_> {
    fn at(&self) -> usize {
        self.frame.len() - self.rest.len()
    }

    fn records(&mut self, records: Records<'_>) {
        self.hook.enter(Name::Field("records"), "Seq", HEADER_LEN);
        for (index, record) in records.map_while(Result::ok).enumerate() {
            self.hook.enter(Name::Index(index), "Record", self.at());
            self.record(&record);
            self.hook.leave(self.at());
        }
        self.hook.leave(self.at());
    }

    fn record(&mut self, record: &Record<&[u8]>) {
        self.number("length", "length of the record");
        self.bytes("attributes", 1);
        self.number("timestamp_delta", "");
        self.number("offset_delta", "");
        self.part("key.length", "key");
        self.part("value.length", "value");
        self.number("headers.len", "count of headers");
        self.hook.enter(Name::Field("headers"), "Seq", self.at());
        for index in 0..record.headers.len() {
            self.hook.enter(Name::Index(index), "Header", self.at());
            self.part("key.length", "key");
            self.part("value.length", "value");
            self.hook.leave(self.at());
        }
        self.hook.leave(self.at());
    }

    fn number(&mut self, name: &'static str, note: &'static str) -> i64 {
        let at = self.at();
        // It was read before.
        let number = varint::long_int(&mut self.rest).unwrap_or(-1);
        let (at, value) = (at..self.at(), Value::Signed(number));
        self.hook.field(Field { name: Name::Field(name), at, bits: None, value, note });
        number
    }

    fn part(&mut self, length: &'static str, name: &'static str) {
        match usize::try_from(self.number(length, "-1 is null")) {
            Ok(len) => self.bytes(name, len),
            Err(_) => {
                let (at, value) = (self.at()..self.at(), Value::Absent);
                self.hook.field(Field { name: Name::Field(name), at, bits: None, value, note: "" });
            }
        }
    }

    fn bytes(&mut self, name: &'static str, len: usize) {
        let at = self.at();
        let (bytes, rest) = self.rest.split_at_checked(len).unwrap_or_default();
        self.rest = rest;
        let value = Value::Bytes(bytes);
        self.hook.field(Field { name: Name::Field(name), at: at..at + bytes.len(), bits: None, value, note: "" });
    }
}
