//! A client on `wireview::tokio::Connection`: takes answers by every verb, and drops futures while they wait.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use wireview::Limits;
use wireview::tokio::Connection;
use wireview_codecs::resp::{self, Replies, Request, Value};

use super::client::Plan;
use super::model::{Answer, Words};
use super::script::{Batch, words};
use super::tally::{NO_ANSWER, Outcome, Tally, Wrong, patient};

pub(crate) struct Framed {
    conn: Connection<TcpStream, Replies>,
}

impl Framed {
    pub(crate) async fn connect(address: SocketAddr, resp3: bool) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        // Who asks goes on reading, however much is queued; the server does not.
        let limits = Limits::new().queued(u64::MAX, u64::MAX);
        let mut framed = Self { conn: Connection::with_limits(stream, Replies::new(), limits) };
        if resp3 {
            resp::command(&mut framed.conn.out(), &[&b"HELLO"[..], b"3"]);
            let greeting = framed.conn.next().await?.ok_or_else(closed)?.frame;
            let greeting = greeting.view()?;
            let proto = greeting.pairs().flatten().find(|(key, _)| *key == Value::Bulk(&b"proto"[..]));
            if !matches!((greeting, proto), (Value::Map(_), Some((_, Value::Integer(3))))) {
                return Err(Wrong(format!("no greeting, but {greeting}")));
            }
        }
        Ok(framed)
    }

    /// Sends a batch and checks the answers. Says how many were answered.
    pub(crate) async fn exchange(
        &mut self,
        batch: &Batch,
        plan: &Plan,
        whims: &mut Rng,
        tally: &Tally,
    ) -> Outcome<usize> {
        let sent = self.sent();
        self.queue(&batch.asked, whims, tally).await?;
        let count = batch.answers.len();
        let stop = plan.leaves.map_or(count, |leaves| leaves.of(count) - 1);
        let (mut answered, mut pause) = (0, plan.pause);
        let mut half_closes = plan.half_closes;
        while answered < stop {
            if half_closes && self.conn.out().is_empty() {
                self.conn.shutdown().await?;
                half_closes = false;
            }
            if let Some(pause) = pause.take_if(|_| whims.u32(..4) == 0) {
                tally.pauses.add(1);
                tokio::time::sleep(pause).await;
            }
            let taking = self.take(batch, answered..stop, whims, tally);
            answered += patient(taking, NO_ANSWER).await.map_err(|wrong| batch.wrong(answered, &wrong.0))?;
        }
        if half_closes {
            self.conn.shutdown().await?;
        }
        if plan.leaves.is_some() {
            // Some of the requests go out, perhaps not all.
            let _ = impatient(self.conn.flush(), whims.u32(..3)).await;
        }
        tally.sent.add((self.sent() - sent) as usize);
        Ok(answered)
    }

    /// How many bytes have been sent.
    fn sent(&mut self) -> u64 {
        self.conn.ledger().sent() - self.conn.out().size()
    }

    /// Asks, and hands each answer to `see`, which says what is wrong with it.
    pub(crate) async fn ask(
        &mut self,
        asked: &[Words],
        mut see: impl FnMut(usize, &Value<&[u8]>) -> Outcome,
    ) -> Outcome {
        for words in asked {
            resp::command(&mut self.conn.out(), words);
        }
        for index in 0..asked.len() {
            see(index, &self.conn.next().await?.ok_or_else(closed)?.frame.view()?)?;
        }
        Ok(())
    }

    /// Publishes on `channel`, to which one connection listens at most, until the server has let go of that.
    pub(crate) async fn until_nobody_hears(&mut self, channel: &Bytes) -> Outcome {
        let asked = [words("PUBLISH", &[channel, &Bytes::from_static(b"?")])];
        loop {
            let mut heard = false;
            self.ask(&asked, |_, value| {
                heard = *value == Value::Integer(1);
                right(heard || *value == Value::Integer(0), value, &Answer::Integer(0))
            })
            .await?;
            if !heard {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Puts requests into the queue, as messages or piece by piece, and begins to send them now and then.
    async fn queue(&mut self, asked: &[Words], whims: &mut Rng, tally: &Tally) -> Outcome {
        for words in asked {
            match (&words[..], whims.bool()) {
                ([name], true) => self.conn.send(Request::new([name.clone()])).await?,
                ([name, a], true) => self.conn.send(Request::new([name.clone(), a.clone()])).await?,
                ([name, a, b], true) => self.conn.send(Request::new([name.clone(), a.clone(), b.clone()])).await?,
                _ => resp::command(&mut self.conn.out(), words),
            }
            // Flushing to the end would wait for a peer that may be waiting for us to read.
            if whims.u32(..8) == 0 {
                match impatient(self.conn.flush(), whims.u32(..3)).await {
                    Some(flushed) => flushed?,
                    None => tally.cancelled.add(1),
                }
            }
        }
        Ok(())
    }

    /// Takes one answer or several that have come, and checks them.
    async fn take(
        &mut self,
        batch: &Batch,
        range: std::ops::Range<usize>,
        whims: &mut Rng,
        tally: &Tally,
    ) -> Outcome<usize> {
        let mut taken = range.start;
        let mut see = |value: &Value<&[u8]>| {
            let index = taken;
            taken += 1;
            match batch.answers.get(index) {
                Some(answer) if answer.is(value) => Ok(()),
                answer => Err(Wrong(unlike(value, answer))),
            }
        };
        let verb = whims.u32(..4);
        let before = self.conn.ledger().received;
        // Dropped while it waits, at most so many times, then waited for.
        for patience in (0..whims.u32(..3)).rev().map(Some).chain([None]) {
            let polls = patience.map_or(u32::MAX, |_| whims.u32(..3));
            let come = match verb {
                0 => impatient(self.conn.next(), polls)
                    .await
                    .map(|received| see(&received?.ok_or_else(closed)?.frame.view()?)),
                1 => impatient(self.conn.next(), polls)
                    .await
                    .map(|received| see(&received?.ok_or_else(closed)?.frame.into_frame()?.view())),
                2 => impatient(self.conn.next_views(), polls).await.map(|views| {
                    // Those that are not taken come again.
                    let most = whims.usize(1..10).min(range.len());
                    let (views, _) = views?.ok_or_else(closed)?;
                    views.take(most).try_for_each(|view| see(&view?))
                }),
                // A batch takes all that has come, be it more than is wanted.
                _ => impatient(self.conn.next_batch(), polls)
                    .await
                    .map(|come| come?.ok_or_else(closed)?.0.iter().try_for_each(|view| see(&view?))),
            };
            match come {
                Some(seen) => {
                    seen?;
                    break;
                }
                None => {
                    tally.cancelled.add(1);
                    yield_now().await;
                }
            }
        }
        tally.received.add((self.conn.ledger().received - before) as usize);
        tally.answers.add(taken - range.start);
        Ok(taken - range.start)
    }

    /// Writes a part of a request.
    pub(crate) async fn write_part(&mut self, words: &Words, whims: &mut Rng) -> Outcome {
        let mut out = wireview::Gather::new();
        resp::command(&mut out, words);
        let wire = out.chunks().collect::<Vec<_>>().concat();
        self.conn.out().copy(&wire[..whims.usize(1..wire.len())]);
        Ok(self.conn.flush().await?)
    }

    pub(crate) async fn shutdown(&mut self) -> Outcome {
        Ok(self.conn.shutdown().await?)
    }

    /// Waits for the end of the stream.
    pub(crate) async fn ends(&mut self) -> Outcome {
        match self.conn.next().await? {
            None => Ok(()),
            Some(received) => Err(Wrong(format!("{} at the end", received.frame.view()?))),
        }
    }

    pub(crate) fn reset(self) -> Outcome {
        Ok(self.conn.io().set_zero_linger()?)
    }
}

/// Drops `future` when it has been polled so many times more than once and is not ready.
async fn impatient<T>(future: impl Future<Output = T>, mut polls: u32) -> Option<T> {
    let mut future = pin!(future);
    // No wake-up may come for a long time, or ever.
    let mut enough = pin!(tokio::time::sleep(Duration::from_millis(2)));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(ready) => Poll::Ready(Some(ready)),
        Poll::Pending if polls == u32::MAX => Poll::Pending,
        Poll::Pending if polls == 0 => Poll::Ready(None),
        Poll::Pending => {
            polls -= 1;
            enough.as_mut().poll(cx).map(|()| None)
        }
    })
    .await
}

fn closed() -> Wrong {
    Wrong("closed with answers to come".into())
}

/// An error that tells both, unless the answer is right.
pub(crate) fn right(is: bool, value: &Value<&[u8]>, answer: &Answer) -> Outcome {
    if is { Ok(()) } else { Err(Wrong(unlike(value, Some(answer)))) }
}

pub(crate) fn unlike(value: &Value<&[u8]>, answer: Option<&Answer>) -> String {
    match answer {
        Some(answer) => {
            let expected = format!("{answer:?}");
            let cut = expected.char_indices().nth(100).map_or(expected.len(), |(at, _)| at);
            format!("wrong answer: {value} in place of {}", &expected[..cut])
        }
        None => format!("{value} answers nothing"),
    }
}
