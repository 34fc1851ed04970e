//! A protocol of one's own: a header struct and a payload, served and asked over TCP.
//!
//! `cargo run --example custom --features zerocopy`

use tokio::net::{TcpListener, TcpStream};
use wireview::formats::{Headed, Header, WithHeader};
use wireview::tokio::Connection;
use wireview::{Error, Fault, Received};
use zerocopy::byteorder::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `"WV"`, a request's number, the payload's length.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Head {
    magic: [u8; 2],
    number: U16,
    len: U32,
}

impl Header for Head {
    fn payload_len(&self) -> u64 {
        self.len.get().into()
    }

    fn set_payload_len(&mut self, len: u64) {
        self.len.set(len as u32);
    }

    fn check(&self) -> Result<(), Error> {
        if self.magic == *b"WV" { Ok(()) } else { Err(Error::malformed(&"magic", 0)) }
    }
}

async fn serve(stream: TcpStream) -> Result<(), Fault> {
    let mut conn = Connection::new(stream, Headed::<Head>::new(1 << 20));
    while let Some(Received { frame, mut out }) = conn.next().await? {
        let WithHeader { header, payload } = frame.view()?;
        out.send(WithHeader { header, payload: payload.to_ascii_uppercase() })?; // the length is filled in
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut conn = Connection::new(TcpStream::connect(listener.local_addr()?).await?, Headed::<Head>::new(1 << 20));
    tokio::spawn(serve(listener.accept().await?.0));
    for (number, word) in (1..).zip(["look", "point", "keep", "send"]) {
        let header = Head { magic: *b"WV", number: U16::new(number), len: U32::ZERO };
        conn.send(WithHeader { header, payload: word.as_bytes() }).await?;
    }
    for number in 1..=4 {
        let answer = conn.next().await?.expect("an answer for each request");
        let WithHeader { header, payload } = answer.frame.view()?;
        assert_eq!(header.number.get(), number);
        println!("{number}: {}", String::from_utf8_lossy(payload));
    }
    Ok(())
}
