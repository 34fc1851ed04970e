//! A codec inside a service that is built on `tokio_util`'s `Framed`: nothing else of the service changes.
//!
//! `cargo run --example embed`

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Framed;
use wireview::Fault;
use wireview::tokio::Compat;
use wireview_codecs::resp::{Replies, Request, Requests, Value};

/// The service as it was, but for the codec in its `Framed`.
async fn serve(stream: TcpStream) -> Result<(), Fault> {
    let mut framed = Framed::new(stream, Compat::new(Requests::new()));
    while let Some(frame) = framed.next().await {
        // The outer error ends the stream, the inner one concerns this frame alone.
        let request = frame??.into_message(); // every field is a `Bytes` that shares the buffer of `Framed`
        let reply = match (request.name(), request.arg(1)) {
            (b"PING", None) => Value::Simple("PONG".into()),
            (b"ECHO", Some(word)) => Value::Bulk(word),
            _ => Value::Error("ERR unknown command".into()),
        };
        framed.send(reply).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    tokio::spawn(serve(listener.accept().await?.0));

    let mut framed = Framed::new(stream, Compat::new(Replies::new()));
    for request in [Request::new([&b"PING"[..]]), Request::new([b"ECHO", b"hello"]), Request::new([b"SHOUT"])] {
        framed.send(request).await?;
        let reply = framed.next().await.expect("an answer for each request")??;
        println!("{request}: {}", reply.view());
    }
    Ok(())
}
