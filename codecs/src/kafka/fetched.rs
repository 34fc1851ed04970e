//! A Fetch response in one pass.

use core::iter::FusedIterator;

use wireview::{Error, Result, Span};

use super::messages::FetchedPartition;
use super::wire::{Entry, Kind, Reader, Str, Tags};
use super::{ErrorCode, field};

/// Which topic a partition is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicRef<'a> {
    /// Its name, before version 13.
    pub topic: &'a [u8],
    /// Its id, from version 13 on.
    pub topic_id: [u8; 16],
}

/// The partitions of a Fetch response, read as they are walked: of [`Responses::fetched`](super::Responses::fetched).
///
/// Reading a message goes over all of it to check it, and walking its topics goes over their partitions to find the next one;
/// this goes over them once. What has been walked was right; what has not, nobody knows: the last item tells if something is wrong.
#[derive(Clone, Debug)]
pub struct FetchedPartitions<'a> {
    reader: Reader<'a>,
    topics: usize,
    partitions: usize,
    topic: TopicRef<'a>,
    /// There was a topic, whose tagged fields are not read.
    inside: bool,
    /// All was read, or something is wrong.
    ended: bool,
    /// For how long the client was held back, in milliseconds.
    pub throttle_time_ms: i32,
    /// Whether it was answered at all.
    pub error_code: ErrorCode,
}

impl<'a> FetchedPartitions<'a> {
    /// Behind the header of the response.
    pub(super) fn new(mut reader: Reader<'a>) -> Result<Self> {
        let version = reader.version().number();
        let throttle_time_ms = if version >= 1 { i32::read(&mut reader, &"throttle_time_ms")? } else { 0 };
        let mut error_code = ErrorCode::NONE;
        if version >= 7 {
            error_code = ErrorCode::read(&mut reader, &"error_code")?;
            i32::read(&mut reader, &"session_id")?;
        }
        let topics = count(&mut reader, &"topics")?;
        let topic = TopicRef { topic: &[], topic_id: [0; 16] };
        Ok(Self { reader, topics, partitions: 0, topic, inside: false, ended: false, throttle_time_ms, error_code })
    }

    /// Goes to the next topic that has partitions. `None` at the end, behind which there is nothing.
    #[inline]
    fn turn(&mut self) -> Result<Option<()>> {
        while self.partitions == 0 {
            if core::mem::take(&mut self.inside) {
                Tags::read(&mut self.reader)?;
            }
            let Some(left) = self.topics.checked_sub(1) else {
                Tags::read(&mut self.reader)?;
                if !self.reader.rest().is_empty() {
                    return Err(Error::malformed(&field::TRAILING, self.reader.offset()));
                }
                return Ok(None);
            };
            self.topics = left;
            if self.reader.version().number() < 13 {
                self.topic.topic = Str::read(&mut self.reader, &"topic")?;
            } else {
                self.topic.topic_id = self.reader.fixed(&"topic_id")?;
            }
            self.partitions = count(&mut self.reader, &"partitions")?;
            self.inside = true;
        }
        Ok(Some(()))
    }
}

fn count(reader: &mut Reader<'_>, name: &'static &'static str) -> Result<usize> {
    let at = reader.offset();
    reader.length(name)?.ok_or(Error::malformed(name, at))
}

impl<'a> Iterator for FetchedPartitions<'a> {
    type Item = Result<(TopicRef<'a>, FetchedPartition<&'a [u8]>)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.partitions == 0 {
            match self.turn() {
                Ok(Some(())) => {}
                other => {
                    self.ended = true;
                    return other.err().map(Err);
                }
            }
        }
        self.partitions -= 1;
        let mut reader = self.reader.clone();
        let partition = FetchedPartition::<Span>::read(&mut reader);
        self.reader = reader;
        self.ended = partition.is_err();
        Some(partition.map(|partition| (self.topic, partition)))
    }

    /// What `for_each` and others stand on. The position stays in registers for all partitions of a topic, which takes half the time
    /// of a loop.
    #[inline]
    fn fold<A, F: FnMut(A, Self::Item) -> A>(mut self, start: A, mut f: F) -> A {
        let mut all = start;
        while !self.ended {
            match self.turn() {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(error) => return f(all, Err(error)),
            }
            let (topic, mut reader) = (self.topic, self.reader.clone());
            for _ in 0..core::mem::take(&mut self.partitions) {
                match FetchedPartition::<Span>::read(&mut reader) {
                    Ok(partition) => all = f(all, Ok((topic, partition))),
                    Err(error) => return f(all, Err(error)),
                }
            }
            self.reader = reader;
        }
        all
    }
}

impl FusedIterator for FetchedPartitions<'_> {}
