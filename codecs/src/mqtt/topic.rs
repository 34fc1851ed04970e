//! Topics and filters, section 4.7.

/// Whether messages can be published to `topic`: not empty, and without wildcards.
#[must_use]
pub fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#'])
}

/// Whether `filter` can be subscribed to: `+` is a level of its own, `#` is, too, and the last one.
#[must_use]
pub fn is_filter(filter: &str) -> bool {
    let mut levels = filter.split('/').rev();
    let last = levels.next().unwrap_or_default();
    let plain = |level: &str| level == "+" || !level.contains(['+', '#']);
    !filter.is_empty() && (last == "#" || plain(last)) && levels.all(plain)
}

/// Whether messages to `topic` are for those who subscribed to `filter`. Wildcards at its front do not match topics that begin
/// with `$`.
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        // `#` is also the level above it.
        if level == "#" {
            return true;
        }
        match topic.next() {
            Some(name) if level == "+" || level == name => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}
