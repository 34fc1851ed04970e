//! Appending: one gathered write of the batch as it came, but for the bytes in front that are the broker's.

use std::io::{self, IoSlice};
use std::time::{Duration, SystemTime};

use wireview::Kind;
use wireview_codecs::kafka::ErrorCode;
use wireview_codecs::kafka::records::{Batch, BatchHeader, HEADER_LEN, batches, patch};

use super::producers::Place;
use super::segment::Segment;
use super::{Log, Visible};

/// There is one leader, and it was never another.
const EPOCH: i32 = 0;

/// A segment that is older has ended.
const SEGMENT_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// The offset behind its last record: what has to be on the disk.
    pub(crate) end: i64,
    /// Its time, if the topic has it so.
    pub(crate) append_time: Option<i64>,
    /// It was there already.
    pub(crate) duplicate: bool,
}

impl Log {
    /// Appends what a producer has sent: one batch.
    pub(crate) fn append(&mut self, records: &[u8]) -> Result<Appended, ErrorCode> {
        if self.failed {
            return Err(ErrorCode::KAFKA_STORAGE_ERROR);
        }
        if records.len() > self.config.max_message_bytes {
            return Err(ErrorCode::MESSAGE_TOO_LARGE);
        }
        let batch = check(records)?;
        let place = self.producers.place(&batch)?;
        if let Place::Known { base_offset, end } = place {
            return Ok(Appended { base_offset, end, append_time: None, duplicate: true });
        }
        self.write(records, &batch).map_err(|error| {
            eprintln!("{}: {error}", self.dir.display());
            self.failed = true;
            ErrorCode::KAFKA_STORAGE_ERROR
        })
    }

    fn write(&mut self, records: &[u8], batch: &Batch<&[u8]>) -> io::Result<Appended> {
        self.roll_if_due(records.len() as u64)?;
        let mut front = [0; HEADER_LEN];
        front.copy_from_slice(&records[..HEADER_LEN]);
        patch::base_offset(&mut front, self.end).map_err(io::Error::other)?;
        patch::leader_epoch(&mut front, EPOCH).map_err(io::Error::other)?;
        let append_time = self.config.append_time.then(now);
        if let Some(time) = append_time {
            patch::append_time(&mut front, time).map_err(io::Error::other)?;
        }
        let header = *BatchHeader::read(&front).map_err(io::Error::other)?;
        let base_offset = self.end;
        let end = header.last_offset() + 1;

        let active = self.active();
        if active.len == 0 {
            active.begun = SystemTime::now();
        }
        if let Err(error) = write_all_at(&active.file, &front, &records[HEADER_LEN..], active.len) {
            // What was written of it is no part of the log.
            active.file.set_len(active.len)?;
            return Err(error);
        }
        active.note(&header);
        self.end = end;
        self.producers.note(&Batch { base_offset, ..*batch }, header.max_timestamp.get());
        if !self.durable {
            self.show();
        }
        Ok(Appended { base_offset, end, append_time, duplicate: false })
    }

    /// Lets everybody read what was appended.
    pub(super) fn show(&mut self) {
        self.visible = self.reached();
    }

    /// Where the log ends now.
    pub(super) fn reached(&self) -> Visible {
        let active = self.segments.last().expect("there is always one");
        Visible { offset: self.end, segment: active.base, position: active.len }
    }

    /// Begins another segment if this one would become too long, or is too old.
    fn roll_if_due(&mut self, more: u64) -> io::Result<()> {
        let limit = self.config.segment_bytes;
        let active = self.active();
        let old = active.begun.elapsed().is_ok_and(|age| age > SEGMENT_AGE);
        if active.len > 0 && (active.len + more > limit || old) { self.roll() } else { Ok(()) }
    }

    /// Begins another segment.
    pub(super) fn roll(&mut self) -> io::Result<()> {
        let next = Segment::create(&self.dir, self.end)?;
        let ended = self.active().base;
        self.rolled.push(ended);
        self.directory = true;
        self.segments.push(next);
        self.producers.keep_snapshot();
        Ok(())
    }
}

/// What Kafka asks of what is produced.
fn check(records: &[u8]) -> Result<Batch<&[u8]>, ErrorCode> {
    let mut walk = batches(records);
    let batch = match walk.next() {
        Some(Ok(batch)) => batch,
        Some(Err(error)) => {
            return Err(match error.kind() {
                Kind::Unsupported if error.field().starts_with("message set") => {
                    ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT
                }
                Kind::Unsupported if error.field() == "compression" => ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
                _ => ErrorCode::CORRUPT_MESSAGE,
            });
        }
        None => return Err(ErrorCode::CORRUPT_MESSAGE),
    };
    // One batch, and nothing behind it.
    if !walk.rest().is_empty() || batch.check_produced().is_err() {
        return Err(ErrorCode::INVALID_RECORD);
    }
    if batch.attributes.is_transactional() {
        return Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    Ok(batch)
}

/// Both parts by one call, unless the system takes less.
fn write_all_at(file: &std::fs::File, front: &[u8], rest: &[u8], mut at: u64) -> io::Result<()> {
    let (mut front, mut rest) = (front, rest);
    while !(front.is_empty() && rest.is_empty()) {
        let written = match rustix::io::pwritev(file, &[IoSlice::new(front), IoSlice::new(rest)], at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        at += written as u64;
        let of_front = written.min(front.len());
        front = &front[of_front..];
        rest = &rest[written - of_front..];
    }
    Ok(())
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as i64
}
