//! Deleting what is too old, or too much.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Log;
use super::open::remove;

impl Log {
    /// Deletes the oldest segments while the log is too long, or they are too old. What is being sent of them is sent to its end.
    /// Answers how many bytes are gone.
    pub(crate) fn retain(&mut self, now: SystemTime) -> io::Result<u64> {
        if self.failed || self.syncing {
            return Ok(0);
        }
        let mut deleted = 0;
        // The last one ends first, if it has to go.
        let active = self.active();
        let (len, latest) = (active.len, active.max_timestamp);
        if len > 0 && self.is_old(latest, now) && self.visible.offset == self.end {
            self.roll()?;
            self.show();
        }
        while self.segments.len() > 1 && self.rolled.first() != Some(&self.segments[0].base) {
            let first = &self.segments[0];
            let much =
                self.config.retention_bytes >= 0 && self.size() - first.len >= self.config.retention_bytes as u64;
            if !much && !self.is_old(first.max_timestamp, now) || self.visible.segment == first.base {
                break;
            }
            remove(&self.dir, first.base)?;
            deleted += first.len;
            self.segments.remove(0);
        }
        Ok(deleted)
    }

    fn is_old(&self, timestamp: i64, now: SystemTime) -> bool {
        let Ok(limit) = u64::try_from(self.config.retention_ms) else { return false };
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        timestamp >= 0 && now.saturating_sub(timestamp) > limit as i64
    }
}
