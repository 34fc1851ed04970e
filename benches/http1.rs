//! Heads of HTTP/1.1: `cargo bench --bench http1`.
//!
//! Every contender finds where each head ends and hands its method, target, version, and the name and value of every field to
//! `black_box`. Ours besides decide how the body ends and refuse what RFC 9112 has refused (two lengths, a length beside a
//! coding, a host that is missing or not one); the others leave that to their caller. The name says what a contender is besides:
//! which instructions it is compiled with, or whether it clears the array it writes to.

mod support;
use support::thread_time;

use std::hint::black_box;
use std::mem::MaybeUninit;

use wireview::{Boundary, Codec, Deframer};
use wireview_codecs::http1::{Part, Request, Requests};

/// The head that llhttp, picohttpparser and httparse are measured with: 703 bytes, 9 fields.
const LONG: &[u8] = b"GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\n\
Host: www.kittyhell.com\r\n\
User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n\
Accept-Encoding: gzip,deflate\r\n\
Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n\
Keep-Alive: 115\r\n\
Connection: keep-alive\r\n\
Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; __utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; __utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|utmcct=/reader/|utmcmd=referral\r\n\
\r\n";

/// What a small client sends.
const SHORT: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\nAccept: text/html,*/*\r\n\r\n";

fn main() {
    let bench = support::Bench::from_args("http1");
    for (title, head) in [("703 B", LONG), ("60 B", SHORT)] {
        heads(&bench, &format!("{title}, pipelined"), head, 100);
        heads(&bench, &format!("{title}, single"), head, 1);
    }
}

fn heads(bench: &support::Bench, title: &str, head: &[u8], count: usize) {
    let input = head.repeat(count);
    let input = &input[..];
    // One head at a time is handled often enough to be measured.
    let rounds = 100 / count;
    let mut race = bench.race(title, "head", 100).timed_by(thread_time);
    race.add("httparse", || {
        for _ in 0..rounds {
            let mut rest = black_box(input);
            while !rest.is_empty() {
                let mut headers = [httparse::EMPTY_HEADER; 32];
                let mut request = httparse::Request::new(&mut headers);
                let len = request.parse(rest).expect("lawful").unwrap();
                see(&request);
                rest = &rest[len..];
            }
        }
    });
    race.add("httparse, headers not cleared", || {
        for _ in 0..rounds {
            let mut rest = black_box(input);
            while !rest.is_empty() {
                let mut headers = [const { MaybeUninit::uninit() }; 32];
                let mut request = httparse::Request::new(&mut []);
                let len = request.parse_with_uninit_headers(rest, &mut headers).expect("lawful").unwrap();
                see(&request);
                rest = &rest[len..];
            }
        }
    });
    #[cfg(all(target_arch = "x86_64", unix))]
    race.add("picohttpparser, SSE4.2", || {
        for _ in 0..rounds {
            let mut rest = black_box(input);
            while !rest.is_empty() {
                let found = wireview_bench_pico::request(rest, |name, value| {
                    black_box((name, value));
                });
                let (method, target, minor, len) = found.expect("lawful");
                black_box((method, target, minor));
                rest = &rest[len..];
            }
        }
    });
    race.add("ntex-httparse", || {
        for _ in 0..rounds {
            let input = black_box(input);
            let mut at = 0;
            while at < input.len() {
                let mut request = ntex_httparse::Request::default();
                let len = request.parse(&input[at..]).expect("lawful").unwrap();
                let (method, path) = (&request.method, &request.path);
                black_box((
                    &input[at..][method.start..method.end],
                    &input[at..][path.start..path.end],
                    request.version,
                ));
                at = ntex_fields(input, at + len);
            }
        }
    });
    race.add("thhp", || {
        let mut headers = Vec::<thhp::HeaderField<'_>>::with_capacity(32);
        for _ in 0..rounds {
            let mut rest = black_box(input);
            while !rest.is_empty() {
                headers.clear();
                let thhp::Status::Complete((request, len)) = thhp::Request::parse(rest, &mut headers).expect("lawful")
                else {
                    unreachable!()
                };
                black_box((request.method, request.target, request.minor_version));
                for field in request.headers {
                    black_box((field.name, field.value));
                }
                rest = &rest[len..];
            }
        }
    });
    let mut codec = Requests::new();
    race.add("wireview (codec)", move || {
        for _ in 0..rounds {
            let mut rest = black_box(input);
            while !rest.is_empty() {
                let Ok(Boundary::Frame { head, .. }) = codec.delimit(rest) else { unreachable!() };
                let (frame, behind) = rest.split_at(head);
                let Ok(Part::Head(request)) = &codec.parse(frame) else { unreachable!() };
                ours(request);
                rest = behind;
            }
        }
    });
    let mut deframer = Deframer::new(Requests::new());
    race.add("wireview (Deframer, copied in)", move || {
        for _ in 0..rounds {
            for read in input.chunks(16 * 1024) {
                deframer.feed(read);
                while let Some(lent) = deframer.next().expect("lawful") {
                    let Ok(Part::Head(request)) = &lent.view() else { unreachable!() };
                    ours(request);
                }
            }
        }
    });
    let medians = race.run();
    if let [httparse, _, pico, .., codec, _] = medians[..] {
        println!("  httparse / wireview {:.2}, picohttpparser / wireview {:.2}", httparse / codec, pico / codec);
    }
}

#[inline(always)]
fn see(request: &httparse::Request<'_, '_>) {
    black_box((request.method, request.path, request.version));
    for header in &*request.headers {
        black_box((header.name, header.value));
    }
}

#[inline(always)]
fn ours(request: &Request<&[u8]>) {
    black_box((request.method(), request.target(), request.minor()));
    for field in request.headers() {
        black_box((field.name, field.value));
    }
}

/// The fields from `at` on, and where the head ends.
#[inline(always)]
fn ntex_fields(input: &[u8], mut at: usize) -> usize {
    let mut header = ntex_httparse::Header::default();
    loop {
        match header.parse(&input[at..]).expect("lawful").unwrap() {
            ntex_httparse::HeaderParsed::Header(len) => {
                let (name, value) = (&header.name, &header.value);
                black_box((&input[at..][name.start..name.end], &input[at..][value.start..value.end]));
                at += len;
            }
            ntex_httparse::HeaderParsed::Eof(len) => return at + len,
        }
    }
}
