//! A partition: its log, and who waits for it.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use wireview_codecs::kafka::ErrorCode;

use super::log::{Appended, Log};
use super::{Broker, Lock};

/// A partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) log: Lock<Log>,
    /// The offset behind the last record that is given out; `i64::MAX` when nothing will come any more.
    visible: watch::Sender<i64>,
}

impl Partition {
    pub(super) fn new(log: Log) -> Self {
        let visible = watch::Sender::new(log.visible());
        Self { log: Lock(Mutex::new(log)), visible }
    }

    /// Appends a batch. It is not on the disk then.
    pub(super) fn append(self: &Arc<Self>, broker: &Arc<Broker>, records: &[u8]) -> Result<Appended, ErrorCode> {
        let appended = self.log.lock().append(records)?;
        self.bring(broker, false);
        if !broker.settings.durable() {
            self.show(broker);
        }
        Ok(appended)
    }

    /// Brings to the disk what is to be there, unless that is under way.
    pub(super) fn bring(self: &Arc<Self>, broker: &Arc<Broker>, active: bool) {
        // Whoever brings anything brings what others wait for, too.
        let active = active || broker.settings.durable();
        let Some(pass) = self.log.lock().begin_sync(active) else { return };
        let (partition, broker) = (self.clone(), broker.clone());
        tokio::spawn(async move {
            let mut pass = pass;
            loop {
                let told = spawn_blocking(move || (pass.run(), pass)).await;
                // It was taken away: the server stops.
                let Ok((done, ended)) = told else { return };
                broker.tally.lock().syncs += 1;
                let next = {
                    let mut log = partition.log.lock();
                    log.end_sync(&ended, done);
                    log.begin_sync(active)
                };
                partition.show(&broker);
                // What came meanwhile goes together.
                let Some(next) = next else { return };
                pass = next;
            }
        });
    }

    /// Tells everybody how far the log is.
    fn show(&self, broker: &Broker) {
        let (visible, failed) = {
            let log = self.log.lock();
            (log.visible(), log.has_failed())
        };
        self.visible.send_replace(if failed { i64::MAX } else { visible });
        broker.news.send_modify(|count| *count += 1);
    }

    /// Waits until everything in front of `end` is given out.
    pub(super) async fn reach(&self, end: i64) -> Result<(), ErrorCode> {
        let mut visible = self.visible.subscribe();
        let reached = visible.wait_for(|visible| *visible >= end).await.map(|visible| *visible);
        match reached {
            Ok(i64::MAX) | Err(_) => Err(ErrorCode::KAFKA_STORAGE_ERROR),
            Ok(_) => Ok(()),
        }
    }

    /// Deletes what is too old, or too much.
    pub(super) fn retain(&self) -> u64 {
        let deleted = self.log.lock().retain(SystemTime::now());
        deleted.unwrap_or_else(|error| {
            eprintln!("retention: {error}");
            0
        })
    }

    /// Nothing will come any more.
    pub(super) fn close(&self) {
        self.visible.send_replace(i64::MAX);
    }
}
