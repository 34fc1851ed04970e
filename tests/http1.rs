//! HTTP/1.1 over a connection: what a server does with each kind of body, and what a client sees.

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use wireview::tokio::Connection;
use wireview::{Arrival, Fault, FileRegion, Kind, Limits, Oversize, Received};
use wireview_codecs::http1::{self, Call, Fields, Framing, Part, Reply, Requests, Responses, refusal};

/// What the server answers with.
struct Store {
    page: Bytes,
    file: FileRegion,
}

/// A server that uploads cannot hurt: a body above 64 KiB is dropped as it comes, and no byte of one is ever copied.
async fn serve(stream: DuplexStream, store: Arc<Store>) -> Result<(), Fault> {
    let limits = Limits::new().max_frame(128 * 1024).oversize(Oversize::Skip);
    let mut conn = Connection::with_limits(stream, Requests::new(), limits);
    let mut uploaded = 0;
    let mut reply = Reply::last();
    loop {
        // What is queued goes out while it waits.
        let Received { frame, mut out } = match conn.next().await {
            Ok(Some(received)) => received,
            Ok(None) => return Ok(()),
            Err(fault) => {
                if let Some(error) = fault.report().map(wireview::Report::error) {
                    Reply::last().send(&mut conn.out(), refusal(&error), |_| {}, &b""[..])?;
                }
                conn.close().await?;
                return Err(fault);
            }
        };
        match frame.view()? {
            Part::Head(request) => {
                uploaded = 0;
                reply = request.reply();
                if request.expects_continue() {
                    reply.send(&mut out, 100, |_| {}, &b""[..])?;
                }
                match (request.path(), request.framing()) {
                    (b"/page", Framing::None) => {
                        reply.send(&mut out, 200, |fields| fields.add("Content-Type", "text/html"), &store.page)?;
                    }
                    (b"/file", Framing::None) => reply.send(&mut out, 200, |_| {}, store.file.clone())?,
                    (b"/pieces", Framing::None) => {
                        let mut chunks = reply.chunked(&mut out, 200, |_| {})?;
                        chunks.write(&mut out, &b"hello "[..]);
                        chunks.write(&mut out, store.page.clone());
                        reply = if chunks.keep_alive() { reply } else { reply.closing() };
                        chunks.end(&mut out);
                    }
                    (_, Framing::None) => reply.send(&mut out, 404, |_| {}, &b"no such page"[..])?,
                    _ => continue, // a body follows
                }
            }
            Part::Body(data) => {
                let told = format!("got {}", data.len());
                reply.send(&mut out, 200, |_| {}, told.as_bytes())?;
            }
            Part::Chunk(chunk) => {
                uploaded += chunk.data().len();
                continue;
            }
            Part::End(_) => {
                let told = format!("got {uploaded}");
                reply.send(&mut out, 200, |_| {}, told.as_bytes())?;
            }
            Part::Rest(_) => unreachable!("no request ends with the connection"),
        }
        if !reply.keep_alive() {
            return conn.close().await;
        }
    }
}

/// Sends `requests` at once, and all that comes back.
async fn exchange(requests: &[u8]) -> (String, Result<(), Fault>) {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"from a file").expect("written");
    let file = FileRegion::new(Arc::new(file), 5, 6).expect("a region");
    let store = Arc::new(Store { page: Bytes::from_static(b"<p>"), file });
    let (mut near, far) = tokio::io::duplex(64);
    let server = tokio::spawn(serve(far, store));
    let (mut reader, mut writer) = tokio::io::split(&mut near);
    let mut answers = Vec::new();
    let send = async {
        writer.write_all(requests).await.expect("the server reads");
        writer.shutdown().await.expect("shut");
    };
    let (read, ()) = tokio::join!(reader.read_to_end(&mut answers), send);
    read.expect("the server writes");
    (String::from_utf8(answers).expect("text"), server.await.expect("the server ends"))
}

#[tokio::test]
async fn every_kind_of_body_is_read_and_written() {
    let requests = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n\
        HEAD /page HTTP/1.1\r\nHost: a\r\n\r\n\
        GET /file HTTP/1.1\r\nHost: a\r\n\r\n\
        GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n\
        POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello\
        POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nT: u\r\n\r\n\
        GET /pieces HTTP/1.0\r\n\r\n";
    let (answers, ended) = exchange(requests).await;
    ended.expect("no fault");
    assert_eq!(
        answers,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>\
         HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na file\
         HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n3\r\n<p>\r\n0\r\n\r\n\
         HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngot 5\
         HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngot 7\
         HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello <p>"
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_is_dropped_and_the_next_request_is_read() {
    let mut requests = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n".to_vec();
    requests.resize(requests.len() + 1_000_000, b'x');
    requests.extend_from_slice(b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let (answers, ended) = exchange(&requests).await;
    ended.expect("no fault");
    assert!(answers.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"), "{answers}");
    assert!(answers.ends_with("Connection: close\r\n\r\n<p>"), "{answers}");
}

#[tokio::test]
async fn a_refused_request_is_told_so() {
    for (request, status, field) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "400", "Host"),
        (b"GET / HTTP/2.0\r\n\r\n", "505", "version"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400",
            "Transfer-Encoding",
        ),
    ] {
        let (answers, ended) = exchange(request).await;
        let fault = ended.expect_err("a fault");
        assert_eq!(fault.report().expect("of the stream").error().field(), field);
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{answers}");
        assert!(answers.contains("\r\nConnection: close\r\n"), "{answers}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_is_no_body() {
    for request in [
        &b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"[..],
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    ] {
        let (_, ended) = exchange(request).await;
        let fault = ended.expect_err("a fault");
        assert_eq!(fault.report().expect("of the stream").error().kind(), Kind::Eof, "{}", request.escape_ascii());
    }
}

/// A client, and bodies that are streamed in both directions.
#[tokio::test]
async fn a_client_reads_what_it_asked_for() {
    let (near, mut far) = tokio::io::duplex(1024);
    let (codec, calls) = http1::client();
    let limits = Limits::new().stream_above(4);
    let mut client = Connection::with_encoder(near, codec, calls, limits);
    let host = |fields: &mut Fields<'_>| fields.add("Host", "a");
    client.send(Call::new("HEAD", "/", host, &b""[..])).await.expect("lawful");
    client.send(Call::new("PUT", "/", host, &b"body"[..])).await.expect("lawful");
    client.flush().await.expect("sent");
    let mut sent = [0; 78];
    far.read_exact(&mut sent).await.expect("sent");
    assert_eq!(
        sent.escape_ascii().to_string(),
        b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
            .escape_ascii()
            .to_string()
    );

    far.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789")
        .await
        .expect("sent");
    drop(far);
    assert_eq!(told(&mut client).await.expect("lawful"), ["200 None", "200 Length(9)", "body 9: 123456789"]);
}

/// What comes, streamed above 4 bytes.
async fn told<E>(client: &mut Connection<DuplexStream, Responses, E>) -> Result<Vec<String>, Fault> {
    let mut told = Vec::new();
    while let Some(arrival) = client.next_or_body().await? {
        match arrival {
            Arrival::Frame(Received { frame, .. }) => told.push(match frame.view()? {
                Part::Head(head) => format!("{} {:?}", head.status(), head.framing()),
                Part::End(end) => format!("end {}", end.fields().len()),
                part => format!("whole {}", part.data().expect("data").escape_ascii()),
            }),
            Arrival::Body { head, len } => {
                let what = match head.view() {
                    Part::Body(b"") => "body",
                    Part::Chunk(chunk) if chunk.data().is_empty() => "chunk",
                    Part::Rest(b"") => "rest",
                    part => panic!("{part:?}"),
                };
                let mut body = Vec::new();
                while let Some(bytes) = client.chunk().await? {
                    body.extend_from_slice(&bytes);
                }
                let len = if len == u64::MAX { String::new() } else { format!(" {len}") };
                told.push(format!("{what}{len}: {}", body.escape_ascii()));
            }
        }
    }
    Ok(told)
}

async fn streamed(answers: &[u8]) -> Result<Vec<String>, Fault> {
    let (near, mut far) = tokio::io::duplex(7);
    let mut client = Connection::with_limits(near, Responses::new(), Limits::new().stream_above(4));
    let send = async {
        far.write_all(answers).await.expect("the client reads");
        drop(far);
    };
    tokio::join!(told(&mut client), send).0
}

#[tokio::test]
async fn bodies_are_streamed_as_they_come() {
    let head = "HTTP/1.1 200 OK\r\n";
    let answers = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n6\r\ndefghi\r\n0\r\nA: b\r\n\r\n{head}Content-Length: 4\r\n\r\n1234{head}\r\nto the end"
    );
    assert_eq!(
        streamed(answers.as_bytes()).await.expect("lawful"),
        [
            "200 Chunked",
            "whole abc",
            "chunk 6: defghi",
            "end 1",
            "200 Length(4)",
            "whole 1234",
            "200 UntilClose",
            "rest: to the end"
        ]
    );
    // Nothing may have come, and that is all there is.
    assert_eq!(streamed(format!("{head}\r\n").as_bytes()).await.expect("lawful"), ["200 UntilClose"]);
    // What stands behind a streamed chunk is looked at, too.
    let torn = format!("{head}Transfer-Encoding: chunked\r\n\r\n6\r\ndefghiX\r\n");
    let fault = streamed(torn.as_bytes()).await.expect_err("no line end");
    let report = fault.report().expect("of the stream");
    assert_eq!((report.error().field(), report.stream_offset()), ("chunk end", 56));
}
