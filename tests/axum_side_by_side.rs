//! `examples/axum_side_by_side`: who answers what, on one connection.

#[path = "../examples/axum_side_by_side.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod example;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Sends `requests` at once, and all that comes back.
async fn exchange(requests: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("a.bin"), vec![b'x'; 100_000]).expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("bound");
    let server = tokio::spawn(example::serve(listener, dir.path().into()));
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    stream.write_all(requests.as_bytes()).await.expect("it reads");
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.expect("it closes in an orderly way");
    server.abort();
    answers
}

#[tokio::test]
async fn files_are_ours_until_something_else_is_asked_for() {
    let answers = exchange(
        "GET /files/a.bin HTTP/1.1\r\nHost: a\r\n\r\n\
         GET /files/../a.bin HTTP/1.1\r\nHost: a\r\n\r\n\
         POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello\
         GET /files/a.bin HTTP/1.1\r\nHost: a\r\n\r\n\
         GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    let text = String::from_utf8(answers).expect("text").to_ascii_lowercase().replace(&"x".repeat(100_000), "FILE");
    let answers: Vec<&str> = text.split("http/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), 5, "{text}");
    let (ours, axums) = answers.split_at(2);
    assert!(ours.iter().all(|answer| answer.contains("server: wireview")), "{text}");
    assert!(axums.iter().all(|answer| !answer.contains("server: wireview")), "{text}");
    for (answer, status, body) in [
        (0, "200", "FILE"),
        (1, "404", "no such file\n"),
        (2, "200", "hello"),
        (3, "200", "FILE"),
        (4, "200", "hello from axum\n"),
    ] {
        assert!(answers[answer].starts_with(status) && answers[answer].ends_with(&format!("\r\n\r\n{body}")), "{text}");
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_refused() {
    let answers = exchange("GET /files/a.bin HTTP/1.1\r\n\r\n").await;
    assert!(answers.starts_with(b"HTTP/1.1 400 Bad Request\r\n"), "{}", answers.escape_ascii());
}
