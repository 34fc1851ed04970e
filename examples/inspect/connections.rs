//! The connections of a capture: who is the client, and which stream a segment belongs to.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;

use super::capture::Segment;
use super::codecs::{Entry, Sides};
use super::dissect::{Dissect, Options};
use super::stream::{Label, Out, Stream};
use super::tally::Capture;
use super::tcp::{Assembler, Became};

/// What is asked of a capture.
pub(crate) struct Asked<'a> {
    pub(crate) codec: &'static Entry,
    pub(crate) then: &'a [&'static Entry],
    pub(crate) options: Options,
    /// The ports of servers; none: all connections are asked for.
    pub(crate) ports: &'a [u16],
}

/// All connections of a capture so far.
pub(crate) struct Connections<'a> {
    asked: Asked<'a>,
    /// By both ends, the lesser first.
    open: HashMap<(SocketAddr, SocketAddr), Connection>,
    streams: usize,
}

struct Connection {
    client: SocketAddr,
    number: usize,
    /// What the client sends, and what the server does.
    directions: [Direction; 2],
    done: bool,
}

struct Direction {
    assembler: Assembler,
    stream: Stream,
    done: bool,
}

impl<'a> Connections<'a> {
    pub(crate) fn new(asked: Asked<'a>) -> Self {
        Self { asked, open: HashMap::new(), streams: 0 }
    }

    /// A segment was captured. False if nobody has asked for its connection.
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, seen: &mut Capture, out: &mut Out<'_>) -> io::Result<bool> {
        let ports = self.asked.ports;
        if !ports.is_empty() && !ports.contains(&segment.from.port()) && !ports.contains(&segment.to.port()) {
            return Ok(false);
        }
        let key = if segment.from < segment.to { (segment.from, segment.to) } else { (segment.to, segment.from) };
        // The same ends again: another connection, unless SYN was only sent again.
        if segment.syn
            && let Some(old) = self.open.get(&key)
            && old.is_over_by(segment)
            && let Some(mut old) = self.open.remove(&key)
        {
            old.end(out)?;
        }
        let connection = match self.open.get_mut(&key) {
            Some(connection) => connection,
            // What begins neither with SYN nor with bytes is the rest of what came before the capture.
            None if !segment.syn && segment.bytes.is_empty() => return Ok(true),
            None => {
                let connection = self.connect(segment);
                out.tally.streams = self.streams;
                self.open.entry(key).or_insert(connection)
            }
        };
        connection.segment(segment, seen, out)?;
        Ok(true)
    }

    /// The capture has ended.
    pub(crate) fn end(self, out: &mut Out<'_>) -> io::Result<()> {
        let mut open: Vec<_> = self.open.into_values().collect();
        open.sort_by_key(|connection| connection.number);
        open.iter_mut().try_for_each(|connection| connection.end(out))
    }

    fn connect(&mut self, segment: &Segment<'_>) -> Connection {
        let Segment { from, to, .. } = *segment;
        let is_server = |end: SocketAddr| self.asked.ports.contains(&end.port());
        let (client, server) = match (segment.syn, segment.ack) {
            _ if is_server(to) && !is_server(from) => (from, to),
            _ if is_server(from) && !is_server(to) => (to, from),
            (true, false) => (from, to),
            (true, true) => (to, from),
            // Servers have the lower ports mostly.
            (false, _) if from.port() < to.port() => (to, from),
            (false, _) => (from, to),
        };
        let mut sides = [VecDeque::new(), VecDeque::new()];
        let then = self.asked.then.iter();
        for Sides { client, server } in
            [self.asked.codec].iter().chain(then).map(|codec| codec.sides(self.asked.options))
        {
            sides[0].extend(client);
            sides[1].extend(server);
        }
        let number = self.streams;
        let direction = |id: usize, from, to, mut then: VecDeque<Box<dyn Dissect>>| {
            let label = Label { id, name: format!("{from} → {to}") };
            Direction {
                assembler: Assembler::default(),
                stream: Stream::new(label, then.pop_front(), then),
                done: false,
            }
        };
        let [to_server, to_client] = sides;
        self.streams += 2;
        Connection {
            client,
            number,
            directions: [
                direction(number, client, server, to_server),
                direction(number + 1, server, client, to_client),
            ],
            done: false,
        }
    }
}

impl Connection {
    fn direction(&self, from: SocketAddr) -> usize {
        usize::from(from != self.client)
    }

    /// Whether this SYN begins another connection.
    fn is_over_by(&self, segment: &Segment<'_>) -> bool {
        let assembler = &self.directions[self.direction(segment.from)].assembler;
        assembler.has_begun() && !assembler.began_with(segment.number)
    }

    fn segment(&mut self, segment: &Segment<'_>, seen: &mut Capture, out: &mut Out<'_>) -> io::Result<()> {
        if self.done {
            return Ok(());
        }
        let index = self.direction(segment.from);
        let Direction { assembler, stream, done } = &mut self.directions[index];
        let mut number = segment.number;
        if segment.syn {
            assembler.begin(number);
            number = number.wrapping_add(1);
        }
        if !*done {
            match assembler.segment(number, segment.bytes, segment.fin, &mut |bytes| stream.arrive(bytes, out))? {
                Became::Again => seen.again += 1,
                Became::Early => seen.early += 1,
                Became::Next | Became::Empty => {}
            }
            if assembler.has_ended() {
                *done = true;
                stream.end(None, out)?;
            } else if assembler.gave_up() {
                *done = true;
                stream.end(assembler.lost(), out)?;
            }
        }
        if segment.rst || self.directions.iter().all(|direction| direction.done) {
            self.end(out)?;
        }
        Ok(())
    }

    /// No more comes in either direction.
    fn end(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        self.done = true;
        for direction in &mut self.directions {
            if !direction.done {
                direction.done = true;
                let lost = direction.assembler.lost();
                direction.stream.end(lost, out)?;
            }
        }
        Ok(())
    }
}
