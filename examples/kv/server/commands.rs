//! The commands, and the answers Redis gives to them.

use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use wireview::{Frame, Gather, Span};
use wireview_codecs::resp::{self, Args, Request, Version};

use super::State;
use super::log::Word;
use super::pubsub::Mailbox;
use super::replica::Intent;
use super::{connection, data, replica};

/// What the server knows of the peer.
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) name: Box<[u8]>,
    pub(super) version: Version,
    pub(super) quits: bool,
    pub(super) mailbox: Rc<Mailbox>,
    pub(super) intent: Intent,
}

impl Client {
    pub(super) fn new(id: i64) -> Self {
        Self {
            id,
            name: Box::default(),
            version: Version::Resp2,
            quits: false,
            mailbox: Rc::default(),
            intent: Intent::default(),
        }
    }
}

/// One request and everything a command may touch.
pub(super) struct Call<'a> {
    pub(super) request: Request<&'a [u8]>,
    /// The request as owned, if it is large.
    pub(super) frame: Option<&'a Frame<Request<Span>>>,
    pub(super) state: &'a State,
    pub(super) client: &'a mut Client,
    pub(super) out: &'a mut Gather,
}

/// The text of an error. A command that fails has written nothing.
pub(super) type Outcome = Result<(), &'static str>;

pub(super) const SYNTAX: &str = "ERR syntax error";
pub(super) const NO_INTEGER: &str = "ERR value is not an integer or out of range";

struct Command {
    name: &'static str,
    /// How many arguments it takes, its name included; if negative, at least so many.
    arity: i64,
    run: fn(&mut Call<'_>) -> Outcome,
}

const fn command(name: &'static str, arity: i64, run: fn(&mut Call<'_>) -> Outcome) -> Command {
    Command { name, arity, run }
}

/// The most frequent ones come first: they are looked for in this order.
const COMMANDS: &[Command] = &[
    command("get", 2, data::get),
    command("set", -3, data::set),
    command("incr", 2, data::incr),
    command("mget", -2, data::mget),
    command("hget", 3, data::hget),
    command("ping", -1, connection::ping),
    command("del", -2, data::del),
    command("exists", -2, data::exists),
    command("mset", -3, data::mset),
    command("hset", -4, data::hset),
    command("sadd", -3, data::sadd),
    command("lpush", -3, data::lpush),
    command("rpush", -3, data::rpush),
    command("lrange", 4, data::lrange),
    command("getset", 3, data::getset),
    command("decr", 2, data::decr),
    command("incrby", 3, data::incrby),
    command("decrby", 3, data::decrby),
    command("append", 3, data::append),
    command("strlen", 2, data::strlen),
    command("ttl", 2, data::ttl),
    command("expire", 3, data::expire),
    command("flushall", -1, data::flushall),
    command("publish", 3, connection::publish),
    command("subscribe", -2, connection::subscribe),
    command("unsubscribe", -1, connection::unsubscribe),
    command("echo", 2, connection::echo),
    command("select", 2, connection::select),
    command("hello", -1, connection::hello),
    command("client", -2, connection::client),
    command("config", -2, connection::config),
    command("command", -1, connection::commands),
    command("info", -1, connection::info),
    command("quit", -1, connection::quit),
    command("role", 1, replica::role),
    command("replconf", -1, replica::replconf),
    command("psync", -3, replica::psync),
    command("sync", 1, replica::sync),
];

/// What a client that listens may still ask in RESP2, where nothing tells an answer from a message.
const WHILE_LISTENING: &[&str] = &["ping", "subscribe", "unsubscribe", "quit"];

impl<'a> Call<'a> {
    /// Answers the request.
    #[inline]
    pub(super) fn run(mut self) {
        let Some(command) = COMMANDS.iter().find(|command| self.request.is(command.name)) else {
            return self.unknown();
        };
        let count = self.request.len() as i64;
        if count != command.arity && (command.arity > 0 || count < -command.arity) {
            return self.wrong_count(command.name);
        }
        if self.client.mailbox.listens()
            && self.client.version == Version::Resp2
            && !WHILE_LISTENING.contains(&command.name)
        {
            return self.fail(format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
                command.name
            ));
        }
        if let Err(error) = (command.run)(&mut self) {
            self.fail(error);
        }
    }

    /// Argument `i`, which the arity promises.
    #[inline]
    pub(super) fn arg(&self, i: usize) -> &'a [u8] {
        self.request.arg(i).unwrap_or_default()
    }

    /// The arguments from `i` on.
    pub(super) fn args(&self, i: usize) -> Args<'a> {
        let mut args = self.request.args();
        args.by_ref().take(i).for_each(drop);
        args
    }

    /// Argument `i` as a number, as strict as Redis: no plus, no blanks, no leading zeros.
    pub(super) fn integer(&self, i: usize) -> Result<i64, &'static str> {
        integer(self.arg(i))
    }

    /// A part of the request to be stored: copied, or a slice of a large request.
    #[inline]
    pub(super) fn keep(&self, part: &[u8]) -> Bytes {
        match self.frame {
            Some(frame) => frame.keep(part),
            None => Bytes::copy_from_slice(part),
        }
    }

    /// Tells the replicas that the request did to the store what it says.
    pub(super) fn changed(&self) {
        let word = |word: &'a [u8]| match self.frame {
            Some(_) => Word::Share(self.keep(word)),
            None => Word::Copy(word),
        };
        self.effect(|| self.args(0).map(word).collect());
    }

    /// Tells the replicas in other words: what a request did depends on the time, or on what there was.
    #[inline]
    pub(super) fn effect<'w>(&self, words: impl FnOnce() -> Vec<Word<'w>>) {
        self.state.replication.effect(words);
    }

    pub(super) fn ok(&mut self) -> Outcome {
        self.out.copy(b"+OK\r\n");
        Ok(())
    }

    pub(super) fn reply(&mut self, number: impl TryInto<i64>) -> Outcome {
        resp::integer(self.out, number.try_into().unwrap_or(i64::MAX));
        Ok(())
    }

    /// Answers with an error.
    #[cold]
    pub(super) fn fail(&mut self, error: impl AsRef<[u8]>) {
        resp::error(self.out, error);
    }

    #[cold]
    pub(super) fn wrong_count(&mut self, name: &str) {
        self.fail(format!("ERR wrong number of arguments for '{name}' command"));
    }

    #[cold]
    fn unknown(&mut self) {
        const SHOWN: usize = 128;
        let show = |word: &[u8]| String::from_utf8_lossy(&word[..word.len().min(SHOWN)]).into_owned();
        let mut error = format!("ERR unknown command '{}', with args beginning with: ", show(self.request.name()));
        for word in self.args(1) {
            if error.len() > SHOWN * 2 {
                break;
            }
            error.extend(["'", &show(word), "' "]);
        }
        self.fail(error);
    }

    #[cold]
    pub(super) fn unknown_subcommand(&mut self) -> Outcome {
        let [name, sub] = [self.arg(0).to_ascii_uppercase(), self.arg(1).to_vec()].map(|word| lossy(&word));
        self.fail(format!("ERR unknown subcommand '{sub}'. Try {name} HELP."));
        Ok(())
    }
}

fn lossy(word: &[u8]) -> String {
    String::from_utf8_lossy(&word[..word.len().min(128)]).into_owned()
}

/// The names and arities of all commands.
pub(super) fn table() -> impl ExactSizeIterator<Item = (&'static str, i64)> {
    COMMANDS.iter().map(|command| (command.name, command.arity))
}

/// A number in the one way Redis writes it.
pub(super) fn integer(text: &[u8]) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let plain = matches!(digits, [b'1'..=b'9', ..]) || text == b"0";
    let number = std::str::from_utf8(text).ok().filter(|_| plain).and_then(|text| text.parse().ok());
    number.ok_or(NO_INTEGER)
}

/// `text` with `more` behind it, in place if nobody else refers to it.
pub(super) fn joined(text: Bytes, more: &[u8]) -> Bytes {
    let mut text = text.try_into_mut().unwrap_or_else(|text| BytesMut::from(&text[..]));
    text.extend_from_slice(more);
    text.freeze()
}
