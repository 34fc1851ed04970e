//! A snapshot that is an rkyv archive in a file: it leaves by `sendfile`, is stored as it comes, and is read by mapping it, at once and
//! without decoding. Linux.
//!
//! `cargo run --release --example snapshot --features kernel,rkyv -- --size 1024` (MiB; 64 unless said)

#[cfg(target_os = "linux")]
mod linux {
    use std::error::Error;
    use std::fs::File;
    use std::io::{BufWriter, Write};
    use std::sync::Arc;
    use std::time::Instant;

    use clap::Parser;
    use rkyv::rancor::BoxedError;
    use rkyv::ser::Serializer;
    use rkyv::ser::allocator::Arena;
    use rkyv::ser::sharing::Share;
    use rkyv::ser::writer::IoWriter;
    use rustix::fs::{MemfdFlags, SealFlags};
    use tokio::net::{TcpListener, TcpStream};
    use wireview::archive::{Archive, Unopened};
    use wireview::kernel::{BodyFile, Mapped};
    use wireview::tokio::Connection;
    use wireview::{Arrival, FileRegion, Limits};

    wireview::archive_format! {
        #[derive(rkyv::Archive, rkyv::Serialize)]
        struct Snapshot {
            title: String,
            taken_at: u64,
            cells: Vec<u64>,
        }
    }

    /// No more of a snapshot than relative pointers of 32 bits reach.
    const MAX: u64 = i32::MAX as u64;

    #[derive(Parser)]
    struct Args {
        /// MiB of the snapshot.
        #[arg(long, default_value_t = 64)]
        size: usize,
    }

    /// Writes the archive to a file, not to memory first.
    fn take(size: usize) -> Result<(File, u64), Box<dyn Error>> {
        let cells = (0..(size << 20) as u64 / 8).map(|at| at * at).collect();
        let snapshot = Snapshot { title: "all that was known".into(), taken_at: 1_795_885_800, cells };
        let file = tempfile::tempfile()?;
        let writer = IoWriter::new(BufWriter::with_capacity(1 << 20, &file));
        let mut arena = Arena::new();
        let mut serializer = Serializer::new(writer, arena.acquire(), Share::new());
        rkyv::api::serialize_using::<_, BoxedError>(&snapshot, &mut serializer)?;
        serializer.into_writer().into_inner().flush()?;
        let len = file.metadata()?.len();
        Ok((file, len))
    }

    async fn serve(listener: TcpListener, file: Arc<File>, len: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut conn = Connection::new(listener.accept().await?.0, Archive::<Snapshot>::new(MAX)).kernel();
        conn.send(Unopened::new(FileRegion::new(file, 0, len)?)).await?;
        conn.flush().await?;
        let sent = conn.ledger();
        println!("sent {len} bytes, {} of them by sendfile", sent.file_out);
        Ok(())
    }

    pub(super) async fn run() -> Result<(), Box<dyn Error>> {
        let (file, len) = take(Args::parse().size)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        let server = tokio::spawn(serve(listener, Arc::new(file), len));

        let start = Instant::now();
        let limits = Limits::new().stream_above(1 << 20).max_body(MAX);
        let mut conn = Connection::with_limits(stream, Archive::<Snapshot>::new(MAX), limits);
        let Some(Arrival::Body { len, .. }) = conn.next_or_body().await? else {
            return Err("too small to be streamed".into());
        };
        // A file in memory, which is sealed when it is whole: it can never change, so that mapping it is safe.
        let stored = File::from(rustix::fs::memfd_create("snapshot", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC)?);
        conn.body_to_file(&mut BodyFile::new(Arc::new(stored.try_clone()?), 0)).await?;
        rustix::fs::fcntl_add_seals(&stored, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        println!("stored {len} bytes in {:.1?}", start.elapsed());

        let start = Instant::now();
        let snapshot = Unopened::<Snapshot, _>::new(Mapped::map(&stored)?.bytes().clone()).open()?;
        println!("{:?} readable after {:.1?}", snapshot.title, start.elapsed());
        let last = snapshot.cells.len() as u64 - 1;
        assert_eq!(snapshot.cells[last as usize], last * last);
        println!("{} cells, the last {}, taken at {}", last + 1, last * last, snapshot.taken_at);
        server.await?.map_err(|error| error.to_string())?;
        Ok(())
    }
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::run().await
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("files are sealed and mapped on Linux");
}
