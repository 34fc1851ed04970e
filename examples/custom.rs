//! A protocol of one's own, declared: requests and answers, served and asked over TCP.
//!
//! `cargo run --example custom --features derive`; with `-- --lua` it writes its dissector for Wireshark, and does nothing else.

use tokio::net::{TcpListener, TcpStream};
use wireview::declare::{Computed, Declared, Text};
use wireview::tokio::Connection;
use wireview::{Fault, Received, Span, Wire};

/// `"WV"`, the length of what follows, what it is, a request's number, and the rest of it.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(magic = b"WV", frame(length = u32, counts = after, max = 1 << 20))]
struct Message<B> {
    kind: Computed<u8>,
    number: u16,
    #[wire(tag = kind)]
    body: Body<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(tag = u8)]
enum Body<B> {
    #[wire(tag = 1)]
    Shout(#[wire(rest)] Text<B>),
    #[wire(tag = 2)]
    Count(#[wire(rest)] B),
    #[wire(tag = 3)]
    Counted(u32),
}

async fn serve(stream: TcpStream) -> Result<(), Fault> {
    let mut conn = Connection::new(stream, Declared::<Message<Span>>::new());
    while let Some(Received { frame, mut out }) = conn.next().await? {
        let asked = frame.view()?;
        let body = match asked.body {
            Body::Shout(text) => Body::Shout(text.to_str()?.to_uppercase().into()),
            Body::Count(bytes) => Body::Counted(bytes.len() as u32),
            Body::Counted(_) => continue,
        };
        out.send(Message { kind: Computed::new(), number: asked.number, body })?; // lengths and tag are filled in
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    if std::env::args().any(|arg| arg == "--lua") {
        print!("{}", Message::<()>::wireshark_lua());
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    println!("{}\n{}", Message::<()>::diagram(), Body::<()>::diagram());
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let mut conn = Connection::new(stream, Declared::<Message<Span>>::new());
    tokio::spawn(serve(listener.accept().await?.0));
    let requests = [Body::Shout(Text::from("look")), Body::Count(&b"point"[..]), Body::Shout("keep".into())];
    for (number, body) in (1..).zip(requests) {
        conn.send(Message { kind: Computed::new(), number, body }).await?;
    }
    for (number, request) in (1..).zip(requests) {
        let answer = conn.next().await?.expect("an answer for each request");
        let seen = answer.frame.view()?;
        assert_eq!(seen.number, number);
        println!("{request} -> {seen}");
    }
    Ok(())
}
