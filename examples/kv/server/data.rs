//! Commands on what is stored.

use std::mem;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wireview_codecs::resp;

use super::commands::{Call, Outcome, SYNTAX, integer, joined};
use super::log::Word;
use super::store::{Fields, List, Members, unix_millis};

/// Redis' `proto-max-bulk-len` bounds what a value may grow to, too.
const MAX_TEXT: usize = 512 << 20;

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    match call.state.store.borrow_mut().get::<Bytes>(call.arg(1))? {
        Some(text) => resp::bulk(call.out, &*text),
        None => resp::null(call.out, call.client.version),
    }
    Ok(())
}

pub(super) fn set(call: &mut Call<'_>) -> Outcome {
    let (key, text) = (call.arg(1), call.keep(call.arg(2)));
    let mut store = call.state.store.borrow_mut();
    if call.request.len() > 3 {
        let How { expires, if_exists } = how(call)?;
        if if_exists.is_some_and(|wanted| wanted != store.entry(key).is_some()) {
            resp::null(call.out, call.client.version);
            return Ok(());
        }
        call.effect(|| {
            let mut words = vec![Word::Copy(b"SET"), Word::Copy(key), Word::stored(&text)];
            if let Some(at) = expires {
                words.extend([Word::Copy(b"PXAT"), Word::Number(unix_millis(at))]);
            }
            words
        });
        store.set(key, text, expires);
    } else {
        call.effect(|| vec![Word::Copy(b"SET"), Word::Copy(key), Word::stored(&text)]);
        store.set(key, text, None);
    }
    call.ok()
}

/// The options of `SET`.
#[derive(Default)]
struct How {
    expires: Option<Instant>,
    /// Only if there is something (`XX`), only if there is nothing (`NX`).
    if_exists: Option<bool>,
}

fn how(call: &Call<'_>) -> Result<How, &'static str> {
    let mut how = How::default();
    let mut options = call.args(3);
    while let Some(option) = options.next() {
        let wanted = option.eq_ignore_ascii_case(b"xx");
        if wanted || option.eq_ignore_ascii_case(b"nx") {
            if how.if_exists.replace(wanted).is_some_and(|other| other != wanted) {
                return Err(SYNTAX);
            }
            continue;
        }
        let unit = match () {
            () if option.eq_ignore_ascii_case(b"ex") => 1000,
            () if option.eq_ignore_ascii_case(b"px") => 1,
            () => return Err(SYNTAX),
        };
        let count = integer(options.next().ok_or(SYNTAX)?)?;
        let millis = u64::try_from(count).ok().filter(|&count| count > 0).and_then(|count| count.checked_mul(unit));
        let expires = millis.and_then(|millis| Instant::now().checked_add(Duration::from_millis(millis)));
        if how.expires.replace(expires.ok_or("ERR invalid expire time in 'set' command")?).is_some() {
            return Err(SYNTAX);
        }
    }
    Ok(how)
}

pub(super) fn getset(call: &mut Call<'_>) -> Outcome {
    let (key, text) = (call.arg(1), call.keep(call.arg(2)));
    let mut store = call.state.store.borrow_mut();
    match store.get::<Bytes>(key)? {
        Some(old) => resp::bulk(call.out, mem::take(old)),
        None => resp::null(call.out, call.client.version),
    }
    call.effect(|| vec![Word::Copy(b"SET"), Word::Copy(key), Word::stored(&text)]);
    store.set(key, text, None);
    Ok(())
}

pub(super) fn mget(call: &mut Call<'_>) -> Outcome {
    let keys = call.args(1);
    let mut store = call.state.store.borrow_mut();
    resp::array(call.out, keys.left());
    for key in keys {
        match store.get::<Bytes>(key) {
            Ok(Some(text)) => resp::bulk(call.out, &*text),
            _ => resp::null(call.out, call.client.version),
        }
    }
    Ok(())
}

pub(super) fn mset(call: &mut Call<'_>) -> Outcome {
    let mut args = call.args(1);
    if args.left() % 2 == 1 {
        call.wrong_count("mset");
        return Ok(());
    }
    let mut store = call.state.store.borrow_mut();
    while let (Some(key), Some(text)) = (args.next(), args.next()) {
        store.set(key, call.keep(text), None);
    }
    call.changed();
    call.ok()
}

pub(super) fn append(call: &mut Call<'_>) -> Outcome {
    let (key, more) = (call.arg(1), call.arg(2));
    let mut store = call.state.store.borrow_mut();
    let text = store.get_or_default::<Bytes>(key)?;
    if text.len() + more.len() > MAX_TEXT {
        return Err("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }
    *text = joined(mem::take(text), more);
    call.changed();
    call.reply(text.len())
}

pub(super) fn strlen(call: &mut Call<'_>) -> Outcome {
    let len = call.state.store.borrow_mut().get::<Bytes>(call.arg(1))?.map_or(0, |text| text.len());
    call.reply(len)
}

pub(super) fn incr(call: &mut Call<'_>) -> Outcome {
    add(call, 1)
}

pub(super) fn decr(call: &mut Call<'_>) -> Outcome {
    add(call, -1)
}

pub(super) fn incrby(call: &mut Call<'_>) -> Outcome {
    add(call, call.integer(2)?)
}

pub(super) fn decrby(call: &mut Call<'_>) -> Outcome {
    add(call, call.integer(2)?.checked_neg().ok_or("ERR decrement would overflow")?)
}

fn add(call: &mut Call<'_>, by: i64) -> Outcome {
    let key = call.arg(1);
    let mut store = call.state.store.borrow_mut();
    let stored = store.get::<Bytes>(key)?;
    let number = stored.as_ref().map_or(Ok(0), |text| integer(text))?;
    let number = number.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
    let text = Bytes::from(number.to_string());
    match stored {
        Some(stored) => *stored = text,
        None => store.set(key, text, None),
    }
    call.changed();
    call.reply(number)
}

pub(super) fn del(call: &mut Call<'_>) -> Outcome {
    let mut store = call.state.store.borrow_mut();
    let count = call.args(1).filter(|key| store.remove(key)).count();
    if count > 0 {
        call.changed();
    }
    call.reply(count)
}

pub(super) fn exists(call: &mut Call<'_>) -> Outcome {
    let mut store = call.state.store.borrow_mut();
    let count = call.args(1).filter(|key| store.entry(key).is_some()).count();
    call.reply(count)
}

pub(super) fn lpush(call: &mut Call<'_>) -> Outcome {
    push(call, List::push_front)
}

pub(super) fn rpush(call: &mut Call<'_>) -> Outcome {
    push(call, List::push_back)
}

fn push(call: &mut Call<'_>, push: fn(&mut List, Bytes)) -> Outcome {
    let mut store = call.state.store.borrow_mut();
    let list: &mut List = store.get_or_default(call.arg(1))?;
    call.args(2).for_each(|item| push(list, call.keep(item)));
    call.changed();
    call.reply(list.len())
}

pub(super) fn lrange(call: &mut Call<'_>) -> Outcome {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let mut store = call.state.store.borrow_mut();
    let items = store.get::<List>(call.arg(1))?.map(|list| {
        let len = list.len() as i64;
        let from_end = |index: i64| if index < 0 { index.saturating_add(len).max(0) } else { index.min(len) };
        let end = if stop < -len { 0 } else { from_end(stop).saturating_add(1).min(len) };
        list.range(from_end(start).min(end) as usize..end as usize)
    });
    let items = items.unwrap_or_default();
    resp::array(call.out, items.len());
    items.for_each(|item| resp::bulk(call.out, item));
    Ok(())
}

pub(super) fn hset(call: &mut Call<'_>) -> Outcome {
    let mut args = call.args(2);
    if args.left() % 2 == 1 {
        call.wrong_count("hset");
        return Ok(());
    }
    let mut store = call.state.store.borrow_mut();
    let fields: &mut Fields = store.get_or_default(call.arg(1))?;
    let before = fields.len();
    while let (Some(field), Some(text)) = (args.next(), args.next()) {
        fields.entry_ref(field).insert(call.keep(text));
    }
    call.changed();
    call.reply(fields.len() - before)
}

pub(super) fn hget(call: &mut Call<'_>) -> Outcome {
    match call.state.store.borrow_mut().get::<Fields>(call.arg(1))?.and_then(|fields| fields.get(call.arg(2))) {
        Some(text) => resp::bulk(call.out, text),
        None => resp::null(call.out, call.client.version),
    }
    Ok(())
}

pub(super) fn sadd(call: &mut Call<'_>) -> Outcome {
    let mut store = call.state.store.borrow_mut();
    let members: &mut Members = store.get_or_default(call.arg(1))?;
    let count = call.args(2).filter(|member| members.insert((*member).into())).count();
    if count > 0 {
        call.changed();
    }
    call.reply(count)
}

pub(super) fn ttl(call: &mut Call<'_>) -> Outcome {
    let left = match call.state.store.borrow_mut().entry(call.arg(1)) {
        None => -2,
        Some(entry) => entry.expires.map_or(-1, |at| {
            let left = at.saturating_duration_since(Instant::now());
            ((left.as_millis() + 500) / 1000) as i64
        }),
    };
    call.reply(left)
}

pub(super) fn expire(call: &mut Call<'_>) -> Outcome {
    let seconds = call.integer(2)?;
    let mut store = call.state.store.borrow_mut();
    let key = call.arg(1);
    let found = match u64::try_from(seconds) {
        Err(_) | Ok(0) => {
            let found = store.remove(key);
            if found {
                call.effect(|| vec![Word::Copy(b"DEL"), Word::Copy(key)]);
            }
            found
        }
        Ok(seconds) => {
            let at = Instant::now().checked_add(Duration::from_secs(seconds));
            let at = at.ok_or("ERR invalid expire time in 'expire' command")?;
            let found = store.entry(key).map(|entry| entry.expires = Some(at)).is_some();
            if found {
                let at = unix_millis(at);
                call.effect(|| vec![Word::Copy(b"PEXPIREAT"), Word::Copy(key), Word::Number(at)]);
            }
            found
        }
    };
    call.reply(found)
}

pub(super) fn flushall(call: &mut Call<'_>) -> Outcome {
    call.state.store.borrow_mut().clear();
    call.changed();
    call.ok()
}
