use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;
use wireview::tokio::Connection;
use wireview::torture::{Script, Torture};
use wireview::{Fault, Limits, Received};

use super::Cursor;

type Codec = LengthPrefixed<U16Be>;

thread_local! {
    // Its clock stands still and jumps when all tasks wait: a deadlock is told at once.
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"));
}

/// A server that answers each frame with itself, over a stream that does what the input says; each of its futures is dropped
/// and made again when it has to wait. What comes back is what was sent.
pub fn connection(input: &[u8]) {
    let mut cursor = Cursor(input);
    let pipe = 1 + usize::from(cursor.byte());
    let limits = Limits::new().reads(1 + usize::from(cursor.byte()), 512).queued(u64::from(cursor.byte()) * 8, 0);
    let (sharing, cancelling, flat) = (cursor.byte() % 2 == 0, cursor.byte() % 2 == 0, cursor.byte() % 2 == 0);
    let mut sent = Vec::new();
    for index in 0..1 + cursor.byte() % 16 {
        let len = match cursor.byte() {
            len @ 0..=200 => u16::from(len),
            // So that no input takes long: a pipe of one byte passes one at a time.
            _ => cursor.number() % (16 * pipe as u16),
        };
        sent.extend(len.to_be_bytes());
        sent.extend((0..len).map(|at| index.wrapping_mul(31) ^ at as u8));
    }
    let script = Script::new(cursor.0);
    let task = async {
        let (near, mut peer) = duplex(pipe);
        let near = Torture::new(near, script).without_errors();
        let near = if flat { near.flat() } else { near };
        let mut server = Connection::with_limits(near, Codec::new(u64::MAX), limits);
        if sharing {
            server.out().set_copy_up_to(0);
        }
        let client = async {
            let (mut reader, mut writer) = tokio::io::split(&mut peer);
            let mut got = Vec::new();
            // Writes everything before it is sure to read anything.
            let write = async {
                writer.write_all(&sent).await?;
                writer.shutdown().await
            };
            let (wrote, read) = tokio::join!(write, reader.read_to_end(&mut got));
            wrote.and(read).expect("a duplex does not fail");
            got
        };
        let (served, got) = tokio::join!(serve(&mut server, cancelling), client);
        served.expect("the frames are lawful");
        assert!(got == sent, "{} bytes were sent, {} came back", sent.len(), got.len());
    };
    RUNTIME.with_borrow(|runtime| {
        let done = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(3600), task).await });
        done.expect("a deadlock");
    });
}

async fn serve<T>(server: &mut Connection<T, Codec>, cancelling: bool) -> Result<(), Fault>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        // Dropped whenever it waits, and made again when it is woken.
        let answered = if cancelling {
            std::future::poll_fn(|cx| pin!(answer(server)).poll(cx)).await?
        } else {
            answer(server).await?
        };
        if !answered {
            break;
        }
    }
    server.shutdown().await
}

async fn answer<T>(server: &mut Connection<T, Codec>) -> Result<bool, Fault>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let Some(Received { frame, mut out }) = server.next().await? else { return Ok(false) };
    if frame.bytes().len() % 3 == 0 {
        let owned = frame.into_frame()?.into_message();
        out.send(owned)?;
    } else {
        out.send(frame.view()?)?;
    }
    Ok(true)
}
