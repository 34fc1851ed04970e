//! The three ways to take what a connection receives.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use wireview::tokio::Connection;
use wireview::{Codec, Fault, Outbox, Received, View};

/// How messages are taken.
#[derive(Clone, Copy)]
pub(crate) enum Verb {
    /// As views into the receive block, one by one.
    Borrowed,
    /// All that have come, under one refcount.
    Batched,
    /// One by one as owned frames, each with a refcount.
    Owned,
}

impl Verb {
    pub(crate) const ALL: [Self; 3] = [Self::Borrowed, Self::Batched, Self::Owned];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Borrowed => "wireview, borrowed",
            Self::Batched => "wireview, batched",
            Self::Owned => "wireview, owned frames",
        }
    }
}

/// Takes `count` messages; `see` gets each of them, and the queue for what is to be sent next.
pub(crate) async fn receive<T, C, E>(
    conn: &mut Connection<T, C, E>,
    verb: Verb,
    count: usize,
    mut see: impl for<'a> FnMut(View<'a, C>, &mut Outbox<'_, E>),
) -> Result<(), Fault>
where
    T: AsyncRead + AsyncWrite + Unpin,
    C: Codec,
{
    let ended = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut seen = 0;
    while seen < count {
        match verb {
            Verb::Borrowed => {
                let Received { frame, mut out } = conn.next().await?.ok_or_else(ended)?;
                see(frame.view()?, &mut out);
                seen += 1;
            }
            Verb::Batched => {
                let (batch, mut out) = conn.next_batch().await?.ok_or_else(ended)?;
                for view in &batch {
                    see(view?, &mut out);
                }
                seen += batch.len();
            }
            Verb::Owned => {
                let Received { frame, mut out } = conn.next().await?.ok_or_else(ended)?;
                see(frame.into_frame()?.view(), &mut out);
                seen += 1;
            }
        }
    }
    Ok(())
}
