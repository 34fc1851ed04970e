//! What a client asks: drawn from its seed, and from nothing else.

use bytes::Bytes;
use fastrand::Rng;

use super::model::{Answer, Model, Words};
use super::tally::Wrong;

/// The keys of a client: texts and numbers, then lists, then fields; now and then one is used for what it is not.
const KEYS: usize = 12;
const FIELDS: [&str; 3] = ["a", "b", "c"];

/// A key that has grown beyond this many bytes is deleted or written anew.
const MAX_GROWN: usize = 256 << 10;

/// Where the ways part: what is copied when kept, copied when sent, a read, a request whose values are shared.
const THRESHOLDS: [usize; 7] = [512, 2 << 10, 4 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10];

/// The bytes of which all values are made. A value of one client is most likely none of another's.
pub(crate) fn pool(rng: &mut Rng) -> Bytes {
    let mut pool = vec![0; 1 << 20];
    rng.fill(&mut pool);
    pool.into()
}

/// Commands that are sent together, and their answers.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) asked: Vec<Words>,
    pub(crate) answers: Vec<Answer>,
}

impl Batch {
    fn push(&mut self, words: Words, model: &mut Model) {
        self.answers.push(model.apply(&words));
        self.asked.push(words);
    }

    /// What is wrong with the answer to a command.
    pub(crate) fn wrong(&self, index: usize, what: &str) -> Wrong {
        let show = |word: &Bytes| match word.len() {
            ..40 => word.escape_ascii().to_string(),
            len => format!("[{len} bytes]"),
        };
        let asked: Vec<_> = self.asked.get(index).into_iter().flatten().take(8).map(show).collect();
        Wrong(format!("{what}; asked was {} (command {} of {})", asked.join(" "), index + 1, self.asked.len()))
    }

    /// The first channel that a connection listens to.
    pub(crate) fn subscribe(channel: &Bytes) -> Self {
        let name = Answer::Bulk(Bytes::from_static(b"subscribe"));
        let confirmed = Answer::Push(vec![name, Answer::Bulk(channel.clone()), Answer::Integer(1)]);
        Self { asked: vec![words("SUBSCRIBE", &[channel])], answers: vec![confirmed] }
    }
}

/// Decides what a client does. The same seed makes the same decisions, whatever the timing; only what has grown too long is
/// deleted in place of growing on, and how long it has grown depends on what was run before a reset.
pub(crate) struct Script {
    pub(crate) rng: Rng,
    pool: Bytes,
    keys: Vec<Bytes>,
}

impl Script {
    pub(crate) fn new(rng: Rng, pool: Bytes, client: usize) -> Self {
        Self { rng, pool, keys: (0..KEYS).map(|key| format!("{client}:{key}").into()).collect() }
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    /// A few commands or many, as they change the model.
    pub(crate) fn batch(&mut self, model: &mut Model) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..self.depth() {
            let words = if self.once_in(3) { self.question() } else { self.change(model) };
            batch.push(words, model);
        }
        batch
    }

    /// Commands that change nothing, so that it does not matter which of them are run.
    pub(crate) fn questions(&mut self, model: &mut Model) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..self.depth() {
            batch.push(self.question(), model);
        }
        batch
    }

    /// Asks for everything that can be known of the client's keys.
    pub(crate) fn inspection(&self) -> Vec<Words> {
        let ask = |name: &'static str, args: &[&Bytes]| words(name, args);
        let mut asked = Vec::new();
        for key in &self.keys {
            asked.push(ask("GET", &[key]));
            asked.push(ask("LRANGE", &[key, &"0".into(), &"-1".into()]));
            asked.extend(FIELDS.map(|field| ask("HGET", &[key, &field.into()])));
        }
        asked
    }

    /// A command that would show, were it run.
    pub(crate) fn forbidden(&mut self) -> Words {
        let text = self.text();
        words("SET", &[&self.key(), &text, &"NX".into()][..if self.rng.bool() { 2 } else { 3 }])
    }

    fn depth(&mut self) -> usize {
        match self.rng.u32(..10) {
            0..4 => 1,
            4..7 => self.rng.usize(2..8),
            7..9 => self.rng.usize(8..64),
            _ => self.rng.usize(64..256),
        }
    }

    fn key(&mut self) -> Bytes {
        self.keys[self.rng.usize(..KEYS)].clone()
    }

    /// A key of a kind: 0 for texts, 1 for lists, 2 for fields; once in thirty times, of whatever kind.
    fn key_of(&mut self, kind: usize) -> Bytes {
        match self.once_in(30) {
            true => self.key(),
            false => self.keys[kind * KEYS / 3 + self.rng.usize(..KEYS / 3)].clone(),
        }
    }

    /// Most values are small, some lie about a threshold, few are large.
    pub(crate) fn text(&mut self) -> Bytes {
        let len = match self.rng.u32(..100) {
            0..4 => 0,
            4..70 => self.rng.usize(1..100),
            70..84 => self.rng.usize(100..3000),
            84..98 => {
                let near = self.rng.usize(..81);
                THRESHOLDS[self.rng.usize(..THRESHOLDS.len())] + near - 40
            }
            _ => self.rng.usize(100 << 10..400 << 10),
        };
        let at = self.rng.usize(..self.pool.len() - len);
        self.pool.slice(at..at + len)
    }

    fn number(&mut self) -> Bytes {
        match self.rng.u32(..20) {
            0 => i64::MAX.to_string(),
            1 => "007".into(),
            2 => "-0".into(),
            _ => self.rng.i64(-1000..1000).to_string(),
        }
        .into()
    }

    fn question(&mut self) -> Words {
        match self.rng.u32(..12) {
            0..5 => words("GET", &[&self.key_of(0)]),
            5 => {
                let keys: Vec<_> = (0..self.rng.usize(1..=8)).map(|_| self.key()).collect();
                words("MGET", &keys.iter().collect::<Vec<_>>())
            }
            6 => words("STRLEN", &[&self.key_of(0)]),
            7 => words("EXISTS", &[&self.key(), &self.key(), &self.key()]),
            8 => {
                let [start, stop] = [(); 2].map(|()| self.rng.i64(-40..40).to_string().into());
                words("LRANGE", &[&self.key_of(1), &start, &stop])
            }
            9 => words("HGET", &[&self.key_of(2), &self.field()]),
            10 => words("ECHO", &[&self.text()]),
            _ => words("PING", &[]),
        }
    }

    fn change(&mut self, model: &Model) -> Words {
        match self.rng.u32(..24) {
            0..7 => words("SET", &[&self.key_of(0), &self.text()]),
            7 => words("SET", &[&self.key_of(0), &self.text(), &["NX", "XX"][self.rng.usize(..2)].into()]),
            8 => words("SET", &[&self.key_of(0), &self.number()]),
            9 => words("GETSET", &[&self.key_of(0), &self.text()]),
            10 => {
                let pairs: Vec<_> = (0..self.rng.usize(1..=5)).flat_map(|_| [self.key_of(0), self.text()]).collect();
                words("MSET", &pairs.iter().collect::<Vec<_>>())
            }
            11..14 => {
                let key = self.key_of(0);
                if model.size(&key) > MAX_GROWN {
                    words("DEL", &[&key])
                } else {
                    words("APPEND", &[&key, &self.text()])
                }
            }
            14 => words("INCR", &[&self.key_of(0)]),
            15 => words("DECR", &[&self.key_of(0)]),
            16 => words("INCRBY", &[&self.key_of(0), &self.number()]),
            17 => words("DEL", &[&self.key(), &self.key()]),
            18..21 => {
                let key = self.key_of(1);
                let items: Vec<_> = (0..self.rng.usize(1..=6)).map(|_| self.text()).collect();
                let args: Vec<_> = std::iter::once(&key).chain(&items).collect();
                let name = ["LPUSH", "RPUSH"][self.rng.usize(..2)];
                if model.size(&key) > MAX_GROWN { words("DEL", &[&key]) } else { words(name, &args) }
            }
            _ => words("HSET", &[&self.key_of(2), &self.field(), &self.text()]),
        }
    }

    fn field(&mut self) -> Bytes {
        FIELDS[self.rng.usize(..FIELDS.len())].into()
    }
}

/// A command of a name and its arguments.
pub(crate) fn words(name: &'static str, args: &[&Bytes]) -> Words {
    let mut words = vec![Bytes::from_static(name.as_bytes())];
    words.extend(args.iter().map(|&arg| arg.clone()));
    words
}
