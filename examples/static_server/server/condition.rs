//! Conditional requests (RFC 9110, 13).

use std::time::{Duration, SystemTime};

use wireview_codecs::http1::Request;

/// What a condition is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validators<'a> {
    /// A strong one, with its quotes.
    pub(super) tag: &'a [u8],
    /// In whole seconds.
    pub(super) modified: SystemTime,
}

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Serve,
    /// 304
    NotModified,
    /// 412
    Failed,
}

/// Judges the conditions of a `GET` or `HEAD`, in the order of RFC 9110, 13.2.2.
pub(super) fn judge(request: &Request<&[u8]>, validators: Validators<'_>) -> Verdict {
    let headers = request.headers();
    if headers.get("if-match").is_some() {
        if !headers.get_all("if-match").any(|field| is_listed(field, validators.tag, true)) {
            return Verdict::Failed;
        }
    } else if let Some(date) = headers.get("if-unmodified-since").and_then(date)
        && validators.modified > date
    {
        return Verdict::Failed;
    }
    if headers.get("if-none-match").is_some() {
        if headers.get_all("if-none-match").any(|field| is_listed(field, validators.tag, false)) {
            return Verdict::NotModified;
        }
    } else if let Some(date) = headers.get("if-modified-since").and_then(date)
        && validators.modified <= date
    {
        return Verdict::NotModified;
    }
    Verdict::Serve
}

/// Whether a `Range` is to be honoured, as far as `If-Range` has a say (13.1.5).
pub(super) fn honours_range(request: &Request<&[u8]>, validators: Validators<'_>, now: SystemTime) -> bool {
    let Some(field) = request.header("if-range") else { return true };
    if field.starts_with(b"\"") || field.starts_with(b"W/") {
        return field == validators.tag;
    }
    // A date is a strong validator only if the file cannot have changed again within its second (8.8.2.2).
    let settled = now.duration_since(validators.modified).is_ok_and(|age| age > Duration::from_secs(1));
    settled && date(field) == Some(validators.modified)
}

fn date(field: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(field).ok()?).ok()
}

/// Whether `tag` is in a list of entity tags, or the list is `*`. Compared strongly, a weak one is equal to none.
fn is_listed(field: &[u8], tag: &[u8], strongly: bool) -> bool {
    if field == b"*" {
        return true;
    }
    let mut rest = field;
    loop {
        rest = rest.trim_ascii_start();
        while let [b',', after @ ..] = rest {
            rest = after.trim_ascii_start();
        }
        let weak = rest.starts_with(b"W/");
        let opaque = if weak { &rest[2..] } else { rest };
        // A comma may be inside of the quotes.
        let Some(b"\"") = opaque.get(..1) else { return false };
        let Some(end) = opaque[1..].iter().position(|byte| *byte == b'"') else { return false };
        if &opaque[..end + 2] == tag && !(weak && strongly) {
            return true;
        }
        rest = &opaque[end + 2..];
    }
}

#[cfg(test)]
mod tests {
    use wireview::Codec;
    use wireview_codecs::http1::Requests;

    use super::*;

    const FIVE: &str = "Thu, 01 Jan 1970 00:00:05 GMT";
    const SIX: &str = "Thu, 01 Jan 1970 00:00:06 GMT";
    const FOUR: &str = "Thursday, 01-Jan-70 00:00:04 GMT";

    fn ask<R>(fields: &str, judge: impl FnOnce(&Request<&[u8]>, Validators<'_>) -> R) -> R {
        let input = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let mut codec = Requests::new();
        codec.delimit(input.as_bytes()).expect("lawful");
        let request = codec.parse(input.as_bytes()).expect("lawful").head().expect("a head");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
        judge(&request, Validators { tag: b"\"a,b\"", modified })
    }

    #[test]
    fn conditions_are_judged_in_order() {
        use Verdict::{Failed, NotModified, Serve};
        for (fields, verdict) in [
            (String::new(), Serve),
            ("If-Match: *\r\n".into(), Serve),
            ("If-Match: \"x\", \"a,b\"\r\n".into(), Serve),
            ("If-Match: \"x\"\r\nIf-Match: \"a,b\"\r\n".into(), Serve),
            ("If-Match: W/\"a,b\"\r\n".into(), Failed),
            ("If-Match: \"a\"\r\n".into(), Failed),
            ("If-Match: a,b\r\n".into(), Failed),
            ("If-None-Match: *\r\n".into(), NotModified),
            ("If-None-Match: ,, \"x\" ,W/\"a,b\"\r\n".into(), NotModified),
            ("If-None-Match: \"x\"\r\n".into(), Serve),
            (format!("If-Unmodified-Since: {FIVE}\r\n"), Serve),
            (format!("If-Unmodified-Since: {FOUR}\r\n"), Failed),
            (format!("If-Modified-Since: {FIVE}\r\n"), NotModified),
            (format!("If-Modified-Since: {SIX}\r\n"), NotModified),
            (format!("If-Modified-Since: {FOUR}\r\n"), Serve),
            ("If-Modified-Since: yesterday\r\n".into(), Serve),
            // What comes first decides.
            (format!("If-Match: \"a,b\"\r\nIf-Unmodified-Since: {FOUR}\r\n"), Serve),
            (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {SIX}\r\n"), Serve),
            ("If-Match: \"x\"\r\nIf-None-Match: \"a,b\"\r\n".into(), Failed),
            ("If-Match: \"a,b\"\r\nIf-None-Match: \"a,b\"\r\n".into(), NotModified),
        ] {
            assert_eq!(ask(&fields, judge), verdict, "{fields}");
        }
    }

    #[test]
    fn a_range_is_honoured_of_the_same_file_only() {
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let soon = SystemTime::UNIX_EPOCH + Duration::from_secs(6);
        for (fields, now, honoured) in [
            (String::new(), late, true),
            ("If-Range: \"a,b\"\r\n".into(), late, true),
            ("If-Range: W/\"a,b\"\r\n".into(), late, false),
            ("If-Range: \"x\"\r\n".into(), late, false),
            (format!("If-Range: {FIVE}\r\n"), late, true),
            (format!("If-Range: {FIVE}\r\n"), soon, false),
            (format!("If-Range: {SIX}\r\n"), late, false),
            ("If-Range: yesterday\r\n".into(), late, false),
        ] {
            let told = ask(&fields, |request, validators| honours_range(request, validators, now));
            assert_eq!(told, honoured, "{fields}");
        }
    }
}
