//! DNS over TCP beside tshark: every message of the seeds that we read.

use wireview::declare::PutTagged;
use wireview::{Boundary, Codec};
use wireview_codecs::dns::{Data, Message, Messages, Name, Record};

use super::{Capture, Told, compare, seeds};

const FIELDS: &[&str] = &[
    "dns.a",
    "dns.aaaa",
    "dns.cname",
    "dns.count.add_rr",
    "dns.count.answers",
    "dns.count.auth_rr",
    "dns.count.queries",
    "dns.flags.authenticated",
    "dns.flags.authoritative",
    "dns.flags.checkdisable",
    "dns.flags.opcode",
    "dns.flags.rcode",
    "dns.flags.recavail",
    "dns.flags.recdesired",
    "dns.flags.response",
    "dns.flags.truncated",
    "dns.id",
    "dns.length",
    "dns.mx.mail_exchange",
    "dns.mx.preference",
    "dns.ns",
    "dns.opt.code",
    "dns.opt.data",
    "dns.opt.len",
    "dns.ptr.domain_name",
    "dns.qry.class",
    "dns.qry.name",
    "dns.qry.type",
    "dns.resp.class",
    "dns.resp.edns0_version",
    "dns.resp.ext_rcode",
    "dns.resp.len",
    "dns.resp.name",
    "dns.resp.ttl",
    "dns.resp.type",
    "dns.resp.z",
    "dns.rr.udp_payload_size",
    "dns.soa.expire_limit",
    "dns.soa.minimum_ttl",
    "dns.soa.mname",
    "dns.soa.refresh_interval",
    "dns.soa.retry_interval",
    "dns.soa.rname",
    "dns.soa.serial_number",
    "dns.srv.name",
    "dns.srv.port",
    "dns.srv.priority",
    "dns.srv.proto",
    "dns.srv.service",
    "dns.srv.target",
    "dns.srv.weight",
    "dns.txt",
    "dns.txt.length",
];

/// Seeds that tshark prints otherwise.
const APART: &[(&str, &str)] = &[
    ("nsd_escaped", "it takes a name whose first byte is NUL for the root"),
    ("nsd_axfr", "the same name is in the zone"),
    ("nsd_escaped_query", "it does not escape dots"),
    ("pointer_forward", "it follows pointers forward"),
    ("pointer_loop", "it has words of its own for them"),
    ("pointer_outside", "the same"),
];

#[test]
fn dns_as_tshark_reads_it() {
    let mut capture = Capture::new(53);
    let mut expected = Vec::new();
    let mut seeds = seeds("dns");
    seeds.retain(|(name, _)| APART.iter().all(|(apart, _)| name != apart));
    for (name, seed) in &seeds {
        let mut rest = &seed[..];
        while let Some(message) = first(rest) {
            capture.conversation([message]);
            expected.push((name.as_str(), message));
            rest = &rest[message.len()..];
        }
        let lawful = !["bad_", "cut_short", "short_header", "no_length"].iter().any(|fault| name.starts_with(fault));
        assert!(!lawful || rest.is_empty(), "{name} was read up to byte {}", seed.len() - rest.len());
    }
    assert!(expected.len() > 30, "{} messages", expected.len());
    let Some(rows) = capture.fields(FIELDS) else { return };
    for ((name, message), row) in expected.into_iter().zip(&rows) {
        compare(name, FIELDS, told(message), row);
    }
}

/// The message at the front of a stream, if it is whole and lawful.
fn first(stream: &[u8]) -> Option<&[u8]> {
    if stream.is_empty() {
        return None;
    }
    let Ok(Boundary::Frame { head, body, tail }) = Messages::new().delimit(stream) else { return None };
    let message = stream.get(..head + body as usize + tail)?;
    Messages::new().parse(message).is_ok().then_some(message)
}

fn told(frame: &[u8]) -> Told {
    let message = Messages::new().parse(frame).expect("lawful");
    let bytes = Message::bytes(frame);
    let mut told = Told::default();
    told.tell("dns.length", bytes.len());
    told.tell("dns.id", format!("{:#06x}", message.id));
    told.flag("dns.flags.response", message.response);
    told.tell("dns.flags.opcode", message.opcode);
    told.flag("dns.flags.recdesired", message.recursion_desired);
    told.flag("dns.flags.truncated", message.truncated);
    told.flag("dns.flags.checkdisable", message.checking_disabled);
    // Of a query, tshark shows what means something there.
    if message.response {
        told.flag("dns.flags.authoritative", message.authoritative);
        told.flag("dns.flags.recavail", message.recursion_available);
        told.flag("dns.flags.authenticated", message.authentic);
        told.tell("dns.flags.rcode", message.code);
    } else if message.authentic {
        told.flag("dns.flags.authenticated", true);
    }
    told.tell("dns.count.queries", message.questions.len());
    told.tell("dns.count.answers", message.answers.len());
    told.tell("dns.count.auth_rr", message.authorities.len());
    told.tell("dns.count.add_rr", message.additionals.len());
    for question in message.questions {
        let question = question.expect("checked");
        told.tell("dns.qry.name", shown(&question.name, bytes));
        told.tell("dns.qry.type", question.kind);
        told.tell("dns.qry.class", format!("{:#06x}", question.class));
    }
    for record in message.answers.into_iter().chain(message.authorities).chain(message.additionals) {
        tell(&record.expect("checked"), bytes, &mut told);
    }
    told
}

fn tell(record: &Record<&[u8]>, bytes: &[u8], told: &mut Told) {
    if let Data::Srv { .. } = record.data {
        let name = shown(&record.name, bytes);
        let mut parts = name.splitn(3, '.');
        for field in ["dns.srv.service", "dns.srv.proto", "dns.srv.name"] {
            told.tell(field, parts.next().unwrap_or_default());
        }
    } else {
        told.tell("dns.resp.name", shown(&record.name, bytes));
    }
    told.tell("dns.resp.type", record.data.kind());
    if let Data::Opt(options) = record.data {
        told.tell("dns.rr.udp_payload_size", record.class);
        told.tell("dns.resp.ext_rcode", format!("{:#04x}", record.ttl >> 24));
        told.tell("dns.resp.edns0_version", record.ttl >> 16 & 0xff);
        told.tell("dns.resp.z", format!("{:#06x}", record.ttl & 0xffff));
        told.tell("dns.resp.len", options.region().len());
    } else {
        told.tell("dns.resp.class", format!("{:#06x}", record.class));
        told.tell("dns.resp.ttl", record.ttl);
        told.tell("dns.resp.len", record.data.tagged_len(()));
    }
    match record.data {
        Data::A(address) => told.tell("dns.a", address),
        Data::Aaaa(address) => told.tell("dns.aaaa", address),
        Data::Ns(name) => told.tell("dns.ns", shown(&name, bytes)),
        Data::Cname(name) => told.tell("dns.cname", shown(&name, bytes)),
        Data::Ptr(name) => told.tell("dns.ptr.domain_name", shown(&name, bytes)),
        Data::Soa(soa) => {
            told.tell("dns.soa.mname", shown(&soa.server, bytes));
            told.tell("dns.soa.rname", shown(&soa.mailbox, bytes));
            told.tell("dns.soa.serial_number", soa.serial);
            told.tell("dns.soa.refresh_interval", soa.refresh);
            told.tell("dns.soa.retry_interval", soa.retry);
            told.tell("dns.soa.expire_limit", soa.expire);
            told.tell("dns.soa.minimum_ttl", soa.minimum);
        }
        Data::Mx { preference, exchange } => {
            told.tell("dns.mx.preference", preference);
            told.tell("dns.mx.mail_exchange", shown(&exchange, bytes));
        }
        Data::Txt(strings) => {
            for string in strings {
                let string = string.expect("checked").bytes;
                told.tell("dns.txt.length", string.len());
                let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER };
                told.tell("dns.txt", string.iter().map(ascii).collect::<String>());
            }
        }
        Data::Srv { priority, weight, port, target } => {
            told.tell("dns.srv.priority", priority);
            told.tell("dns.srv.weight", weight);
            told.tell("dns.srv.port", port);
            told.tell("dns.srv.target", shown(&target, bytes));
        }
        Data::Opt(options) => {
            for option in options {
                let option = option.expect("checked");
                told.tell("dns.opt.code", option.code);
                told.tell("dns.opt.len", option.data.len());
                told.hex("dns.opt.data", option.data);
            }
        }
        Data::Other { .. } => {}
    }
}

/// As tshark writes names.
fn shown(name: &Name<&[u8]>, bytes: &[u8]) -> String {
    let shown = name.display(bytes).to_string();
    if shown == "." { "<Root>".into() } else { shown.trim_end_matches('.').into() }
}
