//! Faults that are planted, to see that the soak notices them: a front before the server that does harm.

use std::fs::File;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Plant {
    /// One bit in so many bytes of answers is another one
    WrongAnswer,
    /// Some answers are never sent: the connection is closed
    LostAnswer,
    /// Each connection leaves a descriptor open
    LeakDescriptors,
    /// Each connection leaves 64 KiB allocated
    LeakMemory,
    /// The server does not end with 0
    BadExit,
}

/// One byte of so many is harmed.
const HARMED: u64 = 300_007;

/// Listens in front of `server`, and says where.
pub(crate) async fn front(plant: Plant, server: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let passed = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            match plant {
                Plant::LeakDescriptors => mem::forget(File::open("/dev/null")),
                Plant::LeakMemory => mem::forget(vec![1_u8; 64 << 10]),
                _ => {}
            }
            tokio::spawn(pass(plant, client, server, passed.clone()));
        }
    });
    Ok(address)
}

/// Passes everything on in both directions, the harm done to the answers.
async fn pass(plant: Plant, mut client: TcpStream, server: SocketAddr, passed: Arc<AtomicU64>) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let asking = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let answering = async {
        let mut block = vec![0; 16 << 10];
        loop {
            let read = from_server.read(&mut block).await?;
            let before = passed.fetch_add(read as u64, Ordering::Relaxed);
            let harmed = (before + read as u64) / HARMED > before / HARMED;
            match plant {
                Plant::WrongAnswer if harmed => block[read - 1] ^= 1,
                Plant::LostAnswer if harmed => return to_client.shutdown().await,
                _ if read == 0 => return to_client.shutdown().await,
                _ => {}
            }
            to_client.write_all(&block[..read]).await?;
        }
    };
    tokio::try_join!(asking, answering).map(drop)
}
