//! Captures: the same messages, however the packets come, and what is missing is told.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::packets::*;
use crate::support::{Temp, covered, run, run_on};

const ASKED: &[u8] = b"*2\r\n$4\r\nECHO\r\n$11\r\nhello world\r\n*1\r\n$4\r\nPING\r\n";
const ANSWERED: &[u8] = b"$11\r\nhello world\r\n+PONG\r\n";

/// A conversation in small segments.
fn conversation(link: Link, client: Host, server: Host, numbers: [u32; 2]) -> Talk {
    let mut talk = Talk::open(link, client, server, numbers);
    ASKED.chunks(10).for_each(|bytes| talk.put(0, PLAIN, bytes));
    ANSWERED.chunks(7).for_each(|bytes| talk.put(1, PLAIN, bytes));
    talk.close();
    talk
}

/// Kind and stream of each message; all of their bytes are accounted for.
fn messages(objects: &[Value]) -> Vec<(u64, &str)> {
    let messages = objects.iter().filter(|object| object.get("kind").is_some());
    messages
        .map(|message| {
            covered(message);
            (message["stream"].as_u64().expect("a stream"), message["kind"].as_str().expect("a kind"))
        })
        .collect()
}

const WHOLE: [(u64, &str); 4] = [(0, "Request"), (0, "Request"), (1, "Bulk"), (1, "Simple")];

#[test]
fn every_link_and_every_file() {
    for link in Link::ALL {
        for is_v6 in [false, true] {
            let talk = conversation(link, Host { is_v6, ..CLIENT }, Host { is_v6, ..SERVER }, [7, u32::MAX - 5]);
            for file in [
                pcap(link, &talk.packets),
                pcap_as(link, &talk.packets, 0xa1b2_c3d4, u32::to_be_bytes),
                pcap_as(link, &talk.packets, 0xa1b2_3c4d, u32::to_le_bytes),
                pcapng(link, &talk.packets),
            ] {
                let Some(run) = run_on(&["resp", "--json", "-"], &file) else { return };
                assert_eq!(run.code, Some(0), "{link:?}, IPv6 {is_v6}: {run:?}");
                let objects = run.objects();
                assert_eq!(messages(&objects), WHOLE);
                let ends =
                    if is_v6 { "[fd00::1]:50000 → [fd00::2]:6379" } else { "10.0.0.1:50000 → 10.0.0.2:6379" };
                assert_eq!(objects[0]["from"], ends);
            }
        }
    }
}

/// A response of Kafka's does not say what it answers; its request does.
#[test]
fn kafka_with_both_sides_in_view() {
    let seed = |target: &str, name: &str| fs::read(format!("fuzz/seeds/kafka_{target}/{name}")).expect("a seed");
    let mut talk = Talk::open(Link::Ethernet, CLIENT, SERVER, [1, 2]);
    for name in ["produce_7", "fetch_11"] {
        talk.put(0, PLAIN, &seed("requests", name));
    }
    for name in ["produce_7", "fetch_11"] {
        talk.put(1, PLAIN, &seed("responses", name)[2..]);
    }
    talk.put(1, PLAIN, b"\0\0\0\x04\0\0\0\x09");
    talk.close();
    let Some(run) = run_on(&["kafka", "--json", "-"], &pcap(Link::Ethernet, &talk.packets)) else { return };
    let objects = run.objects();
    assert_eq!(messages(&objects), [(0, "Produce"), (0, "Fetch"), (1, "Produce"), (1, "Fetch")]);
    for body in ["ProduceRequest", "FetchRequest", "ProduceResponse", "FetchResponse"] {
        assert!(run.out.contains(&format!("\"kind\":\"{body}\"")), "no {body}: {}", run.out);
    }
    // The last one was not asked for.
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("response that nobody waits for"), "{}", run.out);
}

#[test]
fn out_of_order_again_and_overlapping() {
    let mut talk = conversation(Link::Ethernet, CLIENT, SERVER, [u32::MAX - 20, 7]);
    // The first segments of the client are packets 3 to 7.
    talk.packets.swap(4, 6);
    talk.packets.insert(7, talk.packets[3].clone());
    let first = u32::MAX - 19;
    // One that has what came, and ten bytes that are to come in another packet.
    talk.packets.insert(4, packet(Link::Ethernet, CLIENT, SERVER, first, PLAIN, &ASKED[..20]));
    // A byte that was sent long ago, to keep the connection alive.
    talk.packets.insert(9, packet(Link::Ethernet, CLIENT, SERVER, first.wrapping_sub(1), PLAIN, b"?"));
    let file = Temp::new("order.pcap", &pcap(Link::Ethernet, &talk.packets));
    let Some(run) = run(&["resp", "--json", &file.path()]) else { return };
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(messages(&run.objects()), WHOLE);
    let summary = crate::support::run(&["resp", "--summary", "--json", &file.path()]).expect("as before").objects();
    let seen = &summary[0]["capture"];
    assert_eq!((&seen["out_of_order"], &seen["sent_again"]), (&1.into(), &3.into()), "{seen}");
    assert_eq!(summary[0]["bytes"], ASKED.len() + ANSWERED.len());
    against_tshark(&file);
}

/// The streams as tshark puts them together are as long as ours.
fn against_tshark(file: &Temp) {
    let follow = |direction: &str| {
        let output = Command::new("tshark").args(["-r", &file.path(), "-q", "-z", "follow,tcp,raw,0"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines =
            text.lines().filter(|line| !line.is_empty() && line.trim().bytes().all(|byte| byte.is_ascii_hexdigit()));
        // What the second side sends is indented.
        let wanted = lines.filter(|line| line.starts_with('\t') == (direction == "answer"));
        Some(wanted.map(str::trim).collect::<String>())
    };
    let (Some(asked), Some(answered)) = (follow("ask"), follow("answer")) else {
        eprintln!("skipped: there is no tshark");
        return;
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((asked, answered), (hex(ASKED), hex(ANSWERED)));
}

#[test]
fn what_was_not_captured_is_told() {
    let mut talk = conversation(Link::Ethernet, CLIENT, SERVER, [100, 200]);
    talk.packets.remove(5);
    let Some(run) = run_on(&["resp", "--json", "-"], &pcap(Link::Ethernet, &talk.packets)) else { return };
    assert_eq!(run.code, Some(1), "{run:?}");
    let objects = run.objects();
    assert_eq!(messages(&objects), WHOLE[2..], "the other direction is whole");
    let end = objects.last().expect("an end");
    // Ten bytes of 46 are missing behind twenty that make no message.
    assert_eq!((&end["lost"]["bytes"], &end["lost"]["behind"]), (&10.into(), &16.into()), "{end}");
    assert_eq!((&end["left_over"], &end["stream"], &end["error"]), (&36.into(), &0.into(), &Value::Null));
    let shown = run_on(&["resp", "-"], &pcap(Link::Ethernet, &talk.packets)).expect("as before");
    assert!(shown.out.contains("gap: 10 bytes were not captured, 16 bytes behind them are not read"), "{}", shown.out);

    // The last bytes in front of FIN are missing: nothing came behind them, and yet they are known to be.
    let mut talk = conversation(Link::Ethernet, CLIENT, SERVER, [100, 200]);
    talk.packets.remove(7);
    let run = run_on(&["resp", "--summary", "-"], &pcap(Link::Ethernet, &talk.packets)).expect("as before");
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("6 bytes were not captured"), "{}", run.out);
}

/// Nobody waits for ever, nor with ever more memory, for bytes that do not come.
#[test]
fn what_waits_for_too_long_is_given_up() {
    let mut talk = Talk::open(Link::Raw, CLIENT, SERVER, [100, 200]);
    talk.put(0, PLAIN, ASKED);
    let missing = talk.packets.len();
    talk.put(0, PLAIN, b"?");
    let block = vec![b'x'; 60_000];
    (0..300).for_each(|_| talk.put(0, PLAIN, &block));
    talk.put(1, PLAIN, ANSWERED);
    talk.packets.remove(missing);
    let file = Temp::new("long.pcap", &pcap(Link::Raw, &talk.packets));
    let Some(run) = run(&["resp", "--json", &file.path()]) else { return };
    assert_eq!(run.code, Some(1));
    let objects = run.objects();
    assert_eq!(messages(&objects), WHOLE);
    let end = objects.iter().find(|object| object.get("lost").is_some()).expect("an end");
    // 16 MiB are 279 segments of 60,000 bytes, and a part of one.
    assert_eq!((&end["lost"]["bytes"], &end["lost"]["behind"]), (&1.into(), &(280 * 60_000).into()), "{end}");
}

#[test]
fn a_capture_that_began_too_late() {
    let mut talk = Talk::new(Link::Raw, CLIENT, SERVER, [100, 200]);
    talk.put(1, PLAIN, b"");
    talk.put(1, PLAIN, ANSWERED);
    talk.put(0, PLAIN, ASKED);
    let file = pcap(Link::Raw, &talk.packets);
    let Some(run) = run_on(&["resp", "--json", "-"], &file) else { return };
    assert_eq!(run.code, Some(0), "the lower port is taken for the server's: {run:?}");
    assert_eq!(messages(&run.objects()), [WHOLE[2], WHOLE[3], WHOLE[0], WHOLE[1]]);
    let run = run_on(&["resp", "--json", "--port", "50000", "-"], &file).expect("as before");
    // What a server says is read as lines of words, and what a client says as arrays.
    let swapped = [(0, "Request"), (0, "Request"), (0, "Request"), (1, "Array"), (1, "Array")];
    assert_eq!(messages(&run.objects()), swapped, "the other one was said to be");
}

#[test]
fn who_answers_to_syn_is_the_server() {
    // Whatever its port is.
    let mut talk = Talk::new(Link::Raw, Host { port: 1000, ..CLIENT }, SERVER, [100, 200]);
    talk.put(1, SYN_ACK, b"");
    talk.put(0, PLAIN, ASKED);
    talk.put(1, PLAIN, ANSWERED);
    let Some(run) = run_on(&["resp", "--json", "-"], &pcap(Link::Raw, &talk.packets)) else { return };
    assert_eq!((run.code, messages(&run.objects())), (Some(0), WHOLE.to_vec()), "{run:?}");
}

#[test]
fn connections_are_told_apart() {
    let other = Host { port: 50_001, ..CLIENT };
    let web = Host { port: 80, ..SERVER };
    let one = conversation(Link::Ethernet, CLIENT, SERVER, [100, 200]);
    let two = conversation(Link::Ethernet, other, SERVER, [100, 200]);
    // The ends of the first one again, with other numbers.
    let three = conversation(Link::Ethernet, CLIENT, SERVER, [70_000, 80_000]);
    let mut reset = Talk::open(Link::Ethernet, Host { port: 50_002, ..CLIENT }, SERVER, [1, 2]);
    reset.put(0, PLAIN, &ASKED[..40]);
    reset.put(1, RST, b"");
    reset.put(0, PLAIN, b"behind the end");
    let mut http = Talk::open(Link::Ethernet, CLIENT, web, [1, 2]);
    http.put(0, PLAIN, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut packets: Vec<Vec<u8>> = Vec::new();
    for (a, b) in one.packets.iter().zip(&two.packets) {
        packets.extend([a.clone(), b.clone()]);
    }
    // SYN twice begins one connection.
    packets.push(three.packets[0].clone());
    packets.extend(three.packets.clone());
    packets.extend(reset.packets);
    packets.extend(http.packets);
    let file = pcapng(Link::Ethernet, &packets);
    let Some(run) = run_on(&["resp", "--json", "--port", "6379", "-"], &file) else { return };
    let objects = run.objects();
    let seen = messages(&objects);
    for stream in [0, 2, 4] {
        let both = [(stream, "Request"), (stream, "Request"), (stream + 1, "Bulk"), (stream + 1, "Simple")];
        let seen: Vec<_> = seen.iter().filter(|(id, _)| id / 2 == stream / 2).copied().collect();
        assert_eq!(seen, both, "stream {stream}");
    }
    assert_eq!(seen.len(), 13, "and one request in front of the reset");
    assert_eq!(run.code, Some(1));
    let end = objects.last().expect("an end");
    assert_eq!((&end["stream"], &end["left_over"], &end["error"]["kind"]), (&6.into(), &8.into(), &"Eof".into()));
}

#[test]
fn a_response_knows_its_request() {
    let mut talk = Talk::open(Link::Ethernet, CLIENT, Host { port: 80, ..SERVER }, [1, 2]);
    talk.put(0, PLAIN, b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.put(1, PLAIN, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    talk.put(0, PLAIN, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.put(1, PLAIN, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    talk.close();
    let Some(run) = run_on(&["http1", "--json", "-"], &pcap(Link::Ethernet, &talk.packets)) else { return };
    assert_eq!(run.code, Some(0), "{run:?}");
    let expected = [(0, "Request"), (1, "Response"), (0, "Request"), (1, "Response"), (1, "Body")];
    assert_eq!(messages(&run.objects()), expected);
    // Without the requests, each is taken for the answer to a GET: the body is missed.
    let mut talk = Talk::new(Link::Ethernet, CLIENT, Host { port: 80, ..SERVER }, [1, 2]);
    talk.put(1, PLAIN, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n");
    let run = run_on(&["http1", "--json", "-"], &pcap(Link::Ethernet, &talk.packets)).expect("as before");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(messages(&run.objects()), [(1, "Response"), (1, "Body"), (1, "Response")]);
}

#[test]
fn a_proxy_in_front() {
    let mut talk = Talk::open(Link::Ethernet, CLIENT, Host { port: 80, ..SERVER }, [1, 2]);
    talk.put(0, PLAIN, b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.put(1, PLAIN, b"HTTP/1.1 204 No Content\r\n\r\n");
    let file = pcap(Link::Ethernet, &talk.packets);
    let Some(run) = run_on(&["proxy", "--then", "http1", "--json", "-"], &file) else { return };
    assert_eq!(run.code, Some(0), "{run:?}");
    let objects = run.objects();
    assert_eq!(messages(&objects), [(0, "Header"), (0, "Request"), (1, "Response")]);
    assert_eq!((&objects[1]["offset"], &objects[1]["index"]), (&41.into(), &1.into()));
    let run = run_on(&["proxy", "--summary", "-"], &file).expect("as before");
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("27 of the other side not read, 27 left over"), "{}", run.out);
}

#[test]
fn broken_captures() {
    let talk = conversation(Link::Ethernet, CLIENT, SERVER, [100, 200]);
    let whole = pcap(Link::Ethernet, &talk.packets);
    let Some(run) = run_on(&["resp", "--summary", "-"], &whole[..whole.len() - 5]) else { return };
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("1 cut off"), "{}", run.out);
    // Every cut of either file ends in an orderly way.
    for file in [whole, pcapng(Link::Ethernet, &talk.packets)] {
        for cut in (0..file.len()).step_by(37) {
            let run = run_on(&["resp", "--summary", "-"], &file[..cut]).expect("as before");
            assert!(matches!(run.code, Some(0..=2)), "cut at {cut}: {run:?}");
            let mut spoiled = file.clone();
            spoiled[cut] ^= 0x55;
            let run = run_on(&["resp", "--summary", "-"], &spoiled).expect("as before");
            assert!(matches!(run.code, Some(0..=2)), "spoiled at {cut}: {run:?}");
        }
    }
}

#[test]
fn what_is_no_tcp_is_passed_over_and_pieces_are_not_read() {
    let mut talk = conversation(Link::Raw, CLIENT, SERVER, [100, 200]);
    let mut udp = Vec::new();
    let builder = etherparse::PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).udp(1, 6379);
    builder.write(&mut udp, b"datagram").expect("a packet");
    talk.packets.push(udp);
    let Some(run) = run_on(&["resp", "--summary", "-"], &pcap(Link::Raw, &talk.packets)) else { return };
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("1 passed over"), "{}", run.out);
    // The first piece of several: the flag stands in byte 6 of the header.
    let mut piece = packet(Link::Raw, CLIENT, SERVER, 1000, PLAIN, b"part");
    piece[6] |= 0x20;
    talk.packets.push(piece);
    let run = run_on(&["resp", "--summary", "-"], &pcap(Link::Raw, &talk.packets)).expect("as before");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("1 not read"), "{}", run.out);
}
