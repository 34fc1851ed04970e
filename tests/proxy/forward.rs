//! Bytes and ends, as they were said.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::Told;
use crate::support::{Proxy, accept, ask, count, echo, exchange, hear, listen, pattern, plain, rest, say, soon};

const BULK: usize = 5_000_000;

#[tokio::test]
async fn large_and_tiny_messages_both_ways_to_the_byte() {
    let (listener, server) = listen().await;
    let proxy = Proxy::start(&[server], plain()).await;
    let client = tokio::spawn(exchange(proxy.connect().await, pattern(0, BULK)));
    let server = tokio::spawn(exchange(accept(&listener).await, pattern(99, BULK + 1)));
    assert!(client.await.expect("no panic") == pattern(99, BULK + 1));
    assert!(server.await.expect("no panic") == pattern(0, BULK));

    let mut client = proxy.connect().await;
    let mut server = accept(&listener).await;
    for byte in 0..200 {
        say(&mut client, &[byte]).await;
        assert_eq!(hear(&mut server, 1).await, [byte]);
        say(&mut server, &[byte, 1]).await;
        assert_eq!(hear(&mut client, 2).await, [byte, 1]);
    }
    drop((client, server));
    let line = proxy.end().await;
    assert_eq!(count(&line, "copied") + count(&line, "spliced"), 2 * BULK as u64 + 1 + 600);
    assert_eq!((count(&line, "accepted"), count(&line, "total"), count(&line, "active")), (2, 2, 0), "{line}");
    assert_eq!(count(&line, "done"), 2, "{line}");
    if cfg!(all(target_os = "linux", not(wireview_portable))) {
        assert!(count(&line, "spliced") > 8 * count(&line, "copied"), "{line}");
    }
}

#[tokio::test]
async fn either_side_may_end_first() {
    let (listener, server) = listen().await;
    let proxy = Proxy::start(&[server], plain()).await;
    for client_first in [true, false] {
        let (mut client, mut server) = (proxy.connect().await, accept(&listener).await);
        let (first, second) = if client_first { (&mut client, &mut server) } else { (&mut server, &mut client) };
        say(first, b"question").await;
        first.shutdown().await.expect("half closed");
        assert_eq!(rest(second).await, b"question", "the end was told");
        // Only now is it answered.
        say(second, &pattern(1, 100_000)).await;
        second.shutdown().await.expect("half closed");
        assert!(rest(first).await == pattern(1, 100_000));
    }
    let line = proxy.end().await;
    assert_eq!((count(&line, "done"), count(&line, "reset")), (2, 0), "{line}");
}

#[tokio::test]
async fn a_server_that_does_not_read_stops_the_client() {
    let (listener, server) = listen().await;
    let proxy = Proxy::start(&[server], plain()).await;
    let (client, mut server) = (proxy.connect().await, accept(&listener).await);
    let bytes = pattern(0, 1 << 20);
    let (mut said, mut refused) = (0u64, 0);
    // Until nothing goes on for a while: what sockets and a pipe hold is full then, and nothing else may hold anything.
    while refused < 500 {
        assert!(said < 1 << 28, "256 MiB were taken off a client for a server that reads nothing");
        match client.try_write(&bytes[(said % (1 << 20)) as usize..]) {
            Ok(wrote) => (said, refused) = (said + wrote as u64, 0),
            Err(_) => refused += 1,
        }
        tokio::task::yield_now().await;
    }
    drop(client);
    let mut got = 0u64;
    let mut block = vec![0; 1 << 16];
    while let read @ 1.. = soon(server.read(&mut block)).await.expect("closed, not reset") {
        assert!((got..).zip(&block[..read]).all(|(at, byte)| bytes[(at % (1 << 20)) as usize] == *byte));
        got += read as u64;
    }
    assert_eq!(got, said);
    drop(server);
    proxy.end().await;
}

#[tokio::test]
async fn a_reset_on_one_side_is_one_on_the_other() {
    let (listener, server) = listen().await;
    let proxy = Proxy::start(&[server], plain()).await;
    for of_client in [true, false] {
        let (mut client, mut server) = (proxy.connect().await, accept(&listener).await);
        ask_through(&mut client, &mut server).await;
        let (gone, mut left) = if of_client { (client, server) } else { (server, client) };
        gone.set_zero_linger().expect("a socket option");
        drop(gone);
        let error = soon(left.read(&mut [0; 10])).await.expect_err("not an end that was meant");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let line = proxy.end().await;
    assert_eq!((count(&line, "reset"), count(&line, "active")), (2, 0), "{line}");
}

async fn ask_through(client: &mut tokio::net::TcpStream, server: &mut tokio::net::TcpStream) {
    say(client, b"ping").await;
    assert_eq!(hear(server, 4).await, b"ping");
}

#[tokio::test]
async fn a_server_that_dies_in_mid_stream_is_no_end_of_the_stream() {
    let (listener, server) = listen().await;
    let proxy = Proxy::start(&[server], plain()).await;
    let (mut client, mut server) = (proxy.connect().await, accept(&listener).await);
    // Unread bytes make a reset of its death.
    say(&mut client, b"a request that is never read").await;
    say(&mut server, &pattern(0, 300_000)).await;
    assert!(hear(&mut client, 300_000).await == pattern(0, 300_000));
    soon(server.readable()).await.expect("it is there");
    drop(server);
    let error = soon(client.read(&mut [0; 10])).await.expect_err("not an end that was meant");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    proxy.end().await;
}

#[tokio::test]
async fn told_to_end_it_lets_connections_end() {
    let proxy = Proxy::start(&[echo().await], plain()).await;
    let mut client = proxy.connect().await;
    ask(&mut client, b"before", b"before").await;
    proxy.tell.send(Told::Report).expect("it runs");
    proxy.tell.send(Told::End).expect("it runs");
    // It listens no more when a connection is refused, and not before.
    soon(async { while tokio::net::TcpStream::connect(proxy.address).await.is_ok() {} }).await;
    ask(&mut client, b"after", b"after").await;
    assert!(!proxy.served.is_finished());
    client.shutdown().await.expect("half closed");
    assert_eq!(rest(&mut client).await, b"");
    let line = soon(proxy.served).await.expect("no panic");
    assert_eq!((count(&line, "done"), count(&line, "active")), (count(&line, "accepted"), 0), "{line}");
}

#[tokio::test]
async fn told_twice_or_out_of_time_it_closes_them() {
    for twice in [true, false] {
        let mut config = plain();
        config.drain = if twice { Duration::from_secs(3600) } else { Duration::from_millis(20) };
        let proxy = Proxy::start(&[echo().await], config).await;
        let mut client = proxy.connect().await;
        ask(&mut client, b"before", b"before").await;
        proxy.tell.send(Told::End).expect("it runs");
        if twice {
            proxy.tell.send(Told::End).expect("it runs");
        }
        assert_eq!(rest(&mut client).await, b"");
        let line = soon(proxy.served).await.expect("no panic");
        assert_eq!((count(&line, "done"), count(&line, "active")), (0, 0), "{line}");
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_closed() {
    let mut config = plain();
    config.idle = Some(Duration::from_millis(200));
    let proxy = Proxy::start(&[echo().await], config).await;
    let mut quiet = proxy.connect().await;
    ask(&mut quiet, b"once", b"once").await;
    assert_eq!(rest(&mut quiet).await, b"");
    let line = proxy.end().await;
    assert_eq!(count(&line, "idle"), 1, "{line}");
}

/// With a clock of its own: what moves now and then stays.
#[tokio::test(start_paused = true)]
async fn a_connection_on_which_something_moves_stays() {
    let (listener, server) = listen().await;
    let mut config = plain();
    config.idle = Some(Duration::from_secs(100));
    let proxy = Proxy::start(&[server], config).await;
    let mut client = proxy.connect().await;
    let (mut server, _) = listener.accept().await.expect("a connection");
    for byte in 0..20 {
        client.write_all(&[byte]).await.expect("taken");
        let mut got = [0xff];
        server.read_exact(&mut got).await.expect("it comes");
        assert_eq!(got, [byte]);
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    assert_eq!(client.read(&mut [0]).await.expect("closed"), 0, "now it is closed");
    drop((client, server));
    proxy.tell.send(Told::End).expect("it runs");
    assert_eq!(count(&proxy.served.await.expect("no panic"), "idle"), 1);
}
