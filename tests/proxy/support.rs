//! A proxy in the background, servers behind it, and clients.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::server::{Balance, Config, Told, serve};

/// What has not come by then never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What comes in time.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move { timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("nothing came: {caller}")) }
}

/// No checks, no headers, no deadlines.
pub(crate) fn plain() -> Config {
    Config {
        balance: Balance::RoundRobin,
        connect_timeout: PATIENCE,
        retries: 3,
        idle: None,
        max: 1000,
        checks: None,
        header_in: None,
        header_timeout: PATIENCE,
        header_out: None,
        drain: PATIENCE,
        stats: None,
    }
}

/// A proxy that runs as a task.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) tell: UnboundedSender<Told>,
    pub(crate) served: JoinHandle<String>,
}

impl Proxy {
    pub(crate) async fn start(to: &[SocketAddr], config: Config) -> Self {
        let (listener, address) = listen().await;
        let (tell, told) = unbounded_channel();
        let to = to.to_vec();
        Self { address, tell, served: tokio::spawn(async move { serve(listener, &to, config, told).await }) }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the proxy listens")
    }

    /// Tells it to end, which it does when its connections have ended. Its counters.
    pub(crate) async fn end(self) -> String {
        self.tell.send(Told::End).expect("it runs");
        soon(self.served).await.expect("no panic")
    }
}

/// A listener at a port of the system's choice.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

/// A port at which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    listen().await.1
}

/// A server that sends back what it gets.
pub(crate) async fn echo() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
                let _ = write.shutdown().await;
            });
        }
    });
    address
}

pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    soon(listener.accept()).await.expect("a connection").0
}

/// `len` bytes in which no two places close to each other look the same.
pub(crate) fn pattern(seed: u64, len: usize) -> Vec<u8> {
    (seed..seed + len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

pub(crate) async fn say(stream: &mut TcpStream, bytes: &[u8]) {
    soon(stream.write_all(bytes)).await.expect("taken");
}

pub(crate) async fn hear(stream: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    soon(stream.read_exact(&mut bytes)).await.expect("it comes");
    bytes
}

/// Everything until the end, which must be one that was meant.
pub(crate) async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    soon(stream.read_to_end(&mut bytes)).await.expect("closed, not reset");
    bytes
}

/// Says it and hears `answer`.
pub(crate) async fn ask(stream: &mut TcpStream, say_: &[u8], answer: &[u8]) {
    say(stream, say_).await;
    assert_eq!(hear(stream, answer.len()).await.escape_ascii().to_string(), answer.escape_ascii().to_string());
}

/// Writes and reads at once, until both directions have ended.
pub(crate) async fn exchange(mut stream: TcpStream, bytes: Vec<u8>) -> Vec<u8> {
    let (mut read, mut write) = stream.split();
    let mut got = Vec::new();
    let both = async {
        tokio::join!(
            async {
                write.write_all(&bytes).await?;
                write.shutdown().await
            },
            read.read_to_end(&mut got)
        )
    };
    let (said, heard) = soon(both).await;
    said.expect("taken");
    heard.expect("received");
    got
}

/// The sum of all numbers behind `name=` in a line of counters.
#[track_caller]
pub(crate) fn count(line: &str, name: &str) -> u64 {
    let told: Vec<u64> = line
        .split_whitespace()
        .filter_map(|word| word.split_once('=').filter(|(key, _)| *key == name))
        .map(|(_, number)| number.parse().expect("a number"))
        .collect();
    assert!(!told.is_empty(), "no {name} in {line}");
    told.iter().sum()
}
