//! Which server a connection is given.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::server::{Balance, Checks};
use crate::support::{Proxy, accept, ask, count, echo, hear, listen, nobody, plain, rest, say, soon};

/// A server that says its name and then sends back what it gets.
async fn named(name: u8) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(call(listener, name));
    address
}

async fn call(listener: TcpListener, name: u8) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            say(&mut stream, &[name]).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
    }
}

/// A new connection, and the name of its server.
async fn connect(proxy: &Proxy) -> (TcpStream, u8) {
    let mut client = proxy.connect().await;
    let name = hear(&mut client, 1).await[0];
    (client, name)
}

/// Ends a connection, and waits until the proxy knows.
async fn end(mut client: TcpStream) {
    tokio::io::AsyncWriteExt::shutdown(&mut client).await.expect("half closed");
    assert_eq!(rest(&mut client).await, b"");
}

async fn names(proxy: &Proxy, count: usize) -> String {
    let mut names = String::new();
    for _ in 0..count {
        let (client, name) = connect(proxy).await;
        names.push(name.into());
        end(client).await;
    }
    names
}

#[tokio::test]
async fn servers_take_turns() {
    let proxy = Proxy::start(&[named(b'a').await, named(b'b').await, named(b'c').await], plain()).await;
    assert_eq!(names(&proxy, 7).await, "abcabca");
    let line = proxy.end().await;
    assert!(line.contains("active=0 total=3 failed=0 "), "{line}");
}

#[tokio::test]
async fn the_one_with_the_fewest_is_next() {
    let mut config = plain();
    config.balance = Balance::LeastConnections;
    let proxy = Proxy::start(&[named(b'a').await, named(b'b').await], config).await;
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(connect(&proxy).await);
    }
    let of = |held: &[(TcpStream, u8)], wanted| held.iter().filter(|(_, name)| *name == wanted).count();
    assert_eq!((of(&held, b'a'), of(&held, b'b')), (3, 3));
    let (of_a, of_b): (Vec<_>, Vec<_>) = held.into_iter().partition(|(_, name)| *name == b'a');
    for (client, _) in of_a {
        end(client).await;
    }
    let mut later = Vec::new();
    for _ in 0..3 {
        later.push(connect(&proxy).await);
    }
    assert_eq!(of(&later, b'a'), 3, "it had none, the other one three");
    drop((of_b, later));
    proxy.end().await;
}

#[tokio::test]
async fn a_server_that_refuses_is_passed_over() {
    let proxy = Proxy::start(&[nobody().await, named(b'b').await], plain()).await;
    assert_eq!(names(&proxy, 6).await, "bbbbbb");
    let line = proxy.end().await;
    assert_eq!((count(&line, "unserved"), count(&line, "total")), (0, 6), "{line}");
    assert_eq!(count(&line, "failed"), 3, "each second time it was its turn: {line}");
}

#[tokio::test]
async fn a_client_whom_nobody_serves_is_told_at_once() {
    for retries in [0, 5] {
        let mut config = plain();
        config.retries = retries;
        let to = [nobody().await, nobody().await, nobody().await];
        let proxy = Proxy::start(&to, config).await;
        let mut client = proxy.connect().await;
        let error = soon(client.read(&mut [0])).await.expect_err("no empty answer");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let line = proxy.end().await;
        assert_eq!((count(&line, "unserved"), count(&line, "failed")), (1, (retries as u64 + 1).min(3)), "{line}");
    }
}

#[tokio::test]
async fn a_server_that_fails_is_down_until_it_is_seen_to_accept() {
    let (listener, address) = listen().await;
    let mut config = plain();
    config.checks = Some(Checks { interval: Duration::from_millis(10), rise: 2, fall: 2 });
    let proxy = Proxy::start(&[address, named(b'b').await], config).await;
    let first = tokio::spawn(call(listener, b'a'));
    assert_eq!(names(&proxy, 2).await, "ab");
    first.abort();
    assert!(soon(first).await.expect_err("it would go on").is_cancelled(), "now nobody listens there");
    soon(async { while names(&proxy, 4).await != "bbbb" {} }).await;
    // Somebody else could have been given the port; then there is nothing to be seen.
    let Ok(listener) = TcpListener::bind(address).await else {
        eprintln!("skipped: the port was taken");
        return;
    };
    let again = tokio::spawn(call(listener, b'a'));
    soon(async { while !names(&proxy, 2).await.contains('a') {} }).await;
    let line = proxy.end().await;
    assert!(line.contains(&format!("{address} up")), "{line}");
    again.abort();
}

#[tokio::test]
async fn no_more_than_so_many_at_a_time() {
    let (listener, server) = listen().await;
    let mut config = plain();
    config.max = 1;
    let proxy = Proxy::start(&[server], config).await;
    let first = proxy.connect().await;
    let accepted = accept(&listener).await;
    let mut second = proxy.connect().await;
    say(&mut second, b"waiting").await;
    // What would come, had it been taken, comes in some turns of the loop.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none(), "one at a time");
    drop((first, accepted));
    assert_eq!(hear(&mut accept(&listener).await, 7).await, b"waiting");
    drop(second);
    let line = proxy.end().await;
    assert_eq!(count(&line, "accepted"), 2, "{line}");
}

#[tokio::test]
async fn many_at_once() {
    let proxy = Proxy::start(&[echo().await, echo().await, echo().await], plain()).await;
    let mut held = Vec::new();
    for number in 0..200u32 {
        let mut client = proxy.connect().await;
        ask(&mut client, &number.to_be_bytes(), &number.to_be_bytes()).await;
        held.push(client);
    }
    for (number, client) in held.iter_mut().enumerate() {
        ask(client, &number.to_be_bytes(), &number.to_be_bytes()).await;
    }
    drop(held);
    let line = proxy.end().await;
    assert_eq!((count(&line, "accepted"), count(&line, "done"), count(&line, "copied")), (200, 200, 2 * 200 * 12));
}
