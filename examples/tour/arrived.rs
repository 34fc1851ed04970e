//! What arrived: the tour stands between a client and the server, and draws what goes by.
//!
//! ```text
//!  client ◀──▶ tour: Requests, Replies ◀──▶ server
//! ```

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, Join, ReadBuf, join};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use wireview::tokio::Connection;
use wireview::{Codec, Lent, Received, Span, Wire};
use wireview_codecs::resp::{self, Replies, Requests};

use super::{Checks, Tour};

/// What is asked, and what is to be answered.
const SAID: [(&[&[u8]], &str); 4] = [
    (&[b"SET", b"greeting", b"hello, world"], "OK"),
    (&[b"GET", b"greeting"], r#""hello, world""#),
    (&[b"MGET", b"greeting", b"nobody"], r#"["hello, world", (nil)]"#),
    (&[b"INCR", b"greeting"], "(error) ERR value is not an integer or out of range"),
];

pub(crate) fn show(tour: &mut Tour, server: SocketAddr) -> Result<(), Box<dyn Error>> {
    println!("\nWhat arrived: every field is a view of the bytes where the kernel put them");
    let Tour { runtime, checks, .. } = tour;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = Connection::new(TcpStream::connect(listener.local_addr()?).await?, Replies::new());
        let (io, asked_at) = Witness::over(listener.accept().await?.0);
        let mut asked = Connection::new(io, Requests::new());
        let (io, answered_at) = Witness::over(TcpStream::connect(server).await?);
        let mut answered = Connection::new(io, Replies::new());

        for (words, expected) in SAID {
            resp::command(&mut client.out(), words);
            client.flush().await?;

            let Received { frame, .. } = asked.next().await?.ok_or("no request")?;
            draw(&format!("request {}", frame.view()?), &frame, asked_at.get(), checks)?;
            answered.send(frame.view()?).await?; // a view is a message: it is sent on as it is

            let Received { frame, .. } = answered.next().await?.ok_or("no reply")?;
            draw(&format!("reply   {}", frame.view()?), &frame, answered_at.get(), checks)?;
            asked.send(frame.view()?).await?;
            asked.flush().await?;

            let Received { frame, .. } = client.next().await?.ok_or("no reply")?;
            let reply = frame.view()?.to_string();
            checks.check(reply == expected, || format!("{reply} is not {expected}"));
        }
        Ok(())
    })
}

/// Draws the frame with its fields, and checks that they lie in what the last read wrote.
fn draw<C: Codec>(
    title: &str,
    frame: &Lent<'_, C>,
    (start, end): (usize, usize),
    checks: &mut Checks,
) -> Result<(), wireview::Error> {
    let bytes = frame.bytes();
    let mut marks = String::new();
    let mut fields = Vec::new();
    // A message is mapped from one holder of its bytes to another: here from slices to spans, which are noted on the way.
    C::Message::map::<&[u8], Span>(frame.view()?, &mut |field| {
        let span = Span::of(bytes, field).unwrap_or_default();
        if !field.is_empty() {
            let at = field.as_ptr() as usize;
            checks.check(start <= at && at + field.len() <= end, || format!("{title}: a field was copied to {at:#x}"));
            marks += &" ".repeat(span.at() - marks.chars().count());
            marks += &mark(span.len());
            fields.push(format!("{span:?} at {at:#x}"));
        }
        span
    });
    let wire: String =
        bytes.iter().map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { byte.into() } else { '.' }).collect();
    println!("\n  {title}");
    println!("  {:>5} bytes  {wire}", bytes.len());
    if !fields.is_empty() {
        println!("               {marks}");
        println!("       fields  {}", fields.join(", "));
        println!("    read into  {start:#x}..{end:#x}");
    }
    Ok(())
}

/// A brace of so many columns.
fn mark(len: usize) -> String {
    match len {
        1 => "╵".into(),
        _ => format!("└{}┘", "─".repeat(len - 2)),
    }
}

/// From which address to which the last read wrote.
type LastRead = Rc<Cell<(usize, usize)>>;

/// A reader that notes from where to where the last read wrote.
struct Witness<R> {
    io: R,
    last: LastRead,
}

impl Witness<OwnedReadHalf> {
    /// The stream with a witness on its reading half, and what the witness says.
    fn over(stream: TcpStream) -> (Join<Self, OwnedWriteHalf>, LastRead) {
        let last = Rc::default();
        let (io, write) = stream.into_split();
        (join(Self { io, last: Rc::clone(&last) }, write), last)
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Witness<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let Range { start, end } = buf.filled()[before..].as_ptr_range();
        self.last.set((start as usize, end as usize));
        Poll::Ready(Ok(()))
    }
}
