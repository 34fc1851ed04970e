//! Echo over loopback TCP: typed requests as rkyv archives, as in `examples/rpc.rs`, beside tonic (gRPC, prost) and tarpc (bincode).
//!
//! Equal work: one connection, 32 requests under way, each a future that waits for its own reply; the server reads a payload and sends
//! one of the same bytes. Client and server have a thread each, with a runtime of its own. tonic's payloads are `Bytes` and tarpc's
//! `serde_bytes`, which is the cheapest they have. tonic and tarpc spawn a task for each request: so does ours in one row, in the other
//! it answers from the loop. The first table is the processor time of both sides, the second what passed on the clock.
//!
//! `cargo bench --bench rpc --manifest-path benches/peers/Cargo.toml`

use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use wireview::archive::{Archive, ArchivedFrame};
use wireview::tokio::Connection;
use wireview::{Fault, Limits, Received};

#[path = "../../support/mod.rs"]
mod support;

const UNDER_WAY: usize = 32;
const MAX: u64 = 1 << 20;

/// How much a client queues before it looks for replies.
const QUEUED: u64 = 256 << 10;

fn main() {
    let bench = support::Bench::from_args("rpc");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (payload, count) in [(64, 2000), (4 << 10, 1000), (256 << 10, 100)] {
        let payload = Bytes::from(vec![7; payload]);
        for (what, clock) in [("processor", Some(support::process_time as fn() -> _)), ("clock", None)] {
            let title = format!("{} echoed, {what}", support::size(payload.len()));
            let mut race = bench.race(&title, "request", count as u64);
            if let Some(clock) = clock {
                race = race.timed_by(clock);
            }
            let (runtime, payload) = (&runtime, &payload);
            let ours = runtime.block_on(Ours::connect(serve(|listener| async move { inline(listener).await })));
            race.add("wireview", move || echoes(runtime, count, || ours.echo(payload.clone())));
            let ours = runtime.block_on(Ours::connect(serve(|listener| async move { tasks(listener).await })));
            race.add("wireview, a task a request", move || echoes(runtime, count, || ours.echo(payload.clone())));
            let tonic = runtime.block_on(grpc::connect(serve(grpc::serve)));
            race.add("tonic", move || echoes(runtime, count, || grpc::echo(tonic.clone(), payload.clone())));
            let tarpc = runtime.block_on(plain::connect(serve(plain::serve)));
            race.add("tarpc", move || echoes(runtime, count, || plain::echo(tarpc.clone(), payload.clone())));
            race.run();
        }
    }
}

/// A server on a thread of its own, and where it listens.
fn serve<F: Future<Output = ()>>(server: impl FnOnce(TcpListener) -> F + Send + 'static) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("somebody waits");
            server(listener).await;
        });
    });
    told.recv().expect("the server listens")
}

/// So many requests, some of them under way at a time.
fn echoes<F: Future<Output = usize>>(runtime: &Runtime, count: usize, echo: impl Fn() -> F) -> usize {
    runtime.block_on(async {
        stream::iter(0..count).map(|_| echo()).buffer_unordered(UNDER_WAY).fold(0, |sum, len| ready(sum + len)).await
    })
}

wireview::archive_format! {
    #[derive(rkyv::Archive, rkyv::Serialize)]
    struct Echo { id: u64, payload: Box<[u8]> }
}

/// The same from a payload that lies elsewhere.
#[derive(rkyv::Archive, rkyv::Serialize)]
#[rkyv(as = ArchivedEcho, serialize_bounds(__S: rkyv::ser::Writer + rkyv::ser::Allocator, __S::Error: rkyv::rancor::Source))]
struct EchoRef<'a> {
    id: u64,
    #[rkyv(with = rkyv::with::InlineAsBox, omit_bounds)]
    payload: &'a [u8],
}

async fn inline(listener: TcpListener) {
    let stream = listener.accept().await.expect("a client").0;
    stream.set_nodelay(true).expect("a socket");
    let mut conn = Connection::new(stream, Archive::<Echo>::new(MAX));
    while let Ok(Some(Received { mut frame, mut out })) = conn.next().await {
        let asked = frame.archive().expect("an archive");
        out.send(&EchoRef { id: asked.id.to_native(), payload: &asked.payload }).expect("it fits");
    }
}

async fn tasks(listener: TcpListener) {
    let stream = listener.accept().await.expect("a client").0;
    stream.set_nodelay(true).expect("a socket");
    let mut conn = Connection::new(stream, Archive::<Echo>::new(MAX));
    let (done, mut ready) = mpsc::unbounded_channel::<ArchivedFrame<Echo>>();
    loop {
        tokio::select! {
            received = conn.next() => {
                let Ok(Some(received)) = received else { return };
                let (asked, done) = (received.frame.into_archive().expect("an archive"), done.clone());
                tokio::spawn(async move { drop(done.send(asked)) });
            }
            Some(mut reply) = ready.recv() => {
                // All that are ready leave by one write.
                loop {
                    conn.out().send(&EchoRef { id: reply.id.to_native(), payload: &reply.payload }).expect("it fits");
                    let Ok(more) = ready.try_recv() else { break };
                    reply = more;
                }
            }
        }
    }
}

type Asked = (Bytes, oneshot::Sender<ArchivedFrame<Echo>>);

struct Ours(mpsc::UnboundedSender<Asked>);

impl Ours {
    async fn connect(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let (asked, mut asks) = mpsc::unbounded_channel::<Asked>();
        tokio::spawn(async move {
            // The side that asks does not stop reading, whatever it has queued.
            let limits = Limits::new().queued(u64::MAX, u64::MAX);
            let mut conn = Connection::with_limits(stream, Archive::<Echo>::new(MAX), limits);
            let (mut waiting, mut next) = (HashMap::new(), 0_u64);
            loop {
                tokio::select! {
                    received = conn.next() => {
                        let Some(received) = received? else { return Ok::<(), Fault>(()) };
                        let reply = received.frame.into_archive()?;
                        let waits: Option<oneshot::Sender<_>> = waiting.remove(&reply.id.to_native());
                        let _ = waits.map(|waits| waits.send(reply));
                    }
                    // What waits already is to stay in the cache: more is taken when some of it has gone, or been answered.
                    asked = asks.recv(), if conn.out().size() < QUEUED => {
                        let Some(mut asked) = asked else { return Ok(()) };
                        // All that were asked leave by one write.
                        loop {
                            let (payload, waits) = asked;
                            waiting.insert(next, waits);
                            conn.out().send(&EchoRef { id: next, payload: &payload })?;
                            next += 1;
                            if conn.out().size() >= QUEUED {
                                break;
                            }
                            let Ok(more) = asks.try_recv() else { break };
                            asked = more;
                        }
                    }
                }
            }
        });
        Self(asked)
    }

    fn echo(&self, payload: Bytes) -> impl Future<Output = usize> {
        let (waits, reply) = oneshot::channel();
        self.0.send((payload, waits)).expect("the connection is there");
        async { reply.await.expect("an echo").payload.len() }
    }
}

/// gRPC by tonic, without generated code.
mod grpc {
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::body::Body;
    use tonic::transport::{Channel, Endpoint, Server};
    use tonic::{Request, Response, Status};
    use tonic_prost::ProstCodec;
    use tower_service::Service;

    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Message {
        #[prost(bytes = "bytes", tag = "1")]
        payload: Bytes,
    }

    #[derive(Clone)]
    struct Method;

    impl Service<Request<Message>> for Method {
        type Response = Response<Message>;
        type Error = Status;
        type Future = Ready<Result<Response<Message>, Status>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Message>) -> Self::Future {
            ready(Ok(Response::new(request.into_inner())))
        }
    }

    #[derive(Clone)]
    struct Echoes;

    impl tonic::server::NamedService for Echoes {
        const NAME: &'static str = "bench.Echo";
    }

    impl Service<http::Request<Body>> for Echoes {
        type Response = http::Response<Body>;
        type Error = std::convert::Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            Box::pin(async move {
                let mut grpc = tonic::server::Grpc::new(ProstCodec::<Message, Message>::default());
                Ok(grpc.unary(Method, request).await)
            })
        }
    }

    pub(super) async fn serve(listener: TcpListener) {
        let incoming = TcpListenerStream::new(listener).map(|stream| {
            let stream = stream?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        });
        Server::builder().add_service(Echoes).serve_with_incoming(incoming).await.expect("served");
    }

    pub(super) async fn connect(to: SocketAddr) -> Channel {
        Endpoint::from_shared(format!("http://{to}")).expect("an address").connect().await.expect("a server")
    }

    pub(super) async fn echo(channel: Channel, payload: Bytes) -> usize {
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.expect("a connection");
        let path = http::uri::PathAndQuery::from_static("/bench.Echo/Echo");
        let codec = ProstCodec::<Message, Message>::default();
        let reply = grpc.unary(Request::new(Message { payload }), path, codec).await;
        reply.expect("an echo").into_inner().payload.len()
    }
}

/// tarpc, by bincode over length-delimited frames.
mod plain {
    use serde_bytes::ByteBuf;
    use tarpc::client::Config;
    use tarpc::context;
    use tarpc::server::{BaseChannel, Channel};
    use tarpc::tokio_serde::formats::Bincode;

    use super::*;

    #[tarpc::service]
    pub(super) trait Echo {
        async fn echo(payload: ByteBuf) -> ByteBuf;
    }

    #[derive(Clone)]
    struct Server;

    impl Echo for Server {
        async fn echo(self, _: context::Context, payload: ByteBuf) -> ByteBuf {
            payload
        }
    }

    pub(super) async fn serve(listener: TcpListener) {
        let stream = listener.accept().await.expect("a client").0;
        stream.set_nodelay(true).expect("a socket");
        let transport = tarpc::serde_transport::Transport::from((stream, Bincode::default()));
        let channel = BaseChannel::with_defaults(transport);
        channel
            .execute(Server.serve())
            .for_each(|request| async move {
                tokio::spawn(request);
            })
            .await;
    }

    pub(super) async fn connect(to: SocketAddr) -> EchoClient {
        let stream = TcpStream::connect(to).await.expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let transport = tarpc::serde_transport::Transport::from((stream, Bincode::default()));
        EchoClient::new(Config::default(), transport).spawn()
    }

    pub(super) async fn echo(client: EchoClient, payload: Bytes) -> usize {
        client.echo(context::current(), ByteBuf::from(payload.to_vec())).await.expect("an echo").len()
    }
}
