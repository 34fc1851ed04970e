//! Two sockets, each of which is given what the other says.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::Add;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::KernelStream;
use super::flow::{Flow, Stopped};

/// How many bytes went by, and by which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// Bytes that were read and written.
    pub copied: u64,
    /// Bytes that the kernel moved from socket to socket.
    pub spliced: u64,
}

impl Passed {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.copied + self.spliced
    }
}

impl Add for Passed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { copied: self.copied + other.copied, spliced: self.spliced + other.spliced }
    }
}

/// One of the two ends of a [`Forwarding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// Why a forwarding has ended before both ends were done.
#[derive(Debug)]
pub struct Broken {
    /// The end whose socket failed.
    pub side: Side,
    /// Whether that was in reading from it; else in writing to it.
    pub reading: bool,
    /// What it failed with.
    pub error: io::Error,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.reading { "reading from" } else { "writing to" };
        write!(f, "{verb} {:?} failed: {}", self.side, self.error)
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        Self::new(broken.error.kind(), broken)
    }
}

/// Two connections that are joined, and how far that has got.
///
/// Each direction is read only when everything that was read before has been written, so a slow end slows the other. When an
/// end has said its last, the other is told so (`shutdown`) once everything has reached it, and can still answer.
///
/// Few bytes at a time are copied, through memory of the thread; once they come in blocks of 16 KiB they are spliced through
/// a pipe, as long as they do. So a joined pair that is idle holds neither a pipe nor a buffer: this value is all there is.
///
/// ```no_run
/// # #[cfg(feature = "tokio")] {
/// use tokio::net::TcpStream;
/// use wireview::kernel::Forwarding;
/// use wireview::tokio::Connection;
/// # use wireview::formats::Lines;
///
/// # async fn serve(client: TcpStream, mut server: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// // A codec has looked at the first line and is done.
/// let mut conn = Connection::new(client, Lines::new(1000));
/// let first = conn.next().await?;
/// # drop(first);
/// let mut parts = conn.into_parts();
/// let mut forwarding = Forwarding::new().ahead_to_b(parts.received.freeze());
/// let ended = forwarding.run(&mut parts.io, &mut server).await;
/// println!("{} to the server, {} to the client", forwarding.to_b().total(), forwarding.to_a().total());
/// ended?;
/// # Ok(())
/// # }
/// # }
/// ```
///
/// # Cost
/// Two calls a block, spliced or copied. What splicing saves of the processor is what `cargo bench --bench send_file` tells.
#[derive(Debug)]
pub struct Forwarding {
    to_b: Way,
    to_a: Way,
}

#[derive(Debug, Default)]
struct Way {
    flow: Flow,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Open,
    /// Everything was given; the other end is to be told that this was all.
    Ending,
    Ended,
}

impl Default for Forwarding {
    fn default() -> Self {
        Self::new()
    }
}

impl Forwarding {
    /// Nothing has passed yet.
    #[must_use]
    pub fn new() -> Self {
        Self { to_b: Way::default(), to_a: Way::default() }
    }

    /// Bytes of A that were read already and go to B before anything else.
    #[must_use]
    pub fn ahead_to_b(mut self, bytes: Bytes) -> Self {
        self.to_b.flow = Flow::new(bytes);
        self
    }

    /// Bytes of B that were read already and go to A before anything else.
    #[must_use]
    pub fn ahead_to_a(mut self, bytes: Bytes) -> Self {
        self.to_a.flow = Flow::new(bytes);
        self
    }

    /// What B was given of what A said.
    #[must_use]
    pub const fn to_b(&self) -> Passed {
        self.to_b.flow.passed
    }

    /// What A was given of what B said.
    #[must_use]
    pub const fn to_a(&self) -> Passed {
        self.to_a.flow.passed
    }

    /// Whether A has said its last, and B was told.
    #[must_use]
    pub fn is_a_done(&self) -> bool {
        self.to_b.state == State::Ended
    }

    /// Whether B has said its last, and A was told.
    #[must_use]
    pub fn is_b_done(&self) -> bool {
        self.to_a.state == State::Ended
    }

    /// Forwards until both ends have said their last.
    ///
    /// # Errors
    /// If a socket fails. The other one is left as it is, for the caller to close, or to tell.
    ///
    /// # Cancel safety
    /// Nothing is lost: what is under way is in `self`, which goes on with the same two streams.
    pub async fn run<A, B>(&mut self, a: &mut A, b: &mut B) -> Result<(), Broken>
    where
        A: KernelStream + AsyncWrite + Unpin,
        B: KernelStream + AsyncWrite + Unpin,
    {
        poll_fn(|cx| self.poll(a, b, cx)).await
    }

    /// The same, to be polled.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn poll<A, B>(&mut self, a: &mut A, b: &mut B, cx: &mut Context<'_>) -> Poll<Result<(), Broken>>
    where
        A: KernelStream + AsyncWrite + Unpin,
        B: KernelStream + AsyncWrite + Unpin,
    {
        let to_b = self.to_b.poll(a, b, (Side::A, Side::B), cx)?;
        let to_a = self.to_a.poll(b, a, (Side::B, Side::A), cx)?;
        if to_b.is_ready() && to_a.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl Way {
    fn poll<A, B>(
        &mut self,
        from: &A,
        to: &mut B,
        (source, target): (Side, Side),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>>
    where
        A: KernelStream,
        B: KernelStream + AsyncWrite + Unpin,
    {
        if self.state == State::Open {
            let mut left = u64::MAX;
            let ended = ready!(self.flow.poll(from.socket(), to.socket(), &mut left, cx));
            ended.map_err(|stopped| match stopped {
                Stopped::Reading(error) => Broken { side: source, reading: true, error },
                Stopped::Writing(error) => Broken { side: target, reading: false, error },
            })?;
            self.state = State::Ending;
        }
        if self.state == State::Ending {
            match ready!(Pin::new(to).poll_shutdown(cx)) {
                // The other end has closed, too, and needs not be told.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
                told => told.map_err(|error| Broken { side: target, reading: false, error })?,
            }
            self.state = State::Ended;
        }
        Poll::Ready(Ok(()))
    }
}

/// Forwards between two connections until both have said their last, and says what went to B and what to A.
///
/// [`Forwarding`] can be cancelled, tells what has passed when it fails, and begins with what was read already.
///
/// # Errors
/// If a socket fails.
pub async fn forward<A, B>(a: &mut A, b: &mut B) -> Result<(Passed, Passed), Broken>
where
    A: KernelStream + AsyncWrite + Unpin,
    B: KernelStream + AsyncWrite + Unpin,
{
    let mut forwarding = Forwarding::new();
    forwarding.run(a, b).await?;
    Ok((forwarding.to_b(), forwarding.to_a()))
}
