//! Topics and filters, section 4.7.

/// Whether messages can be published to `topic`: not empty, and without wildcards.
#[must_use]
pub fn is_topic(topic: impl AsRef<[u8]>) -> bool {
    let topic = topic.as_ref();
    !topic.is_empty() && !has_wildcards(topic)
}

/// Whether `filter` can be subscribed to: `+` is a level of its own, `#` is, too, and the last one.
#[must_use]
pub fn is_filter(filter: impl AsRef<[u8]>) -> bool {
    let filter = filter.as_ref();
    let mut levels = levels(filter).rev();
    let plain = |level: &[u8]| level == b"+" || !has_wildcards(level);
    let last = levels.next().is_some_and(|last| last == b"#" || plain(last));
    !filter.is_empty() && last && levels.all(plain)
}

/// Whether messages to `topic` are for those who subscribed to `filter`. Wildcards at its front do not match topics that begin
/// with `$`.
#[must_use]
pub fn matches(filter: impl AsRef<[u8]>, topic: impl AsRef<[u8]>) -> bool {
    let (filter, topic) = (filter.as_ref(), topic.as_ref());
    if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
        return false;
    }
    let mut names = levels(topic);
    for level in levels(filter) {
        // `#` is also the level above it.
        if level == b"#" {
            return true;
        }
        match names.next() {
            Some(name) if level == b"+" || level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

fn has_wildcards(level: &[u8]) -> bool {
    level.iter().any(|byte| matches!(byte, b'+' | b'#'))
}

fn levels(topic: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    topic.split(|byte| *byte == b'/')
}
