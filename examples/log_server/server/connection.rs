//! One connection: requests in, responses out, in order.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::watch;
use wireview::tokio::Connection;
use wireview::{Fault, Kind, Limits, Payload, Received};
use wireview_codecs::kafka::{Answers, Api, ErrorCode, Peek, Request, RequestBody, Requests, Response, ResponseBody};

use super::produce::Produced;
use super::{Broker, Way, admin, fetch, metadata, offsets, produce};

/// A connection to a client.
pub(super) type Conn = Connection<TcpStream, Requests, Answers>;

/// How many batches of a connection may wait for the disk.
const UNDER_WAY: usize = 1000;

/// After so many requests what a connection has sent is booked, so that long ones are seen while they last.
const BOOKED_EVERY: u32 = 64;

/// Serves one connection.
pub(super) async fn serve(stream: TcpStream, broker: Arc<Broker>, stopped: watch::Receiver<()>) {
    let max = broker.settings.max_request;
    // Blocks for produced batches; what is fetched is not read at all.
    let limits = Limits::new().max_frame(max as usize + 4).reads(16 << 10, 256 << 10);
    let mut conn = Connection::with_encoder(stream, Requests::new(max), Answers, limits).kernel();
    broker.tally.lock().open(1);
    let mut booked = conn.ledger();
    let ended = converse(&mut conn, &broker, stopped, &mut booked).await;
    if ended.is_ok() {
        // Sends what is left.
        let _ = conn.flush().await;
    }
    let tally = &mut broker.tally.lock();
    tally.ledger = tally.ledger + (conn.ledger() - booked);
    tally.open(-1);
}

/// Why a connection is closed.
#[derive(Debug)]
pub(super) enum End {
    /// The client has closed, or the server stops.
    Closed,
    /// What came cannot be answered.
    Refused,
    Fault,
}

impl From<Fault> for End {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

impl From<wireview::Error> for End {
    fn from(_: wireview::Error) -> Self {
        Self::Refused
    }
}

async fn converse(
    conn: &mut Conn,
    broker: &Arc<Broker>,
    mut stopped: watch::Receiver<()>,
    booked: &mut wireview::Ledger,
) -> Result<(), End> {
    // Batches that wait for the disk, whose responses come first.
    let mut waiting = Produced::default();
    let mut requests = 0_u32;
    loop {
        let received = tokio::select! {
            biased;
            () = waiting.ready(), if !waiting.is_empty() => {
                waiting.answer(&mut conn.out())?;
                continue;
            }
            received = conn.next(), if waiting.len() < UNDER_WAY => received?,
            _ = stopped.changed() => {
                waiting.settle(conn).await?;
                return Ok(());
            }
        };
        let Some(Received { frame, mut out }) = received else {
            waiting.settle(conn).await?;
            return Err(End::Closed);
        };
        requests = requests.wrapping_add(1);
        let request = match frame.view() {
            Ok(request) => request,
            Err(error) => {
                let peek = Peek::of(frame.bytes()).ok_or(End::Refused)?;
                broker.tally.lock().refused += 1;
                // A client that knows newer versions asks again in the one that it is told. Kafka closes on all others.
                if error.kind() != Kind::Unsupported || peek.api_key != Api::ApiVersions.key() {
                    waiting.settle(conn).await?;
                    return Err(End::Refused);
                }
                waiting.settle(conn).await?;
                let refusal = metadata::versions(ErrorCode::UNSUPPORTED_VERSION, 0)?;
                conn.out().send(Response::new(0, peek.correlation_id, refusal))?;
                continue;
            }
        };
        if !metadata::is_served(request.api(), request.version) {
            waiting.settle(conn).await?;
            return Err(End::Refused);
        }
        broker.tally.lock().count(request.api());
        let Request { version, correlation_id, .. } = request;
        if let RequestBody::Produce(produced) = &request.body {
            if let Some(pending) = produce::produce(broker, produced, version, correlation_id)? {
                waiting.push(pending);
            }
            continue;
        }
        if let RequestBody::Fetch(wanted) = &request.body {
            let wanted = fetch::Wanted::of(broker, wanted, version)?;
            waiting.settle(conn).await?;
            let fetched = fetch::fetch(broker, conn, wanted, &mut stopped).await?;
            let response = Response::new(version, correlation_id, fetched);
            match broker.settings.way {
                Way::Write => fetch::send_in_blocks(broker, conn, response).await?,
                _ => conn.out().send(response)?,
            }
        } else if waiting.is_empty() {
            out.send(Response::new(version, correlation_id, answer(broker, &request)?))?;
        } else {
            let answer = answer(broker, &request)?;
            waiting.settle(conn).await?;
            conn.out().send(Response::new(version, correlation_id, answer))?;
        }
        if requests.is_multiple_of(BOOKED_EVERY) {
            let ledger = conn.ledger();
            let tally = &mut broker.tally.lock();
            tally.ledger = tally.ledger + (ledger - *booked);
            *booked = ledger;
        }
    }
}

/// The answer to what is answered at once.
fn answer(broker: &Arc<Broker>, request: &Request<&[u8]>) -> Result<ResponseBody<Payload<'static>>, End> {
    let version = request.api().version(request.version).ok_or(End::Refused)?;
    Ok(match &request.body {
        RequestBody::ApiVersions(_) => metadata::versions(ErrorCode::NONE, request.version)?.into(),
        RequestBody::Metadata(asked) => metadata::metadata(broker, asked, version)?.into(),
        RequestBody::FindCoordinator(asked) => metadata::coordinator(broker, asked, version)?.into(),
        RequestBody::ListOffsets(asked) => offsets::list(broker, asked, version)?.into(),
        RequestBody::OffsetForLeaderEpoch(asked) => offsets::epochs(broker, asked, version)?.into(),
        RequestBody::CreateTopics(asked) => admin::create(broker, asked, version)?.into(),
        RequestBody::DeleteTopics(asked) => admin::delete(broker, asked, version)?.into(),
        RequestBody::InitProducerId(asked) => produce::producer_id(broker, asked).into(),
        // Consumer groups are not here, and ApiVersions says so.
        _ => return Err(End::Refused),
    })
}

/// A name, for an answer that outlives its request.
pub(super) fn owned(name: &[u8]) -> Payload<'static> {
    Payload::Share(name.to_vec().into())
}

/// No entries, for answers without.
pub(super) fn nothing<E>() -> wireview_codecs::kafka::Array<Payload<'static>, E> {
    wireview_codecs::kafka::Array::none()
}
