//! Pairs of a publisher and a listener, which hears everything in order or hangs up in the middle of it.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;

use super::client::Plan;
use super::framed::Framed;
use super::model::Answer;
use super::script::{Batch, Script, words};
use super::tally::{Outcome, World, patient};

pub(crate) struct Pair {
    id: usize,
    script: Script,
    whims: Rng,
    world: Rc<World>,
    rounds: u64,
}

impl Pair {
    pub(crate) fn new(id: usize, seed: u64, world: Rc<World>) -> Self {
        let mut rng = Rng::with_seed(seed.rotate_left(32) ^ (id as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let whims = rng.fork();
        Self { id, script: Script::new(rng, world.pool.clone(), id), whims, world, rounds: 0 }
    }

    /// Talks until the run is over.
    pub(crate) async fn live(mut self) {
        while !self.world.over.get() {
            if let Err(wrong) = self.round().await {
                self.world.failed(&format!("pair {}, round {}", self.id, self.rounds), &wrong);
            }
        }
    }

    /// A listener comes, hears what is published, and leaves or is lost; whereupon nobody listens.
    async fn round(&mut self) -> Outcome {
        let (address, tally) = (self.world.address, &self.world.tally);
        let channel: Bytes = format!("pair:{}:{}", self.id, self.rounds).into();
        self.rounds += 1;
        tally.connections.add(2);
        let resp3 = self.script.rng.bool();
        let mut listener = Framed::connect(address, resp3).await?;
        let mut publisher = Framed::connect(address, !resp3).await?;
        let plan = Plan::default();
        listener.exchange(&Batch::subscribe(&channel), &plan, &mut self.whims, tally).await?;

        for _ in 0..self.script.rng.usize(1..5) {
            let (mut published, mut heard) = (Batch::default(), Batch::default());
            for _ in 0..self.script.rng.usize(1..30) {
                let text = self.script.text();
                published.asked.push(words("PUBLISH", &[&channel, &text]));
                published.answers.push(Answer::Integer(1));
                let [name, to] = [Bytes::from_static(b"message"), channel.clone()].map(Answer::Bulk);
                heard.answers.push(Answer::Push(vec![name, to, Answer::Bulk(text)]));
            }
            publisher.exchange(&published, &plan, &mut self.whims, tally).await?;
            tally.published.add(published.asked.len());
            if self.script.once_in(8) {
                break;
            }
            let pause = self.script.once_in(4).then(|| Duration::from_millis(self.script.rng.u64(5..100)));
            let plan = Plan { pause, ..Plan::default() };
            listener.exchange(&heard, &plan, &mut self.whims, tally).await?;
        }
        if self.script.rng.bool() {
            tally.resets.add(1);
            listener.reset()?;
        } else {
            drop(listener);
        }
        patient(publisher.until_nobody_hears(&channel), "a listener that has gone is still served").await
    }
}
