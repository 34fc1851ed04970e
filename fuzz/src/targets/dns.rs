//! DNS messages: the laws, and every name followed to its root.

use wireview::View;
use wireview::laws::Laws;
use wireview::{Codec, Result};
use wireview_codecs::dns::{Data, Message, Messages, Name, Record};

/// A stream of messages, each with its length in front.
pub fn dns(bytes: &[u8]) {
    let laws = Laws::all();
    let outcome = laws.verify_with(Messages::new, bytes, walk).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Messages::new, bytes);
    for seen in &outcome.frames {
        let Ok(message) = Messages::new().parse(&seen.bytes) else { continue };
        let bytes = Message::bytes(&seen.bytes);
        for question in message.questions {
            follow(&question.expect("questions were checked").name, bytes);
        }
        for record in records(&message) {
            let record = record.expect("records were checked");
            follow(&record.name, bytes);
            match record.data {
                Data::Ns(name) | Data::Cname(name) | Data::Ptr(name) => follow(&name, bytes),
                Data::Mx { exchange, .. } => follow(&exchange, bytes),
                Data::Srv { target, .. } => follow(&target, bytes),
                Data::Soa(soa) => [soa.server, soa.mailbox].iter().for_each(|name| follow(name, bytes)),
                Data::Txt(strings) => assert_eq!(strings.iter().flatten().count(), strings.len()),
                Data::Opt(options) => assert_eq!(options.iter().flatten().count(), options.len()),
                Data::A(_) | Data::Aaaa(_) | Data::Other { .. } => {}
            }
        }
    }
}

fn records<'a>(message: &View<'a, Messages>) -> impl Iterator<Item = Result<Record<&'a [u8]>>> {
    message.answers.into_iter().chain(message.authorities).chain(message.additionals)
}

fn walk(message: View<'_, Messages>) {
    assert_eq!(message.questions.iter().flatten().count(), message.questions.len());
    let counted = message.answers.len() + message.authorities.len() + message.additionals.len();
    assert_eq!(records(&message).flatten().count(), counted);
}

/// Wherever its pointers lead, a name comes to an end, and to no more than 255 bytes.
fn follow(name: &Name<&[u8]>, message: &[u8]) {
    let labels: Vec<_> = name.labels(message).collect();
    let len: usize = labels.iter().flatten().map(|label| label.len() + 1).sum();
    assert!(len < 255 && labels.iter().flatten().all(|label| (1..64).contains(&label.len())));
    assert!(labels.iter().position(Result::is_err).is_none_or(|bad| bad + 1 == labels.len()));
    assert!(!name.display(message).to_string().is_empty());
}
