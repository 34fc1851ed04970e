//! The life of a client: connection after connection, each ended in another way.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;

use super::framed::{Framed, right, unlike};
use super::model::{Answer, Model, Words};
use super::raw::Raw;
use super::script::{Batch, Script, words};
use super::tally::{Outcome, Tally, World, patient};

/// How a batch is exchanged.
#[derive(Default)]
pub(crate) struct Plan {
    /// Leave when a part of it is done, and reset the connection.
    pub(crate) leaves: Option<Leaves>,
    /// Close the sending direction behind the last request.
    pub(crate) half_closes: bool,
    /// Stop reading for so long, once.
    pub(crate) pause: Option<Duration>,
}

/// After which part, in 256ths.
#[derive(Clone, Copy)]
pub(crate) struct Leaves(u8);

impl Leaves {
    /// That part of a whole, at least 1.
    pub(crate) fn of(self, whole: usize) -> usize {
        (whole * usize::from(self.0) / 256).max(1)
    }
}

pub(crate) struct Client {
    id: usize,
    script: Script,
    /// For what depends on the timing, so that it does not change the script.
    whims: Rng,
    model: Model,
    world: Rc<World>,
    connections: u64,
    /// What it has written beside the other clients, under a key that all share.
    shared: Bytes,
}

impl Client {
    pub(crate) fn new(id: usize, seed: u64, world: Rc<World>) -> Self {
        let mut rng = Rng::with_seed(seed ^ (id as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let whims = rng.fork();
        let script = Script::new(rng, world.pool.clone(), id);
        Self { id, script, whims, model: Model::default(), world, connections: 0, shared: Bytes::new() }
    }

    /// Lives until the run is over, and leaves its keys as it says.
    pub(crate) async fn live(mut self) -> Option<Self> {
        while !self.world.over.get() {
            if let Err(wrong) = self.session().await {
                self.world.failed(&format!("client {}, connection {}", self.id, self.connections), &wrong);
                return None;
            }
        }
        Some(self)
    }

    /// How many keys are left in the store.
    pub(crate) fn keys(&self) -> usize {
        self.model.len()
    }

    /// Asks for all keys and holds them against the model.
    pub(crate) async fn inspect(&mut self) -> Outcome {
        let mut framed = Framed::connect(self.world.address, false).await?;
        let shared = Answer::Bulk(self.shared.clone());
        if !self.shared.is_empty() {
            let asked = [words("HGET", &[&SHARED.into(), &self.id.to_string().into()])];
            framed.ask(&asked, |_, value| right(shared.is(value), value, &shared)).await?;
        }
        self.observe(&mut framed, vec![self.model.clone()]).await
    }

    /// One connection.
    async fn session(&mut self) -> Outcome {
        self.connections += 1;
        self.world.tally.connections.add(1);
        let (raw, resp3) = (self.script.rng.bool(), self.script.rng.bool());
        let mut line = Line::connect(self.world.address, raw, resp3).await?;
        // A RESP3 client may listen and ask. What others hear of its channel tells when the server is done with it.
        let channel: Bytes = format!("{}:{}", self.id, self.connections).into();
        let is_known = self.script.rng.bool() && resp3;
        if is_known {
            self.exchange(&mut line, &Batch::subscribe(&channel), &Plan::default()).await?;
        }
        for _ in 0..self.script.rng.usize(..10) {
            if self.world.over.get() {
                break;
            }
            let mut batch = self.script.batch(&mut self.model);
            self.share(&mut batch);
            let plan = Plan { pause: self.pause(), ..Plan::default() };
            self.exchange(&mut line, &batch, &plan).await?;
        }
        match self.script.rng.u32(..8) {
            0 => {
                let quit = Batch { asked: vec![words("QUIT", &[])], answers: vec![Answer::Simple("OK")] };
                self.exchange(&mut line, &quit, &Plan::default()).await?;
                line.ends().await
            }
            1 => {
                self.world.tally.half_closes.add(1);
                let batch = self.script.batch(&mut self.model);
                let plan = Plan { half_closes: true, pause: self.pause(), leaves: None };
                self.exchange(&mut line, &batch, &plan).await?;
                line.ends().await
            }
            2 => Ok(()),
            3 => self.reset(line),
            4 => {
                let request = self.script.forbidden();
                line.write_part(&request, &mut self.whims).await?;
                match self.script.rng.u32(..3) {
                    0 => self.reset(line),
                    1 => Ok(()),
                    _ => {
                        self.world.tally.half_closes.add(1);
                        line.shutdown().await?;
                        line.ends().await
                    }
                }
            }
            5.. if is_known => {
                let before = self.model.clone();
                let batch = self.script.batch(&mut self.model);
                let plan = Plan { leaves: Some(self.leaves()), pause: self.pause(), half_closes: false };
                let (answered, sent) = self.exchange(&mut line, &batch, &plan).await?;
                self.reset(line)?;
                self.settle(before, &batch.asked, answered..=sent, &channel).await
            }
            _ => {
                let batch = self.script.questions(&mut self.model);
                let plan = Plan { leaves: Some(self.leaves()), pause: self.pause(), half_closes: false };
                self.exchange(&mut line, &batch, &plan).await?;
                self.reset(line)
            }
        }
    }

    async fn exchange(&mut self, line: &mut Line, batch: &Batch, plan: &Plan) -> Outcome<(usize, usize)> {
        line.exchange(batch, plan, &mut self.whims, &self.world.tally).await
    }

    fn reset(&self, line: Line) -> Outcome {
        self.world.tally.resets.add(1);
        line.reset()
    }

    fn pause(&mut self) -> Option<Duration> {
        self.script.once_in(6).then(|| Duration::from_millis(self.script.rng.u64(5..200)))
    }

    fn leaves(&mut self) -> Leaves {
        Leaves(self.script.rng.u8(..))
    }

    /// Writes beside the other clients, now and then.
    fn share(&mut self, batch: &mut Batch) {
        if self.script.once_in(4) {
            let text = self.script.text();
            let is_new = self.shared.is_empty();
            if text.is_empty() {
                return;
            }
            self.shared = text;
            batch.asked.push(words("HSET", &[&SHARED.into(), &self.id.to_string().into(), &self.shared]));
            batch.answers.push(usize::from(is_new).into());
        }
    }

    /// Waits until the server has let go of the connection, and holds what is stored against what it may have run of
    /// `asked`: all that was answered, nothing that was not sent, and in order.
    async fn settle(
        &mut self,
        before: Model,
        asked: &[Words],
        ran: std::ops::RangeInclusive<usize>,
        channel: &Bytes,
    ) -> Outcome {
        let mut framed = Framed::connect(self.world.address, false).await?;
        patient(framed.until_nobody_hears(channel), "a reset connection is still served").await?;
        let mut model = before;
        let mut candidates = Vec::new();
        for (count, words) in asked.iter().enumerate() {
            if ran.contains(&count) {
                candidates.push(model.clone());
            }
            model.apply(words);
        }
        if ran.contains(&asked.len()) {
            candidates.push(model);
        }
        self.world.tally.settled.add(1);
        self.observe(&mut framed, candidates).await
    }

    /// Holds what is stored against several models, one of which must be right, and goes on with that one.
    async fn observe(&mut self, framed: &mut Framed, mut candidates: Vec<Model>) -> Outcome {
        let asked = self.script.inspection();
        let mut told = None;
        let observing = framed.ask(&asked, |index, value| {
            candidates.retain_mut(|model| {
                let answer = model.apply(&asked[index]);
                let is = answer.is(value);
                if !is {
                    told = Some(answer);
                }
                is
            });
            match &told {
                Some(answer) if candidates.is_empty() => {
                    let batch = Batch { asked: asked.clone(), answers: Vec::new() };
                    Err(batch.wrong(index, &format!("what is stored is wrong: {}", unlike(value, Some(answer)))))
                }
                _ => Ok(()),
            }
        });
        patient(observing, "no answer to what is asked of all keys").await?;
        self.world.tally.answers.add(asked.len());
        self.model = candidates.swap_remove(0);
        Ok(())
    }
}

/// The key under which all clients write, each a field of its own.
pub(crate) const SHARED: &str = "shared";

/// A connection of either kind.
enum Line {
    Raw(Raw),
    Framed(Box<Framed>),
}

impl Line {
    async fn connect(address: SocketAddr, raw: bool, resp3: bool) -> Outcome<Self> {
        Ok(if raw {
            Self::Raw(Raw::connect(address, resp3).await?)
        } else {
            Self::Framed(Box::new(Framed::connect(address, resp3).await?))
        })
    }

    /// How many were answered, and how many may have been run.
    async fn exchange(
        &mut self,
        batch: &Batch,
        plan: &Plan,
        whims: &mut Rng,
        tally: &Tally,
    ) -> Outcome<(usize, usize)> {
        match self {
            Self::Raw(raw) => raw.exchange(batch, plan, whims, tally).await,
            Self::Framed(framed) => Ok((framed.exchange(batch, plan, whims, tally).await?, batch.asked.len())),
        }
    }

    async fn write_part(&mut self, words: &Words, whims: &mut Rng) -> Outcome {
        match self {
            Self::Raw(raw) => raw.write_part(words, whims).await,
            Self::Framed(framed) => framed.write_part(words, whims).await,
        }
    }

    async fn shutdown(&mut self) -> Outcome {
        match self {
            Self::Raw(raw) => raw.shutdown().await,
            Self::Framed(framed) => framed.shutdown().await,
        }
    }

    async fn ends(&mut self) -> Outcome {
        let ends = async {
            match self {
                Self::Raw(raw) => raw.ends().await,
                Self::Framed(framed) => framed.ends().await,
            }
        };
        patient(ends, "the server does not close").await
    }

    fn reset(self) -> Outcome {
        match self {
            Self::Raw(raw) => raw.reset(),
            Self::Framed(framed) => framed.reset(),
        }
    }
}
