//! Requests and replies as rkyv archives over TCP: typed, pipelined, multiplexed. Replies come in the order in which they are ready,
//! some in parts; requests have deadlines and can be cancelled; the server speaks without being asked. A blocking client, too.
//!
//! `cargo run --example rpc --features rkyv`

use std::collections::HashMap;
use std::error::Error;
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use wireview::archive::{Archive, ArchivedFrame};
use wireview::tokio::Connection;
use wireview::{Fault, Limits, blocking};

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Request { id: u64, deadline_ms: u32, call: Call }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    enum Call { Shout(String), Sleep { ms: u32 }, Count { to: u32 }, Cancel }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Reply { id: u64, answer: Answer }

    #[derive(rkyv::Archive, rkyv::Serialize)]
    #[rkyv(derive(Debug))]
    enum Answer { Text(String), Part(u32), End, Failed(String) }
}

const MAX: u64 = 1 << 20;
/// A client that has so many requests under way is not listened to.
const MAX_RUNNING: usize = 1000;
/// Of replies that no request asked for.
const PUSH: u64 = 0;

/// One client: every request is a task of its own, which sends its answers here.
async fn serve(stream: TcpStream) -> Result<(), Fault> {
    let (asks, answers) = (Archive::<Request>::new(MAX), Archive::<Reply>::new(MAX));
    let mut conn = Connection::with_encoder(stream, asks, answers, Limits::new());
    let (done, mut ready) = unbounded_channel::<Reply>();
    let (mut tasks, mut running) = (JoinSet::new(), HashMap::<u64, AbortHandle>::new()); // dropped, all are aborted
    conn.send(&Reply { id: PUSH, answer: Answer::Text("welcome".into()) }).await?;
    loop {
        let request = tokio::select! {
            received = conn.next(), if running.len() < MAX_RUNNING => match received? {
                Some(received) => received.frame.into_archive()?,
                None => return Ok(()),
            },
            Some(first) = ready.recv() => {
                while tasks.try_join_next().is_some() {}
                let mut next = Some(first);
                while let Some(reply) = next { // all that are ready leave by one write
                    let is_last = !matches!(reply.answer, Answer::Part(_));
                    if if is_last { running.remove(&reply.id).is_some() } else { running.contains_key(&reply.id) } {
                        conn.send(&reply).await?;
                    }
                    next = ready.try_recv().ok();
                }
                continue;
            }
        };
        let (id, done) = (request.id.to_native(), done.clone());
        if let ArchivedCall::Cancel = request.call {
            let was_running = running.remove(&id).map(|task| task.abort()).is_some();
            let answer = Answer::Failed(if was_running { "cancelled" } else { "too late" }.into());
            conn.send(&Reply { id, answer }).await?;
            continue;
        }
        running.insert(
            id,
            tasks.spawn(async move {
                let deadline = Duration::from_millis(request.deadline_ms.to_native().into());
                let answer = timeout(deadline, handle(&request, &done)).await;
                let answer = answer.unwrap_or_else(|_| Answer::Failed("deadline exceeded".into()));
                let _ = done.send(Reply { id, answer }); // the client may have gone
            }),
        );
    }
}

/// The service itself. The request is read where it landed.
async fn handle(request: &ArchivedFrame<Request>, parts: &UnboundedSender<Reply>) -> Answer {
    match &request.call {
        ArchivedCall::Shout(text) => Answer::Text(text.to_uppercase()),
        ArchivedCall::Sleep { ms } => {
            sleep(Duration::from_millis(ms.to_native().into())).await;
            Answer::Text(format!("slept {ms} ms"))
        }
        ArchivedCall::Count { to } => {
            for number in 0..to.to_native() {
                let _ = parts.send(Reply { id: request.id.to_native(), answer: Answer::Part(number) });
                tokio::task::yield_now().await;
            }
            Answer::End
        }
        ArchivedCall::Cancel => Answer::End,
    }
}

type Replies = UnboundedReceiver<ArchivedFrame<Reply>>;

/// A handle on a connection that any number of tasks use at once.
#[derive(Clone)]
struct Client(UnboundedSender<(Request, UnboundedSender<ArchivedFrame<Reply>>)>);

impl Client {
    /// A client, and what the server says unasked.
    async fn connect(to: SocketAddr) -> Result<(Self, Replies), Fault> {
        let stream = TcpStream::connect(to).await?;
        let (asked, mut asks) = unbounded_channel::<(Request, UnboundedSender<ArchivedFrame<Reply>>)>();
        let (pushed, pushes) = unbounded_channel();
        tokio::spawn(async move {
            let (answers, requests) = (Archive::<Reply>::new(MAX), Archive::<Request>::new(MAX));
            let mut conn = Connection::with_encoder(stream, answers, requests, Limits::new());
            let mut waiting = HashMap::from([(PUSH, pushed)]);
            loop {
                tokio::select! {
                    received = conn.next() => {
                        let Some(received) = received? else { return Ok::<(), Fault>(()) };
                        let reply = received.frame.into_archive()?;
                        let id = reply.id.to_native();
                        let more = id == PUSH || matches!(reply.answer, ArchivedAnswer::Part(_));
                        let to = if more { waiting.get(&id).cloned() } else { waiting.remove(&id) };
                        let _ = to.map(|to| to.send(reply)); // whoever asked may have gone
                    }
                    Some(first) = asks.recv() => {
                        let mut next = Some(first);
                        while let Some((request, answers)) = next {
                            waiting.insert(request.id, answers);
                            conn.send(&request).await?;
                            next = asks.try_recv().ok();
                        }
                    }
                    else => return Ok(()),
                }
            }
        });
        Ok((Self(asked), pushes))
    }

    /// Asks, and does not wait: the replies come there.
    fn ask(&self, id: u64, deadline_ms: u32, call: Call) -> Replies {
        let (answers, replies) = unbounded_channel();
        let _ = self.0.send((Request { id, deadline_ms, call }, answers));
        replies
    }
}

/// The same for a thread that may block: one request at a time.
fn ask_blocking(to: SocketAddr) -> Result<String, Fault> {
    let (answers, requests) = (Archive::<Reply>::new(MAX), Archive::<Request>::new(MAX));
    let mut conn = blocking::Connection::with_encoder(BlockingStream::connect(to)?, answers, requests, Limits::new());
    conn.send(&Request { id: 1, deadline_ms: 1000, call: Call::Shout("from a thread".into()) })?;
    conn.flush()?;
    while let Some(mut received) = conn.next()? {
        let reply = received.frame.archive()?;
        match &reply.answer {
            ArchivedAnswer::Text(text) if reply.id == 1 => return Ok(text.to_string()),
            _ => {}
        }
    }
    Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let (client, mut pushes) = Client::connect(address).await?;
    println!("pushed: {:?}", pushes.recv().await.ok_or("no welcome")?.answer);
    let mut slow = client.ask(1, 1000, Call::Sleep { ms: 50 });
    let mut late = client.ask(2, 10, Call::Sleep { ms: 60_000 });
    let mut never = client.ask(3, 60_000, Call::Sleep { ms: 60_000 });
    let mut quick = client.ask(4, 1000, Call::Shout("hello".into()));
    let mut parts = client.ask(5, 1000, Call::Count { to: 3 });
    let mut cancelled = client.ask(3, 0, Call::Cancel);
    println!("4, asked after 1: {:?}", quick.recv().await.ok_or("no reply")?.answer);
    while let Some(part) = parts.recv().await {
        println!("5, in parts: {:?}", part.answer);
    }
    println!("3, cancelled: {:?}", cancelled.recv().await.ok_or("no reply")?.answer);
    assert!(never.recv().await.is_none());
    println!("2: {:?}", late.recv().await.ok_or("no reply")?.answer);
    println!("1: {:?}", slow.recv().await.ok_or("no reply")?.answer);
    println!("blocking: {}", tokio::task::spawn_blocking(move || ask_blocking(address)).await??);
    Ok(())
}
