//! Redis traffic: pipelined commands on a few connections, every answer checked.

use std::error::Error;
use std::net::SocketAddr;
use std::ops::Range;

use bytes::Bytes;
use tokio::net::TcpStream;
use wireview::Gather;
use wireview::tokio::Connection;
use wireview_codecs::resp::{self, Replies, Value};

use super::Tour;
use super::print::{self, Row};
use super::receive::{Verb, receive};

/// How many commands make a round, and how many of them are under way at a time.
const COUNT: usize = 48 << 10;
const WINDOW: usize = 512;

pub(crate) fn drive(tour: &mut Tour, server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let Tour { runtime, checks, rounds, bar, .. } = tour;
    let script = Script::new();
    let mut contenders = Vec::new();
    for verb in Verb::ALL {
        let stream = runtime.block_on(TcpStream::connect(server))?;
        stream.set_nodelay(true)?;
        contenders.push((verb, Connection::new(stream, Replies::new()), Row::new(verb.name(), COUNT)));
    }
    let mut first = 0;
    bar.set_message("commands");
    for round in 0..=*rounds {
        for (verb, conn, row) in &mut contenders {
            let mut answered = first..first + COUNT;
            let mut asked = answered.clone();
            first = answered.end;
            row.time(round, || {
                asked.by_ref().take(WINDOW).for_each(|number| script.ask(number, &mut conn.out()));
                runtime.block_on(receive(conn, *verb, COUNT, |reply, out| {
                    let number = answered.next().unwrap_or_default();
                    checks.check(script.is_answer(number, &reply), || format!("command {number}: {reply}"));
                    // Goes out with others, when everything that has come is answered.
                    if let Some(number) = asked.next() {
                        script.ask(number, out);
                    }
                }))
            })?;
        }
        bar.inc(1);
    }

    let rows: Vec<Row> = contenders.into_iter().map(|(_, conn, row)| row.with_ledger(conn.ledger())).collect();
    tour.bar.suspend(|| {
        println!("\nRedis commands over loopback TCP: SET GET GET INCR …, {WINDOW} under way, every answer checked\n");
        println!("  {:<24}{:>12}{:>12}{:>12}", "", "answers/s", "received/s", "sent/s");
        for row in &rows {
            let ledger = row.ledger.unwrap_or_default();
            let each = |bytes: u64| bytes as f64 / row.seen as f64 * row.rate();
            let (received, sent) = (print::bytes(each(ledger.received)), print::bytes(each(ledger.sent())));
            println!("  {:<24}{:>12}{received:>12}{sent:>12}", row.name, print::count(row.rate()));
        }
    });
    tour.books.push(("commands".into(), rows));
    Ok(())
}

/// What is asked, and what must be answered: `SET`, `GET`, `GET`, `INCR`, and so on, each turn on another key, which gets
/// another value whenever its turn comes. All follows from the number of the command.
struct Script {
    keys: Vec<Bytes>,
    values: Bytes,
}

impl Script {
    fn new() -> Self {
        let keys = (0..1000).map(|key| format!("key:{key}").into()).collect();
        Self { keys, values: (0..20 << 10).map(|i: u32| i.wrapping_mul(0x9e37_79b9).to_be_bytes()[0]).collect() }
    }

    fn ask(&self, number: usize, out: &mut Gather) {
        let turn = number / 4;
        let key = &self.keys[turn % self.keys.len()];
        match number % 4 {
            // A large value is not copied into the send queue, but shared.
            0 => resp::command(out, &[&Bytes::from_static(b"SET"), key, &self.values.slice(Self::value(turn))]),
            3 => resp::command(out, &[&b"INCR"[..], b"turns"]),
            _ => resp::command(out, &[&b"GET"[..], key]),
        }
    }

    fn is_answer(&self, number: usize, reply: &Value<&[u8]>) -> bool {
        let turn = number / 4;
        *reply
            == match number % 4 {
                0 => Value::Simple(&b"OK"[..]),
                3 => Value::Integer(turn as i64 + 1),
                _ => Value::Bulk(&self.values[Self::value(turn)]),
            }
    }

    /// Where in `values` the value of a turn lies: 64 bytes, now and then 16 KiB.
    const fn value(turn: usize) -> Range<usize> {
        let start = turn % 4001;
        start..start + if turn.is_multiple_of(50) { 16 << 10 } else { 64 }
    }
}
