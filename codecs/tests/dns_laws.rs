//! The laws hold for DNS.

use bytes::Bytes;
use wireview::declare::Computed;
use wireview::laws::{Draw, Laws};
use wireview::{Seq, codec_laws};
use wireview_codecs::dns::{CharacterString, Data, EdnsOption, Message, Messages, Name, Question, Record, Soa};

codec_laws!(
    messages,
    Messages::new(),
    round_trip,
    [
        b"\0\x1d\0\x01\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01",
        b"\0\x40\0\x02\x85\x80\0\x01\0\x02\0\0\0\0\x01F\x03ISI\x04ARPA\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x34\xc0\x0c\0\x0f\0\x01\0\0\0\x01\0\x04\0\x0a\xc0\x0e",
        b"\0\x2e\0\x03\x81\x23\0\0\0\x01\0\0\0\x01\x01a\0\0\x10\0\x01\0\0\0\0\0\x04\x02hi\0\0\0\x29\x10\0\0\0\x80\0\0\x04\0\x0a\0\0",
        b"\0\x0c\0\x04\0\0\0\0\0\0\0\0\0\0",
        b"\0\x1d\0\x05\x80\0\0\0\0\x01\0\0\0\0\0\xff\xff\0\x01\0\0\0\0\0\x06opaque",
    ],
    Laws::all()
);

fn name(draw: &mut Draw<'_>) -> Name<Bytes> {
    let labels: Vec<_> = (0..draw.below(4)).map(|_| draw.bytes(62)).map(|label| [&label[..], b"x"].concat()).collect();
    Name::new(labels.iter().map(|label| &label[..])).expect("at most 193 bytes")
}

fn record(draw: &mut Draw<'_>) -> Record<Bytes> {
    let number = |draw: &mut Draw<'_>| draw.number() as u16;
    let data = match draw.below(11) {
        0 => Data::A((draw.number() as u32).into()),
        1 => Data::Ns(name(draw)),
        2 => Data::Cname(name(draw)),
        3 => {
            let (server, mailbox) = (name(draw), name(draw));
            let mut number = || draw.number() as u32;
            let [serial, refresh, retry, expire, minimum] = [number(), number(), number(), number(), number()];
            Data::Soa(Soa { server, mailbox, serial, refresh, retry, expire, minimum })
        }
        4 => Data::Ptr(name(draw)),
        5 => Data::Mx { preference: number(draw), exchange: name(draw) },
        6 => {
            let strings: Vec<_> =
                (0..draw.below(3)).map(|_| CharacterString { bytes: Bytes::from(draw.bytes(255)) }).collect();
            Data::Txt(Seq::write(strings, ()).expect("short"))
        }
        7 => Data::Aaaa((u128::from(draw.number()) << 64 | u128::from(draw.number())).into()),
        8 => Data::Srv { priority: number(draw), weight: number(draw), port: number(draw), target: name(draw) },
        9 => {
            let option = |draw: &mut Draw<'_>| EdnsOption { code: number(draw), data: Bytes::from(draw.bytes(40)) };
            let options: Vec<_> = (0..draw.below(3)).map(|_| option(draw)).collect();
            Data::Opt(Seq::write(options, ()).expect("short"))
        }
        _ => Data::Other { kind: 1000 + draw.below(50_000) as u16, data: draw.bytes(300).into() },
    };
    Record { name: name(draw), kind: Computed::new(), class: number(draw), ttl: draw.number() as u32, data }
}

fn records(draw: &mut Draw<'_>) -> Seq<Bytes, Record<wireview::Span>> {
    let records: Vec<_> = (0..draw.below(3)).map(|_| record(draw)).collect();
    Seq::write(records, ()).expect("lawful records")
}

#[test]
fn messages_that_are_made_come_back() {
    let message = |draw: &mut Draw<'_>| -> Message<Bytes> {
        let question = |draw: &mut Draw<'_>| Question { name: name(draw), kind: draw.number() as u16, class: 1 };
        let questions: Vec<_> = (0..draw.below(3)).map(|_| question(draw)).collect();
        Message {
            id: draw.number() as u16,
            response: draw.flag(),
            opcode: draw.below(16) as u8,
            authoritative: draw.flag(),
            truncated: draw.flag(),
            recursion_desired: draw.flag(),
            recursion_available: draw.flag(),
            authentic: draw.flag(),
            checking_disabled: draw.flag(),
            code: draw.below(16) as u8,
            questions: Seq::write(questions, ()).expect("lawful questions"),
            answers: records(draw),
            authorities: records(draw),
            additionals: records(draw),
            ..Message::default()
        }
    };
    let made = Laws::all().canonical().check_generated(Messages::new, 300, message);
    assert!(made.messages > 200 && made.spoiled > 100, "{made:?}");
}
