//! DNS over TCP: questions, and records as answers. Declared, but for names.
//!
//! ```text
//!                                      1  1  1  1  1  1
//!        0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
//!      ┌───────────────────────────────────────────────┐
//!      │           length of what follows              │  over TCP only
//!      ├───────────────────────────────────────────────┤
//!      │                      ID                       │  byte 0 of the message, for pointers
//!      ├──┬───────────┬──┬──┬──┬──┬──┬──┬──┬───────────┤
//!      │QR│  OPCODE   │AA│TC│RD│RA│ Z│AD│CD│   RCODE   │
//!      ├──┴───────────┴──┴──┴──┴──┴──┴──┴──┴───────────┤
//!      │ questions, answers, authorities, additionals  │  four counts of 16 bits
//!      ├───────────────────────────────────────────────┤
//!      │       so many questions and records           │
//!      └───────────────────────────────────────────────┘
//! ```
//!
//! The specification is RFC 1035, section 4 (over TCP, 4.2.2), with RFC 3596 (AAAA), RFC 2782 (SRV), RFC 4035 section 3 (AD, CD)
//! and RFC 6891 (OPT).
//!
//! ```
//! use wireview::{Deframer, Encode, Gather, Seq};
//! use wireview_codecs::dns::{Message, Messages, Name, Question, class, kind};
//!
//! let question = Question { name: Name::of("example.org")?, kind: kind::A, class: class::IN };
//! let query = Message { id: 7, recursion_desired: true, questions: Seq::write([question], ())?, ..Message::default() };
//! let mut out = Gather::new();
//! Messages::new().encode(query, &mut out)?;
//!
//! let mut deframer = Deframer::new(Messages::new());
//! out.chunks().for_each(|piece| deframer.feed(piece));
//! let lent = deframer.next()?.expect("a whole message");
//! let query = lent.view()?;
//! let question = query.questions.iter().next().expect("one")?;
//! assert_eq!(question.name.display(Message::bytes(lent.bytes())).to_string(), "example.org.");
//! # Ok::<(), wireview::Error>(())
//! ```
//!
//! | | checked | left to the handler |
//! | --- | --- | --- |
//! | message | its length, and that questions and records fill it | which counts and flags an opcode allows; Z is ignored |
//! | names | kinds and lengths of labels | where pointers lead: checked as they are followed, by [`Name::labels`] |
//! | records | lengths; the form of A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV and OPT | all other types, which are kept as bytes; classes; that there is one OPT at most |
//!
//! The data of a record is read as its type says. In the updates of RFC 2136 and the addresses of class CH it has another form:
//! those messages are refused.
//!
//! # Pointers
//! A name may go on where another one stands, so a record cannot be understood without its message, and a message that is built
//! from parts of another must not take over names with pointers. A message that was read and is written again unchanged keeps
//! every byte in its place, and so its pointers. Names that are [made](Name::new) here have none.

mod name;
mod record;

#[cfg(test)]
mod tests;

pub use name::{Labels, Name};
pub use record::{CharacterString, Data, EdnsOption, Question, Record, Soa, class, kind};

use wireview::declare::{Computed, Declared};
use wireview::{Seq, Span, Wire};

/// Reads and writes messages over TCP, in both directions.
pub type Messages = Declared<Message<Span>>;

/// One message, RFC 1035 section 4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Wire)]
#[wire(frame(length = u16, counts = after, max = 65_535))]
pub struct Message<B> {
    /// Ties an answer to its question.
    pub id: u16,
    /// It is an answer.
    #[wire(bits = 1)]
    pub response: bool,
    /// 0 a standard query, 4 a notification, 5 an update.
    #[wire(bits = 4)]
    pub opcode: u8,
    /// Who answers is responsible for the name.
    #[wire(bits = 1)]
    pub authoritative: bool,
    /// Not all of it: over TCP, nothing more can be done.
    #[wire(bits = 1)]
    pub truncated: bool,
    /// Whoever is asked shall ask others.
    #[wire(bits = 1)]
    pub recursion_desired: bool,
    /// Whoever is asked does so.
    #[wire(bits = 1)]
    pub recursion_available: bool,
    /// Z: reserved.
    #[wire(bits = 1, ignore)]
    pub reserved: (),
    /// AD: the data was verified.
    #[wire(bits = 1)]
    pub authentic: bool,
    /// CD: it need not be.
    #[wire(bits = 1)]
    pub checking_disabled: bool,
    /// How it went: the lower four bits, more of which an OPT record may hold.
    #[wire(bits = 4)]
    pub code: u8,
    /// Of `questions`.
    pub question_count: Computed<u16>,
    /// Of `answers`.
    pub answer_count: Computed<u16>,
    /// Of `authorities`.
    pub authority_count: Computed<u16>,
    /// Of `additionals`.
    pub additional_count: Computed<u16>,
    /// What is asked.
    #[wire(count = question_count, max = 65_535)]
    pub questions: Seq<B, Question<Span>>,
    /// What answers it.
    #[wire(count = answer_count, max = 65_535)]
    pub answers: Seq<B, Record<Span>>,
    /// Who is responsible.
    #[wire(count = authority_count, max = 65_535)]
    pub authorities: Seq<B, Record<Span>>,
    /// What may be of use, and OPT.
    #[wire(count = additional_count, max = 65_535)]
    pub additionals: Seq<B, Record<Span>>,
}

impl Message<()> {
    /// The bytes in which pointers count: `frame` without the length in front of it.
    #[must_use]
    pub fn bytes(frame: &[u8]) -> &[u8] {
        frame.get(2..).unwrap_or_default()
    }
}
