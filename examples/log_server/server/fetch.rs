//! Fetch: regions of segments, as soon as there are enough of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use wireview::kernel::Mapped;
use wireview::{Encode, FileRegion, Gather, Outgoing, Payload};
use wireview_codecs::kafka::{
    Answers, Api, ErrorCode, FetchRequest, FetchResponse, FetchedPartition, FetchedTopic, List, Response, Tags, Version,
};

use super::connection::{Conn, End, nothing, owned};
use super::log::Part;
use super::partition::Partition;
use super::{Broker, Way};

/// The longest that a request may wait, whatever it says.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// More than this is not given out at once.
const MAX_BYTES: u64 = 64 << 20;

/// What a client wants.
#[derive(Debug)]
pub(super) struct Wanted {
    version: Version,
    deadline: Instant,
    min_bytes: u64,
    max_bytes: u64,
    /// There are no sessions here.
    refused: ErrorCode,
    topics: Vec<WantedTopic>,
}

#[derive(Debug)]
struct WantedTopic {
    name: Vec<u8>,
    id: [u8; 16],
    partitions: Vec<WantedPartition>,
}

#[derive(Debug)]
struct WantedPartition {
    index: i32,
    partition: Result<Arc<Partition>, ErrorCode>,
    offset: i64,
    max_bytes: u64,
}

/// What there is of one partition.
#[derive(Debug)]
struct Found {
    error: ErrorCode,
    visible: i64,
    start: i64,
    part: Option<Part>,
}

impl Wanted {
    pub(super) fn of(broker: &Broker, request: &FetchRequest<&[u8]>, version: i16) -> Result<Self, End> {
        let version = Api::Fetch.version(version).ok_or(End::Refused)?;
        let by_id = version.number() >= 13;
        let mut topics = Vec::new();
        for topic in request.topics.iter() {
            let topic = topic?;
            let known = {
                let topics = broker.topics.lock();
                if by_id { topics.get_by_id(&topic.topic_id) } else { topics.get(topic.topic) }
            };
            let unknown = if by_id { ErrorCode::UNKNOWN_TOPIC_ID } else { ErrorCode::UNKNOWN_TOPIC_OR_PARTITION };
            let mut partitions = Vec::new();
            for wanted in topic.partitions.iter() {
                let wanted = wanted?;
                let partition = match &known {
                    None => Err(unknown),
                    Some(_) if wanted.current_leader_epoch > 0 => Err(ErrorCode::UNKNOWN_LEADER_EPOCH),
                    Some(known) => usize::try_from(wanted.partition)
                        .ok()
                        .and_then(|index| known.partitions.get(index).cloned())
                        .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                };
                let max_bytes = wanted.partition_max_bytes.max(0) as u64;
                let index = wanted.partition;
                partitions.push(WantedPartition { index, partition, offset: wanted.fetch_offset, max_bytes });
            }
            topics.push(WantedTopic { name: topic.topic.to_vec(), id: topic.topic_id, partitions });
        }
        let wait = Duration::from_millis(request.max_wait_ms.max(0) as u64).min(MAX_WAIT);
        Ok(Self {
            version,
            deadline: Instant::now() + wait,
            min_bytes: request.min_bytes.max(0) as u64,
            max_bytes: (request.max_bytes.max(0) as u64).min(MAX_BYTES),
            refused: if request.session_id == 0 { ErrorCode::NONE } else { ErrorCode::FETCH_SESSION_ID_NOT_FOUND },
            topics,
        })
    }

    /// What there is now, how many bytes, and whether something is to be told at once.
    fn look(&self) -> (Vec<Vec<Found>>, u64, bool) {
        let (mut total, mut urgent) = (0, false);
        let mut found = Vec::with_capacity(self.topics.len());
        for topic in &self.topics {
            let mut of_topic = Vec::with_capacity(topic.partitions.len());
            for wanted in &topic.partitions {
                let one = wanted.look(self.max_bytes.saturating_sub(total), total == 0);
                total += one.part.as_ref().map_or(0, |part| part.len);
                urgent |= one.error.is_error();
                of_topic.push(one);
            }
            found.push(of_topic);
        }
        (found, total, urgent)
    }
}

impl WantedPartition {
    fn look(&self, left: u64, first: bool) -> Found {
        let partition = match &self.partition {
            Ok(partition) => partition,
            Err(error) => return Found { error: *error, visible: -1, start: -1, part: None },
        };
        let mut log = partition.log.lock();
        let (visible, start) = (log.visible(), log.start());
        let max = self.max_bytes.min(left);
        // However little is wanted, the first batch comes: otherwise nobody would get past it.
        let part = if max == 0 && !first { Ok(Ok(None)) } else { log.read(self.offset, max, first) };
        match part {
            Ok(Ok(part)) => Found { error: ErrorCode::NONE, visible, start, part },
            Ok(Err(error)) => Found { error, visible, start, part: None },
            Err(error) => {
                eprintln!("fetch: {error}");
                Found { error: ErrorCode::KAFKA_STORAGE_ERROR, visible, start, part: None }
            }
        }
    }
}

/// Waits until there is enough, or it has taken long enough.
pub(super) async fn fetch(
    broker: &Arc<Broker>,
    conn: &mut Conn,
    wanted: Wanted,
    stopped: &mut watch::Receiver<()>,
) -> Result<FetchResponse<Payload<'static>>, End> {
    let mut news = broker.news.subscribe();
    let mut waited = false;
    loop {
        let (found, total, urgent) = wanted.look();
        let late = Instant::now() >= wanted.deadline;
        if total >= wanted.min_bytes || urgent || late || wanted.refused.is_error() {
            broker.tally.lock().waited += u64::from(waited);
            return Ok(respond(broker, wanted, found)?);
        }
        // Earlier answers are not kept back by this one.
        conn.flush().await?;
        waited = true;
        tokio::select! {
            _ = timeout_at(wanted.deadline, news.changed()) => {}
            _ = stopped.changed() => return Ok(respond(broker, wanted, found)?),
        }
    }
}

fn respond(
    broker: &Broker,
    wanted: Wanted,
    found: Vec<Vec<Found>>,
) -> wireview::Result<FetchResponse<Payload<'static>>> {
    let Wanted { version, refused, topics: asked, .. } = wanted;
    let mut topics = List::new(version);
    let asked = if refused.is_error() { Vec::new() } else { asked };
    for (topic, found) in asked.into_iter().zip(found) {
        let mut partitions = List::new(version);
        for (wanted, found) in topic.partitions.iter().zip(found) {
            let records = found.part.map(|part| way(broker, part));
            partitions.push(FetchedPartition {
                partition: wanted.index,
                error_code: found.error,
                high_watermark: found.visible,
                last_stable_offset: found.visible,
                log_start_offset: found.start,
                aborted_transactions: None,
                preferred_read_replica: -1,
                records: Some(records.unwrap_or(Payload::Static(b""))),
                tags: Tags::none(),
            })?;
        }
        let (topic, topic_id, partitions) = (owned(&topic.name), topic.id, partitions.into_array());
        topics.push(FetchedTopic { topic, topic_id, partitions, tags: Tags::none() })?;
    }
    let topics = if topics.is_empty() { nothing() } else { topics.into_array() };
    Ok(FetchResponse { throttle_time_ms: 0, error_code: refused, session_id: 0, topics, tags: Tags::none() })
}

/// How the bytes leave.
fn way(broker: &Broker, part: Part) -> Payload<'static> {
    match broker.settings.way {
        Way::Sendfile | Way::Write => Payload::File(part.region()),
        Way::Mapped => broker.mapped.lock().slice(&part).unwrap_or_else(|| Payload::File(part.region())),
        Way::Read => broker.blocks.lock().read(&part).unwrap_or_else(|| Payload::File(part.region())),
    }
}

/// Sends a response as a server does that knows no better: block by block, each read and then written.
pub(super) async fn send_in_blocks(
    broker: &Broker,
    conn: &mut Conn,
    response: Response<Payload<'static>>,
) -> Result<(), End> {
    let mut queue = Gather::new();
    Answers.encode(response, &mut queue)?;
    while !queue.is_empty() {
        if let Some(region) = queue.front_file() {
            let len = region.len().min(BLOCK as u64);
            let part = Part { file: region.file().clone(), position: region.offset(), len };
            let block = broker.blocks.lock().read(&part).ok_or(End::Fault)?;
            queue.advance_file(len);
            block.put(&mut conn.out());
            conn.flush().await?;
        } else {
            let mut memory = queue.memory();
            let len = memory.chunk().len();
            conn.out().copy(memory.chunk());
            memory.advance(len);
        }
    }
    Ok(())
}

/// Sealed copies of segments, in memory: a log that grows cannot be mapped safely.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    all: HashMap<usize, (Arc<File>, Mapped)>,
}

impl Mappings {
    fn slice(&mut self, part: &Part) -> Option<Payload<'static>> {
        let key = Arc::as_ptr(&part.file) as usize;
        let (_, mapped) = match self.all.entry(key) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) => {
                let copy = Mapped::copy(&FileRegion::whole(part.file.clone()).ok()?).ok()?;
                place.insert((part.file.clone(), copy))
            }
        };
        let range = part.position as usize..(part.position + part.len) as usize;
        (range.end <= mapped.bytes().len()).then(|| Payload::Share(mapped.bytes().slice(range)))
    }
}

/// Blocks that are read into and sent from, again and again.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    used: Vec<Bytes>,
}

/// What one block holds.
const BLOCK: usize = 64 * 1024;

impl Blocks {
    fn read(&mut self, part: &Part) -> Option<Payload<'static>> {
        let mut parts = Vec::new();
        let (mut at, end) = (part.position, part.position + part.len);
        while at < end {
            let len = (end - at).min(BLOCK as u64) as usize;
            let mut block = self.take();
            part.file.read_exact_at(&mut block[..len], at).ok()?;
            let block = block.freeze();
            parts.push(Payload::Share(block.slice(..len)));
            self.used.push(block);
            at += len as u64;
        }
        Some(Payload::Rope(parts))
    }

    /// A block that has been sent, or a new one.
    fn take(&mut self) -> BytesMut {
        let free = self.used.iter().position(Bytes::is_unique);
        let block = free.map(|at| self.used.swap_remove(at)).and_then(|block| block.try_into_mut().ok());
        block.unwrap_or_else(|| BytesMut::zeroed(BLOCK))
    }
}
