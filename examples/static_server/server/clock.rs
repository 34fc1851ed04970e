//! The time, in words.

use std::time::{Duration, SystemTime};

/// The time as `Date` and the access log have it, written anew once a second.
#[derive(Debug)]
pub(super) struct Clock {
    until: SystemTime,
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    pub(super) date: String,
    /// `06/Nov/1994:08:49:37 +0000`
    pub(super) stamp: String,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { until: SystemTime::UNIX_EPOCH, date: String::new(), stamp: String::new() }
    }

    /// Looks what time it is.
    #[inline]
    pub(super) fn look(&mut self) -> SystemTime {
        let now = SystemTime::now();
        let left = self.until.duration_since(now);
        // Set back, a clock is believed, too.
        if !left.is_ok_and(|left| !left.is_zero() && left <= Duration::from_secs(1)) {
            self.write(now);
        }
        now
    }

    #[cold]
    fn write(&mut self, now: SystemTime) {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.until = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds + 1);
        let date = httpdate::fmt_http_date(now);
        self.stamp = format!("{}/{}/{}:{} +0000", &date[5..7], &date[8..11], &date[12..16], &date[17..25]);
        self.date = date;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_written_once() {
        let mut clock = Clock::new();
        clock.write(SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_900));
        assert_eq!(clock.date, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(clock.stamp, "06/Nov/1994:08:49:37 +0000");
        let now = clock.look();
        assert_eq!(clock.date, httpdate::fmt_http_date(now));
    }
}
