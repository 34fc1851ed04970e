//! An axum service and files by `sendfile`, on one listener.
//!
//! `cargo run --release --features kernel --example axum_side_by_side -- DIR`, and then
//! `curl http://127.0.0.1:8080/files/NAME` and `curl http://127.0.0.1:8080/`.
//!
//! # Why not a body inside axum
//! A response body of axum and hyper is a stream of `Bytes`. hyper owns the socket, and writes what the body yields; there is
//! no way for a body to say "so many bytes of this file, now, by whatever means". So a `NamedFile` there (tower-http's
//! `ServeDir`, actix-files) reads each piece of the file into memory, in the pool for blocking calls, and hands it over to be
//! written: two copies and two threads a piece. What it can do is save one copy: a body over a file that is mapped
//! (`wireview::kernel::Mapped`), or kept in memory, yields slices of it. What it cannot do is `sendfile`.
//!
//! # What is done instead
//! Our connection reads the first requests. As long as they ask for files it answers them. With the first that does not, the
//! stream and everything that was read of it goes to hyper:
//!
//! ```text
//!  accept ──▶ Connection<Requests> ──▶ /files/…   sendfile, and the next request
//!                     └───────────────▶ all else   stream, and what was read, to hyper ──▶ axum
//! ```
//!
//! A connection that was handed over does not come back: hyper does not say where a response ends. Files that are asked for on
//! it are served by axum, by copying (`copied` below). Where pages and files are asked for by one client, give the files
//! another host name or port, as is usual, or put the server of `examples/static_server` in front.

use std::fs::File;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use wireview::tokio::Connection;
use wireview::{Fault, FileRegion, Gather, Received};
use wireview_codecs::http1::{Framing, Part, Reply, Request, Requests, refusal};

#[tokio::main]
async fn main() -> io::Result<()> {
    let root = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener, root.into()).await
}

/// Serves files of `root` below `/files/`, and the service.
pub(crate) async fn serve(listener: TcpListener, root: PathBuf) -> io::Result<()> {
    let app = service(root.clone());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (root, app) = (root.clone(), app.clone());
        tokio::spawn(async move {
            // That a peer breaks the protocol, or goes away, ends its connection alone.
            let _ = converse(stream, &root, app).await;
        });
    }
}

/// What is not ours: any service of axum.
fn service(root: PathBuf) -> Router {
    Router::new()
        .route("/", get(|| async { "hello from axum\n" }))
        .route("/echo", post(|body: String| async { body }))
        .route("/files/{name}", get(copied))
        .with_state(root)
}

/// A file, on a connection that is hyper's already.
async fn copied(State(root): State<PathBuf>, Segment(name): Segment<String>) -> Result<Vec<u8>, StatusCode> {
    if !is_name(name.as_bytes()) {
        return Err(StatusCode::NOT_FOUND);
    }
    tokio::fs::read(root.join(name)).await.map_err(|_| StatusCode::NOT_FOUND)
}

async fn converse(stream: TcpStream, root: &Path, app: Router) -> Result<(), Fault> {
    let mut conn = Connection::new(stream, Requests::new()).kernel();
    let head = loop {
        let Received { frame, mut out } = match conn.next().await {
            Ok(Some(received)) => received,
            Ok(None) => return Ok(()),
            Err(fault) => {
                if let Some(report) = fault.report() {
                    Reply::last().send(&mut conn.out(), refusal(&report.error()), |_| {}, &b""[..])?;
                }
                return conn.close().await;
            }
        };
        match frame.view()? {
            Part::Head(request) if is_ours(&request) => {
                let reply = request.reply();
                answer(&request, root, &mut out)?;
                if !reply.keep_alive() {
                    return conn.close().await;
                }
            }
            // The first part behind a message without body is a head, and so is what is handed over.
            _ => break frame.bytes().to_vec(),
        }
    };
    // What was answered goes first.
    conn.flush().await?;
    let parts = conn.into_parts();
    let (read, write) = parts.io.into_split();
    let read = Cursor::new([&head[..], &parts.received[..]].concat()).chain(read);
    let io = TokioIo::new(tokio::io::join(read, write));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(io, TowerToHyperService::new(app));
    served.with_upgrades().await.map_err(|error| io::Error::other(error).into())
}

fn is_ours(request: &Request<&[u8]>) -> bool {
    let reads = request.is("GET") || request.is("HEAD");
    reads && request.framing() == Framing::None && request.path().starts_with(b"/files/")
}

/// Queues a file. `examples/static_server` shows what else belongs to one: its type, ranges, conditions, paths.
fn answer(request: &Request<&[u8]>, root: &Path, out: &mut Gather) -> wireview::Result<()> {
    let reply = request.reply();
    match open(root, request.path()) {
        Ok(region) => reply.send(out, 200, |fields| fields.add("Server", "wireview"), region),
        Err(_) => reply.send(out, 404, |fields| fields.add("Server", "wireview"), &b"no such file\n"[..]),
    }
}

fn open(root: &Path, path: &[u8]) -> io::Result<FileRegion> {
    let name = path.strip_prefix(b"/files/").filter(|name| is_name(name)).ok_or(io::ErrorKind::NotFound)?;
    let file = File::open(root.join(std::str::from_utf8(name).map_err(io::Error::other)?))?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    FileRegion::whole(Arc::new(file))
}

/// One name, without anything that leads elsewhere or would have to be decoded.
fn is_name(name: &[u8]) -> bool {
    !name.starts_with(b".")
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}
