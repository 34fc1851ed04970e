//! What the server must answer: a small Redis that is a map and nothing else.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use wireview_codecs::resp::Value;

/// A command and its arguments.
pub(crate) type Words = Vec<Bytes>;

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const NO_INTEGER: &str = "ERR value is not an integer or out of range";
const OVERFLOW: &str = "ERR increment or decrement would overflow";

/// What an answer must be.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Simple(&'static str),
    Error(&'static str),
    Integer(i64),
    Bulk(Bytes),
    Null,
    Array(Vec<Self>),
    /// In RESP3 a push, in RESP2 an array.
    Push(Vec<Self>),
}

impl Answer {
    /// Whether `value` is that answer.
    pub(crate) fn is(&self, value: &Value<&[u8]>) -> bool {
        match (self, value) {
            (Self::Simple(text), Value::Simple(got)) | (Self::Error(text), Value::Error(got)) => {
                text.as_bytes() == *got
            }
            (Self::Integer(number), Value::Integer(got)) => number == got,
            (Self::Bulk(bytes), Value::Bulk(got)) => bytes == got,
            (Self::Null, Value::Null(_)) => true,
            (Self::Array(answers) | Self::Push(answers), Value::Array(parts))
            | (Self::Push(answers), Value::Push(parts)) => {
                let mut parts = parts.iter();
                answers.iter().all(|answer| parts.next().is_some_and(|part| part.is_ok_and(|part| answer.is(&part))))
                    && parts.next().is_none()
            }
            _ => false,
        }
    }

    /// The answer as bytes, written without the help of the codec that it is to test.
    pub(crate) fn write(&self, resp3: bool, out: &mut Vec<Bytes>) {
        match self {
            Self::Simple(text) => out.push(format!("+{text}\r\n").into()),
            Self::Error(text) => out.push(format!("-{text}\r\n").into()),
            Self::Integer(number) => out.push(format!(":{number}\r\n").into()),
            Self::Bulk(bytes) => {
                out.extend([format!("${}\r\n", bytes.len()).into(), bytes.clone(), Bytes::from_static(b"\r\n")]);
            }
            Self::Null => out.push(Bytes::from_static(if resp3 { b"_\r\n" } else { b"$-1\r\n" })),
            Self::Array(answers) | Self::Push(answers) => {
                let tag = if resp3 && matches!(self, Self::Push(_)) { '>' } else { '*' };
                out.push(format!("{tag}{}\r\n", answers.len()).into());
                answers.iter().for_each(|answer| answer.write(resp3, out));
            }
        }
    }
}

impl From<Option<Bytes>> for Answer {
    fn from(text: Option<Bytes>) -> Self {
        text.map_or(Self::Null, Self::Bulk)
    }
}

impl From<usize> for Answer {
    fn from(count: usize) -> Self {
        Self::Integer(count as i64)
    }
}

#[derive(Clone, Debug)]
enum Stored {
    Text(Bytes),
    List(VecDeque<Bytes>),
    Fields(BTreeMap<Bytes, Bytes>),
}

/// What is stored, as one client knows it. Cloning it counts references and copies no value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    keys: HashMap<Bytes, Stored>,
}

impl Model {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How long the text or the list under `key` is.
    pub(crate) fn size(&self, key: &Bytes) -> usize {
        match self.keys.get(key) {
            Some(Stored::Text(text)) => text.len(),
            Some(Stored::List(items)) => items.iter().map(Bytes::len).sum(),
            Some(Stored::Fields(_)) | None => 0,
        }
    }

    /// Does what the server is to do, and says what it is to answer.
    ///
    /// # Panics
    /// If the script has a command that is not known here.
    pub(crate) fn apply(&mut self, words: &[Bytes]) -> Answer {
        self.run(words).unwrap_or_else(Answer::Error)
    }

    fn run(&mut self, words: &[Bytes]) -> Result<Answer, &'static str> {
        Ok(match (&words[0][..], &words[1..]) {
            (b"PING", []) => Answer::Simple("PONG"),
            (b"ECHO", [text]) => Answer::Bulk(text.clone()),
            (b"GET", [key]) => self.text(key)?.into(),
            (b"MGET", keys) => Answer::Array(keys.iter().map(|key| self.text(key).ok().flatten().into()).collect()),
            (b"STRLEN", [key]) => self.text(key)?.map_or(0, |text| text.len()).into(),
            (b"EXISTS", keys) => keys.iter().filter(|key| self.keys.contains_key(*key)).count().into(),
            (b"SET", [key, text]) => self.set(key, text.clone()),
            (b"SET", [key, text, how]) => match self.keys.contains_key(key) == (how == "XX") {
                true => self.set(key, text.clone()),
                false => Answer::Null,
            },
            (b"MSET", pairs) => {
                pairs.chunks_exact(2).for_each(|pair| drop(self.set(&pair[0], pair[1].clone())));
                Answer::Simple("OK")
            }
            (b"GETSET", [key, text]) => {
                let old = self.text(key)?;
                self.set(key, text.clone());
                old.into()
            }
            (b"APPEND", [key, more]) => {
                let text = [&self.text(key)?.unwrap_or_default()[..], more].concat();
                let len = text.len();
                self.set(key, text.into());
                len.into()
            }
            (b"INCR", [key]) => self.add(key, 1)?,
            (b"DECR", [key]) => self.add(key, -1)?,
            (b"INCRBY", [key, number]) => self.add(key, integer(number)?)?,
            (b"DEL", keys) => keys.iter().filter(|key| self.keys.remove(*key).is_some()).count().into(),
            (b"LPUSH", [key, items @ ..]) => self.push(key, items, VecDeque::push_front)?,
            (b"RPUSH", [key, items @ ..]) => self.push(key, items, VecDeque::push_back)?,
            (b"LRANGE", [key, start, stop]) => self.range(key, integer(start)?, integer(stop)?)?,
            (b"HSET", [key, field, text]) => {
                match self.keys.entry(key.clone()).or_insert_with(|| Stored::Fields(BTreeMap::new())) {
                    Stored::Fields(fields) => usize::from(fields.insert(field.clone(), text.clone()).is_none()).into(),
                    _ => return Err(WRONG_TYPE),
                }
            }
            (b"HGET", [key, field]) => match self.keys.get(key) {
                Some(Stored::Fields(fields)) => fields.get(field).cloned().into(),
                None => Answer::Null,
                _ => return Err(WRONG_TYPE),
            },
            _ => panic!("the model does not know {words:?}"),
        })
    }

    fn text(&self, key: &Bytes) -> Result<Option<Bytes>, &'static str> {
        match self.keys.get(key) {
            Some(Stored::Text(text)) => Ok(Some(text.clone())),
            None => Ok(None),
            _ => Err(WRONG_TYPE),
        }
    }

    fn set(&mut self, key: &Bytes, text: Bytes) -> Answer {
        self.keys.insert(key.clone(), Stored::Text(text));
        Answer::Simple("OK")
    }

    fn add(&mut self, key: &Bytes, more: i64) -> Result<Answer, &'static str> {
        let number = self.text(key)?.map_or(Ok(0), |text| integer(&text))?;
        let sum = number.checked_add(more).ok_or(OVERFLOW)?;
        self.set(key, sum.to_string().into());
        Ok(Answer::Integer(sum))
    }

    fn push(
        &mut self,
        key: &Bytes,
        items: &[Bytes],
        push: fn(&mut VecDeque<Bytes>, Bytes),
    ) -> Result<Answer, &'static str> {
        match self.keys.entry(key.clone()).or_insert_with(|| Stored::List(VecDeque::new())) {
            Stored::List(list) => {
                items.iter().for_each(|item| push(list, item.clone()));
                Ok(list.len().into())
            }
            _ => Err(WRONG_TYPE),
        }
    }

    fn range(&self, key: &Bytes, start: i64, stop: i64) -> Result<Answer, &'static str> {
        let list = match self.keys.get(key) {
            Some(Stored::List(list)) => list,
            None => return Ok(Answer::Array(Vec::new())),
            _ => return Err(WRONG_TYPE),
        };
        let len = list.len() as i64;
        let place = |at: i64| if at < 0 { at + len } else { at };
        let wanted = (0..len).filter(|at| (place(start)..=place(stop)).contains(at));
        Ok(Answer::Array(wanted.map(|at| Answer::Bulk(list[at as usize].clone())).collect()))
    }
}

/// A number as Redis writes it, and in no other way.
fn integer(text: &[u8]) -> Result<i64, &'static str> {
    let number: Option<i64> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.filter(|number| number.to_string().as_bytes() == text).ok_or(NO_INTEGER)
}
