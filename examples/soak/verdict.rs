//! What is watched, and what is made of it.

use std::fmt::Display;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;
use wireview_codecs::resp::Value;

use super::client::{Client, SHARED};
use super::framed::Framed;
use super::plot;
use super::process::{Holds, Process};
use super::script::words;
use super::tally::{Outcome, Tally, World, Wrong};

/// In a shorter run, stores and allocators have not settled.
const JUDGED_FROM: Duration = Duration::from_secs(60);

/// Memory may be higher at the end than early on by a tenth and this much: what is stored goes up and down.
const SLACK: u64 = 4 << 20;

/// So many bytes more may be allocated at the end than at the start: tables that have grown to hold all clients.
const HEAP_SLACK: u64 = 64 << 10;

/// When all has been freed, resident memory may be higher by so much and a quarter of the most there was: what the allocator
/// does not give back.
const KEPT_SLACK: u64 = 8 << 20;

/// How often the server is asked whether it has let go of everything, and how long in between.
const LOOKS: u32 = 250;
const BETWEEN: Duration = Duration::from_millis(20);

/// What the server's process holds when nobody is connected and nothing stored.
struct Base {
    holds: Holds,
    heap: u64,
    resident: u64,
}

/// One run, from beginning to end.
pub(crate) struct Run {
    pub(crate) world: Rc<World>,
    pub(crate) length: Duration,
    base: Base,
    left: Option<Base>,
    resident: Vec<u64>,
    heap: Vec<u64>,
    /// What was not as it should be once the clients had gone.
    leftovers: Option<String>,
}

impl Run {
    /// Takes down what the server holds, when it has seen one connection and what is made once has been made.
    pub(crate) async fn begin(process: &mut Process, world: Rc<World>) -> io::Result<Self> {
        let holds = process.holds()?;
        if let Err(wrong) = greet(&world).await {
            world.failed("the first client", &wrong);
        }
        let base = Base::settled(process, holds).await?;
        let length = Duration::ZERO;
        Ok(Self { world, length, base, left: None, resident: Vec::new(), heap: Vec::new(), leftovers: None })
    }

    pub(crate) fn sample(&mut self, process: &mut Process) {
        match (process.resident(), process.heap()) {
            (Ok(resident), Ok(heap)) => {
                self.resident.push(resident);
                self.heap.push(heap);
            }
            (Err(error), _) | (_, Err(error)) => self.world.failed("the server", &error.into()),
        }
    }

    /// Holds what is stored against what all clients say, and deletes it.
    pub(crate) async fn end(&mut self, process: &mut Process, clients: &mut [Client]) -> io::Result<()> {
        let is_right = self.world.wrong.borrow().is_none();
        if is_right && let Err(wrong) = inspect(&self.world, clients).await {
            self.leftovers = Some(wrong.0);
        }
        if let Err(wrong) = greet(&self.world).await {
            self.world.failed("the last client", &wrong);
        }
        self.left = Base::settled(process, self.base.holds).await.ok();
        Ok(())
    }

    /// What has been done so far.
    pub(crate) fn line(&self) -> String {
        let Tally { answers, connections, resets, cancelled, .. } = &self.world.tally;
        format!(
            "{} answers, {} connections, {} resets, {} cancelled, {} resident",
            answers.get(),
            connections.get(),
            resets.get(),
            cancelled.get(),
            mib(self.resident.last().copied().unwrap_or_default())
        )
    }

    /// Prints everything, stops the server, and says whether all was well.
    pub(crate) fn judge(self, process: Process) -> bool {
        self.totals();
        let stopped = process.stop();
        println!("\nVerdict");
        let wrong = self.world.wrong.borrow();
        let answers = self.world.tally.answers.get();
        let mut all = vec![
            match &*wrong {
                None => verdict(answers > 0, "answers", format!("{answers}, all of them right")),
                Some(wrong) => verdict(false, "answers", wrong),
            },
            match &self.leftovers {
                None if wrong.is_some() => not_judged("store", "not compared, since an answer was wrong"),
                None => verdict(true, "store", "every key is as its clients say, and there is no other"),
                Some(leftovers) => verdict(false, "store", leftovers),
            },
        ];
        all.extend(self.trend());
        match &self.left {
            Some(left) => all.extend(self.leaks(left)),
            None => all.push(verdict(false, "server", "it died")),
        }
        all.push(match stopped {
            Ok(status) => {
                verdict(status.code() == Some(0), "end", format!("on SIGTERM the server ended with {status}"))
            }
            Err(error) => verdict(false, "end", error),
        });
        all.into_iter().all(|is_well| is_well)
    }

    fn totals(&self) {
        let seconds = self.length.as_secs_f64();
        let tally = &self.world.tally;
        let rate = |count: u64| count as f64 / seconds;
        let [answers, asked, answered] = [&tally.answers, &tally.sent, &tally.received].map(|count| rate(count.get()));
        let (asked, answered) = (asked / 1e6, answered / 1e6);
        println!("\n{seconds:.1} s: {answers:.0} answers/s, {asked:.1} MB/s asked, {answered:.1} MB/s answered\n");
        for (count, what) in [
            (&tally.answers, "answers and messages checked"),
            (&tally.connections, "connections made"),
            (&tally.half_closes, "half-closed by the client"),
            (&tally.resets, "reset by the client, in the middle of requests and answers"),
            (&tally.settled, "of them with changes under way: the store as some prefix of them leaves it"),
            (&tally.cancelled, "futures dropped while they waited"),
            (&tally.pauses, "times that a client stopped reading"),
            (&tally.published, "messages published"),
        ] {
            println!("  {:>12}  {what}", count.get());
        }
        let Some([low, median, high]) = spread(&self.resident) else { return };
        println!("\nThe server's resident memory: {} to {}, median {}\n", mib(low), mib(high), mib(median));
        print!("{}", plot::bars(&self.resident, mib));
        println!("  {:>10} └ {:.0} s", "", self.length.as_secs_f64());
        if let Some([low, median, high]) = spread(&self.heap) {
            println!("Allocated and not freed, touched or not: {} to {}, median {}", mib(low), mib(high), mib(median));
        }
    }

    /// Whether memory grew. Both parts of the run are compared by their medians.
    fn trend(&self) -> Option<bool> {
        let fifth = self.resident.len() / 5;
        let early = median(&self.resident[fifth..2 * fifth])?;
        let late = median(&self.resident[4 * fifth..])?;
        let most = early + early / 10 + SLACK;
        let told = format!("median {} in the second fifth of the run, {} in the last", mib(early), mib(late));
        Some(if self.length < JUDGED_FROM {
            not_judged("memory", format!("{told}; too short a run to judge"))
        } else {
            verdict(late <= most, "memory", format!("{told}, where {} would be too much", mib(most)))
        })
    }

    /// Whether anything is left when nobody is connected and nothing stored.
    fn leaks(&self, left: &Base) -> [bool; 3] {
        let Holds { descriptors, threads } = self.base.holds;
        let most = self.base.resident + self.resident.iter().max().unwrap_or(&0) / 4 + KEPT_SLACK;
        [
            verdict(
                left.holds == self.base.holds,
                "handles",
                format!(
                    "{} descriptors and {} threads at the end, {descriptors} and {threads} at the start",
                    left.holds.descriptors, left.holds.threads
                ),
            ),
            verdict(
                left.heap <= self.base.heap + HEAP_SLACK,
                "heap",
                format!(
                    "{} bytes allocated with nothing stored, {} at the start; {HEAP_SLACK} more would be too much",
                    left.heap, self.base.heap
                ),
            ),
            verdict(
                left.resident <= most,
                "resident",
                format!(
                    "{} with nothing stored, {} at the start; {} would be too much",
                    mib(left.resident),
                    mib(self.base.resident),
                    mib(most)
                ),
            ),
        ]
    }
}

impl Base {
    /// What the server holds, once it holds no more handles than `expected`, or long after.
    async fn settled(process: &mut Process, expected: Holds) -> io::Result<Self> {
        for _ in 0..LOOKS {
            if process.holds()? == expected {
                break;
            }
            sleep(BETWEEN).await;
        }
        Ok(Self { holds: process.holds()?, heap: process.heap()?, resident: process.resident()? })
    }
}

/// Deletes everything, over a connection of its own.
async fn greet(world: &World) -> Outcome {
    let mut framed = Framed::connect(world.address, true).await?;
    framed
        .ask(&[words("FLUSHALL", &[])], |_, value| match value {
            Value::Simple(b"OK") => Ok(()),
            other => Err(Wrong(other.to_string())),
        })
        .await
}

/// All clients have gone: what they wrote is there, nothing else, and no connection.
async fn inspect(world: &World, clients: &mut [Client]) -> Outcome {
    let mut framed = Framed::connect(world.address, false).await?;
    let mut expected = 0;
    for client in clients.iter_mut() {
        client.inspect().await?;
        expected += client.keys();
    }
    let mut info = String::new();
    for _ in 0..LOOKS {
        let keep = |_: usize, value: &Value<&[u8]>| {
            info = String::from_utf8_lossy(value.bytes().unwrap_or(&&b""[..])).into_owned();
            Ok(())
        };
        framed.ask(&[words("INFO", &[])], keep).await?;
        if number(&info, "connected_clients:") == Some(1) {
            break;
        }
        sleep(BETWEEN).await;
    }
    let mut shared = 0;
    let count = |_: usize, value: &Value<&[u8]>| {
        shared = usize::from(*value == Value::Integer(1));
        Ok(())
    };
    framed.ask(&[words("EXISTS", &[&SHARED.into()])], count).await?;
    let told = (number(&info, "connected_clients:"), number(&info, "keys="));
    match told {
        (Some(1), Some(keys)) if keys == expected + shared => Ok(()),
        (Some(clients), Some(keys)) => Err(Wrong(format!(
            "{keys} keys in place of {}, {} connections that nobody has",
            expected + shared,
            clients - 1
        ))),
        _ => Err(Wrong(format!("INFO says {info}"))),
    }
}

/// The number behind `name`.
fn number(info: &str, name: &str) -> Option<usize> {
    let (_, rest) = info.split_once(name)?;
    rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

/// Prints a line of the verdict.
fn verdict(is_well: bool, what: &str, told: impl Display) -> bool {
    println!("  {:<6}{what:<10}{told}", if is_well { "ok" } else { "FAULT" });
    is_well
}

/// Prints a line that is for information.
fn not_judged(what: &str, told: impl Display) -> bool {
    println!("  {:<6}{what:<10}{told}", "-");
    true
}

fn median(samples: &[u64]) -> Option<u64> {
    spread(samples).map(|[_, median, _]| median)
}

/// The smallest, the median, the largest.
fn spread(samples: &[u64]) -> Option<[u64; 3]> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    Some([*sorted.first()?, sorted[sorted.len() / 2], *sorted.last()?])
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
