//! A page of its own, to be clicked through: the messages on the left, the tree of one of them, and its bytes.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::message::Message;
use super::super::stream::{End, Label};
use super::Show;
use super::json::{ended, hex, object};

/// How many bytes of a message are in the page.
const MOST: usize = 64 * 1024;

/// The page up to the messages, and what follows them.
const PAGE: &str = include_str!("page.html");
const HERE: &str = "/*messages*/";

/// Writes the page while messages come.
pub(crate) struct Html<W> {
    out: W,
    codec: String,
    file: String,
    begun: bool,
}

impl<W: Write> Html<W> {
    pub(crate) fn new(out: W, codec: &str) -> Self {
        Self { out, codec: codec.into(), file: String::new(), begun: false }
    }

    fn item(&mut self, label: &Label, mut item: Value) -> io::Result<()> {
        item["file"] = json!(self.file);
        item["stream"] = json!(label.id);
        item["from"] = json!(label.name);
        self.put(&item)
    }

    fn put(&mut self, item: &Value) -> io::Result<()> {
        if !self.begun {
            let (front, _) = PAGE.split_once(HERE).unwrap_or((PAGE, ""));
            self.out.write_all(front.as_bytes())?;
            write!(self.out, "{}", script(&json!({ "codec": self.codec })))?;
            self.begun = true;
        }
        write!(self.out, ",\n{}", script(item))
    }
}

/// As it may stand in a script: nothing in it ends the element.
fn script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

impl<W: Write> Show for Html<W> {
    fn file(&mut self, name: &str) -> io::Result<()> {
        name.clone_into(&mut self.file);
        Ok(())
    }

    fn message(&mut self, label: &Label, message: &Message<'_>) -> io::Result<()> {
        let mut item = object(message);
        item["bytes"] = json!(hex(&message.bytes[..message.bytes.len().min(MOST)]));
        self.item(label, item)
    }

    fn end(&mut self, label: &Label, end: &End<'_>) -> io::Result<()> {
        let mut item = ended(end);
        item["end"] = json!(true);
        if let Some(refused) = end.refused {
            item["bytes"] = json!(hex(&refused.bytes[..refused.bytes.len().min(MOST)]));
            item["length"] = json!(refused.bytes.len());
        }
        self.item(label, item)
    }

    fn finish(&mut self, not_shown: u64) -> io::Result<()> {
        self.put(&json!({ "not_shown": not_shown }))?;
        let (_, behind) = PAGE.split_once(HERE).unwrap_or((PAGE, ""));
        self.out.write_all(behind.as_bytes())?;
        self.out.flush()
    }
}
