//! The process that is watched: the server of `examples/kv`, its heap, and a line to the process that watches.
//!
//! ```text
//!  soak ──── stdin: "heap" ───▶ serve      the end of stdin ends it, too: it never outlives the soak
//!       ◀─── stdout: a number ──
//! ```

use std::io::{self, BufRead};
use std::process::ExitCode;
use std::thread;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::plant::{self, Plant};
use super::{ALLOCATOR, server};

pub(crate) fn serve(plant: Option<Plant>) -> io::Result<ExitCode> {
    let (deserted, alone) = oneshot::channel::<()>();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            match line.as_deref() {
                Ok("heap") => {
                    let heap = ALLOCATOR.stats();
                    println!("{}", heap.bytes_allocated.wrapping_sub(heap.bytes_deallocated));
                }
                _ => break,
            }
        }
        drop(deserted);
    });
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let stop = terminated()?;
        let stop = async {
            tokio::select! {
                () = stop => {}
                _ = alone => {}
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut address = listener.local_addr()?;
        if let Some(plant) = plant {
            address = plant::front(plant, address).await?;
        }
        println!("{address}");
        server::serve(listener, server::Options::default(), stop).await
    })?;
    Ok(if plant == Some(Plant::BadExit) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Waits for SIGTERM, which is caught from now on.
#[cfg(unix)]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    Ok(async move { term.recv().await.unwrap_or_default() })
}

#[cfg(not(unix))]
fn terminated() -> io::Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}
