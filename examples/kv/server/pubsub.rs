//! Who listens to which channel, and what waits for them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use tokio::sync::Notify;
use wireview::Gather;
use wireview_codecs::resp::{self, Version};

use super::store::Key;

/// Where published messages wait for one client.
#[derive(Default)]
pub(super) struct Mailbox {
    channels: RefCell<HashSet<Key>>,
    messages: RefCell<VecDeque<(Bytes, Bytes)>>,
    news: Notify,
}

impl Mailbox {
    pub(super) fn listens(&self) -> bool {
        !self.channels.borrow().is_empty()
    }

    /// The channels it listens to.
    pub(super) fn channels(&self) -> Vec<Key> {
        self.channels.borrow().iter().cloned().collect()
    }

    /// How many channels it listens to.
    pub(super) fn len(&self) -> usize {
        self.channels.borrow().len()
    }

    /// Ready when messages have come since the last time.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Moves what waits into the send queue.
    pub(super) fn deliver(&self, out: &mut Gather, version: Version) {
        for (channel, text) in self.messages.borrow_mut().drain(..) {
            resp::push(out, 3, version);
            resp::bulk(out, b"message");
            resp::bulk(out, channel);
            resp::bulk(out, text);
        }
    }

    fn post(&self, channel: &Bytes, text: &Bytes) {
        self.messages.borrow_mut().push_back((channel.clone(), text.clone()));
        self.news.notify_one();
    }
}

/// The listeners of all channels.
#[derive(Default)]
pub(super) struct Hub {
    channels: HashMap<Key, Vec<Rc<Mailbox>>>,
}

impl Hub {
    pub(super) fn subscribe(&mut self, mailbox: &Rc<Mailbox>, channel: &[u8]) {
        if mailbox.channels.borrow_mut().insert(channel.into()) {
            self.channels.entry_ref(channel).or_default().push(mailbox.clone());
        }
    }

    pub(super) fn unsubscribe(&mut self, mailbox: &Rc<Mailbox>, channel: &[u8]) {
        if mailbox.channels.borrow_mut().remove(channel)
            && let Some(mailboxes) = self.channels.get_mut(channel)
        {
            mailboxes.retain(|other| !Rc::ptr_eq(other, mailbox));
            if mailboxes.is_empty() {
                self.channels.remove(channel);
            }
        }
    }

    /// Unsubscribes from everything.
    pub(super) fn leave(&mut self, mailbox: &Rc<Mailbox>) {
        for channel in mailbox.channels() {
            self.unsubscribe(mailbox, &channel);
        }
    }

    /// Sends `text` to everyone who listens to `channel`, and says to how many.
    pub(super) fn publish(&self, channel: &[u8], text: impl FnOnce() -> Bytes) -> usize {
        let Some(mailboxes) = self.channels.get(channel) else { return 0 };
        let (channel, text) = (Bytes::copy_from_slice(channel), text());
        for mailbox in mailboxes {
            mailbox.post(&channel, &text);
        }
        mailboxes.len()
    }
}
