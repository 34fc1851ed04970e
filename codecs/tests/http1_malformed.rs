//! 5,000 heads that are nearly lawful: each comes to lawful messages or to an error with field and offset, the same byte by byte.

use wireview::laws::mutants;
use wireview::{Codec, Deframer, Error, Kind, View};
use wireview_codecs::http1::{Part, Requests, Responses};

const HEADS: usize = 5000;

const REQUESTS: &[&[u8]] = &[
    b"GET /wp-content/uploads/2010/03/pink.jpg HTTP/1.1\r\nHost: www.example.com:80\r\nUser-Agent: Mozilla/5.0 (X11; U)\r\nAccept: text/html,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: ja,en-us;q=0.7\r\nKeep-Alive: 115\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\n\r\n",
    b"POST /upload?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n\r\nhello world",
    b"PUT / HTTP/1.1\r\nhost:a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"GET http://a.example/ HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
    b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nX-Empty:\r\nX-Tab:\tb\xe9 \r\n\r\n",
];

const RESPONSES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nServer: x\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 5\r\nETag: \"a-b\"\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\nno",
    b"HTTP/1.1 304 \r\nETag: \"a\"\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
];

/// The messages of a stream and its end.
fn read<C: Codec>(
    codec: C,
    input: &[u8],
    piece: usize,
    head: impl Fn(View<'_, C>) -> bool,
) -> (usize, u64, Option<Error>) {
    let mut deframer = Deframer::new(codec);
    let mut heads = 0;
    for (last, bytes) in input.chunks(piece.max(1)).map(|bytes| (false, bytes)).chain([(true, &b""[..])]) {
        deframer.feed(bytes);
        if last {
            deframer.finish();
        }
        loop {
            match deframer.next() {
                Ok(Some(lent)) => heads += usize::from(head(lent.view().expect("what is found can be read"))),
                Ok(None) => break,
                Err(error) => return (heads, deframer.ledger().received - deframer.pending() as u64, Some(error)),
            }
        }
    }
    (heads, deframer.ledger().received - deframer.pending() as u64, None)
}

/// How many of the mutants were read to their end, and how many were refused.
fn spoil<C: Codec>(
    codec: impl Fn() -> C,
    seeds: &[&[u8]],
    head: impl Fn(View<'_, C>) -> bool + Copy,
) -> (usize, usize) {
    let (mut lawful, mut refused, mut tried) = (0, 0, 0);
    for mutant in mutants(seeds, HEADS) {
        let (heads, consumed, end) = read(codec(), &mutant, mutant.len(), head);
        match end {
            None => lawful += 1,
            Some(error) => {
                refused += 1;
                assert_ne!(error.kind(), Kind::Contract, "{error}: {}", mutant.escape_ascii());
                assert!(!error.field().is_empty());
                assert!(consumed + error.offset() as u64 <= mutant.len() as u64, "{error}: {}", mutant.escape_ascii());
            }
        }
        for piece in [1, 7] {
            let again = read(codec(), &mutant, piece, head);
            assert_eq!(again.2, end, "in pieces of {piece}: {}", mutant.escape_ascii());
            assert_eq!(again.0, heads, "in pieces of {piece}: {}", mutant.escape_ascii());
        }
        tried += 1;
    }
    assert_eq!(tried, HEADS);
    (lawful, refused)
}

#[test]
fn malformed_requests() {
    let (lawful, refused) = spoil(Requests::new, REQUESTS, |part| matches!(part, Part::Head(_)));
    assert!(lawful > 100 && refused > 2000, "{lawful} lawful, {refused} refused: the mutants are no test");
}

#[test]
fn malformed_responses() {
    let (lawful, refused) = spoil(Responses::new, RESPONSES, |part| matches!(part, Part::Head(_)));
    assert!(lawful > 100 && refused > 1000, "{lawful} lawful, {refused} refused: the mutants are no test");
}
