//! A client that is the codec's own client half.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use wireview::blocking::Connection;
use wireview::{Fault, Frame, Gather, Limits, Payload, Span};
use wireview_codecs::kafka::records::{Builder, Decompressor, batches};
use wireview_codecs::kafka::{
    Api, Calls, ErrorCode, FetchPartition, FetchRequest, FetchTopic, List, ListOffsetsPartition, ListOffsetsRequest,
    ListOffsetsTopic, MetadataRequest, MetadataRequestTopic, ProduceRequest, ProducedPartition, ProducedTopic, Request,
    RequestBody, Response, ResponseBody, Responses, Tags, client,
};

/// A connection to a broker.
pub(crate) struct Client {
    conn: Connection<TcpStream, Responses, Calls>,
    next: i32,
    /// In which version Fetch and Produce are asked.
    pub(crate) fetch: i16,
    pub(crate) produce: i16,
}

/// What was fetched of one partition.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) error: ErrorCode,
    pub(crate) visible: i64,
    pub(crate) start: i64,
    pub(crate) records: Bytes,
}

/// What became of what was produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Produced {
    pub(crate) error: ErrorCode,
    pub(crate) offset: i64,
    pub(crate) append_time: i64,
}

/// A record that came out of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        Self::try_connect(addr).expect("the server listens")
    }

    pub(crate) fn try_connect(addr: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        let max = 128 << 20;
        let (responses, calls) = client(max);
        let limits = Limits::new().max_frame(max as usize + 4).queued(u64::MAX, u64::MAX);
        Ok(Self { conn: Connection::with_encoder(stream, responses, calls, limits), next: 0, fetch: 12, produce: 9 })
    }

    /// Sends a request, and does not wait.
    pub(crate) fn send<'a>(&mut self, version: i16, body: impl Into<RequestBody<Payload<'a>>>) -> Result<i32, Fault> {
        self.next += 1;
        let request =
            Request { client_id: Some(Payload::Static(b"wireview")), ..Request::new(version, self.next, body) };
        self.conn.send(request)?;
        self.conn.flush()?;
        Ok(self.next)
    }

    /// The next response.
    pub(crate) fn receive(&mut self) -> Result<Frame<Response<Span>>, Fault> {
        match self.conn.next()? {
            Some(received) => Ok(received.frame.into_frame()?),
            None => Err(Fault::Io(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Sends a request and takes the response.
    #[track_caller]
    pub(crate) fn ask<'a>(&mut self, version: i16, body: impl Into<RequestBody<Payload<'a>>>) -> ResponseBody<Bytes> {
        self.try_ask(version, body).expect("an answer")
    }

    pub(crate) fn try_ask<'a>(
        &mut self,
        version: i16,
        body: impl Into<RequestBody<Payload<'a>>>,
    ) -> Result<ResponseBody<Bytes>, Fault> {
        let id = self.send(version, body)?;
        let response = self.receive()?.into_message();
        assert_eq!(response.correlation_id, id);
        Ok(response.body)
    }

    /// Asks for a topic, which makes it; answers its id and how many partitions it has.
    #[track_caller]
    pub(crate) fn topic(&mut self, name: &str) -> Result<([u8; 16], usize), ErrorCode> {
        let version = Api::Metadata.version(12).expect("supported");
        let wanted =
            MetadataRequestTopic { topic_id: [0; 16], name: Some(Payload::Copy(name.as_bytes())), tags: Tags::none() };
        let request = MetadataRequest {
            topics: Some(List::of(version, [wanted]).expect("lawful")),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
            tags: Tags::none(),
        };
        let ResponseBody::Metadata(told) = self.ask(12, request) else { panic!("not what was asked") };
        let topic = told.topics.iter().next().expect("one").expect("checked");
        if topic.error_code.is_error() { Err(topic.error_code) } else { Ok((topic.topic_id, topic.partitions.len())) }
    }

    /// Sends a Produce.
    pub(crate) fn send_batch(&mut self, topic: &str, index: i32, records: &[u8], acks: i16) -> Result<(), Fault> {
        let version = Api::Produce.version(self.produce).expect("supported");
        let partition = ProducedPartition { index, records: Some(Payload::Copy(records)), tags: Tags::none() };
        let partitions = List::of(version, [partition])?;
        let topic = ProducedTopic { name: Payload::Copy(topic.as_bytes()), partitions, tags: Tags::none() };
        let request = ProduceRequest {
            transactional_id: None,
            acks,
            timeout_ms: 30_000,
            topics: List::of(version, [topic])?,
            tags: Tags::none(),
        };
        self.send(self.produce, request).map(drop)
    }

    /// The response to the oldest Produce.
    pub(crate) fn batch_told(&mut self) -> Result<Produced, Fault> {
        let frame = self.receive()?;
        let ResponseBody::Produce(told) = frame.view().body else { panic!("not what was asked") };
        let topic = told.topics.iter().next().expect("one")?;
        let told = topic.partitions.iter().next().expect("one")?;
        Ok(Produced { error: told.error_code, offset: told.base_offset, append_time: told.log_append_time_ms })
    }

    /// Produces a batch.
    #[track_caller]
    pub(crate) fn produce(&mut self, topic: &str, index: i32, records: &[u8]) -> Produced {
        self.send_batch(topic, index, records, -1).expect("sent");
        self.batch_told().expect("an answer")
    }

    /// A Fetch of one partition.
    pub(crate) fn wanted(&self, topic: &str, partition: i32, fetch_offset: i64) -> FetchRequest<Payload<'static>> {
        self.wanted_by(topic, [0; 16], partition, fetch_offset)
    }

    pub(crate) fn wanted_by(
        &self,
        topic: &str,
        topic_id: [u8; 16],
        partition: i32,
        fetch_offset: i64,
    ) -> FetchRequest<Payload<'static>> {
        let version = Api::Fetch.version(self.fetch).expect("supported");
        let partition = FetchPartition {
            partition,
            current_leader_epoch: -1,
            fetch_offset,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 50 << 20,
            tags: Tags::none(),
        };
        let topic = FetchTopic {
            topic: Payload::Share(topic.as_bytes().to_vec().into()),
            topic_id,
            partitions: List::of(version, [partition]).expect("lawful"),
            tags: Tags::none(),
        };
        FetchRequest {
            replica_id: -1,
            max_wait_ms: 0,
            min_bytes: 1,
            max_bytes: 50 << 20,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: List::of(version, [topic]).expect("lawful"),
            forgotten_topics: wireview_codecs::kafka::Array::none(),
            rack_id: Payload::Static(b""),
            tags: Tags::none(),
        }
    }

    /// What there is of one partition from `offset` on.
    #[track_caller]
    pub(crate) fn fetch(&mut self, topic: &str, partition: i32, offset: i64) -> Fetched {
        let wanted = self.wanted(topic, partition, offset);
        self.fetch_as(wanted)
    }

    #[track_caller]
    pub(crate) fn fetch_as(&mut self, wanted: FetchRequest<Payload<'static>>) -> Fetched {
        self.send(self.fetch, wanted).expect("sent");
        self.fetched()
    }

    /// The response to the oldest Fetch.
    #[track_caller]
    pub(crate) fn fetched(&mut self) -> Fetched {
        let body = self.receive().expect("an answer").into_message().body;
        let ResponseBody::Fetch(told) = body else { panic!("not what was asked") };
        if told.error_code.is_error() {
            return Fetched { error: told.error_code, visible: -1, start: -1, records: Bytes::new() };
        }
        let topic = told.topics.iter_shared().next().expect("one").expect("checked");
        let told = topic.partitions.iter_shared().next().expect("one").expect("checked");
        Fetched {
            error: told.error_code,
            visible: told.high_watermark,
            start: told.log_start_offset,
            records: told.records.unwrap_or_default(),
        }
    }

    /// Every record of a partition, from `offset` to its end; each batch with its checksum.
    #[track_caller]
    pub(crate) fn take_all(&mut self, topic: &str, partition: i32, mut offset: i64) -> Vec<Taken> {
        let mut taken = Vec::new();
        let mut decompressor = Decompressor::new();
        loop {
            let fetched = self.fetch(topic, partition, offset);
            assert_eq!(fetched.error, ErrorCode::NONE);
            let before = offset;
            for batch in batches(&fetched.records) {
                let batch = decompressor.open(batch.expect("a whole batch")).expect("compressed as it says");
                for record in batch.records().expect("plain") {
                    let record = record.expect("a record");
                    let at = batch.offset(&record);
                    if at < before {
                        continue;
                    }
                    assert_eq!(at, offset, "offsets are dense");
                    offset += 1;
                    taken.push(Taken {
                        offset: at,
                        timestamp: batch.timestamp(&record),
                        key: record.key.map(<[u8]>::to_vec),
                        value: record.value.map(<[u8]>::to_vec),
                    });
                }
            }
            if offset == fetched.visible {
                return taken;
            }
            assert!(offset > before, "there should be more behind {offset}");
        }
    }

    /// An offset by its time.
    #[track_caller]
    pub(crate) fn offset_at(&mut self, topic: &str, partition: i32, timestamp: i64) -> (ErrorCode, i64, i64) {
        let version = Api::ListOffsets.version(7).expect("supported");
        let wanted = ListOffsetsPartition {
            partition_index: partition,
            current_leader_epoch: -1,
            timestamp,
            max_num_offsets: 1,
            tags: Tags::none(),
        };
        let topic = ListOffsetsTopic {
            name: Payload::Copy(topic.as_bytes()),
            partitions: List::of(version, [wanted]).expect("lawful"),
            tags: Tags::none(),
        };
        let request = ListOffsetsRequest {
            replica_id: -1,
            isolation_level: 0,
            topics: List::of(version, [topic]).expect("lawful"),
            timeout_ms: 0,
            tags: Tags::none(),
        };
        let ResponseBody::ListOffsets(told) = self.ask(7, request) else { panic!("not what was asked") };
        let topic = told.topics.iter_shared().next().expect("one").expect("checked");
        let told = topic.partitions.iter().next().expect("one").expect("checked");
        (told.error_code, told.offset, told.timestamp)
    }
}

/// A batch of these values, a millisecond apart.
pub(crate) fn batch(builder: &mut Builder, time: i64, values: &[&[u8]]) -> Vec<u8> {
    let mut out = Gather::new();
    builder
        .write(&mut out, |batch| {
            values.iter().enumerate().try_for_each(|(at, value)| batch.push(time + at as i64, None, Some(*value), &[]))
        })
        .expect("a batch");
    out.chunks().collect::<Vec<_>>().concat()
}

/// A batch of one value, of nobody.
pub(crate) fn one(value: &[u8]) -> Vec<u8> {
    batch(&mut Builder::new(), 1_700_000_000_000, &[value])
}
