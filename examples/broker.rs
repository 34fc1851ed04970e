//! An MQTT 5 broker: wildcards, QoS 0 and 1, retained messages, wills, keep alive. A message lies once in memory, however many
//! subscribers it goes to. Sessions end with their connections, and nothing expires. Beside `cargo run --example broker`, try
//! `mosquitto_sub -V 5 -q 1 -t 'news/#'` and `mosquitto_pub -V 5 -q 1 -t news/today -m hello`.

use std::collections::{HashMap, VecDeque};
use std::{io, sync::Arc, sync::Mutex, time::Duration};

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, Sender};
use wireview::tokio::{Connection, Deadlines};
use wireview::{Fault, Limits, Received, Result, Seq};
use wireview_codecs::mqtt::{Ack, Body, Connack, Connect, Filter, Identifiers, Packet, Packets, Property, Suback};
use wireview_codecs::mqtt::{is_filter, is_topic, matches, reason};

type Client = Connection<TcpStream, Packets>;

/// A client that is so many messages behind is sent away.
const BEHIND: usize = 10_000;

/// What sessions share: each CONNECT and PUBLISH, with the number of its session, and what is retained.
struct Broker {
    packets: Sender<(u64, Packet<Bytes>)>,
    retained: Mutex<HashMap<Bytes, Packet<Bytes>>>,
}

impl Broker {
    fn publish(&self, from: u64, packet: Packet<Bytes>) {
        if let (Body::Publish(publish), true) = (&packet.body, packet.is_retained()) {
            let (topic, mut retained) = (publish.topic.bytes(), self.retained.lock().expect("sound"));
            retained.remove(topic);
            if !publish.payload.is_empty() {
                retained.insert(topic.clone(), packet.clone());
            }
        }
        let _ = self.packets.send((from, packet)); // there may be nobody
    }
}

/// From a CONNECT to its will.
async fn session(stream: TcpStream, number: u64, broker: Arc<Broker>) -> Result<(), Fault> {
    let (idle, write) = (Some(Duration::from_secs(10)), Some(Duration::from_secs(20)));
    let conn = Client::with_limits(stream, Packets::new(), Limits::new().max_frame(1 << 24));
    let mut conn = conn.deadlines(Deadlines { idle, write, ..Deadlines::default() });
    let Some(Received { frame, .. }) = conn.next().await? else { return Ok(()) };
    let Body::Connect(mut connect) = frame.keep()?.into_message().body else { return Ok(()) };
    let mut granted = vec![Property::SessionExpiry(0), Property::MaximumQos(1)];
    granted.extend([Property::SubscriptionIdentifiersAvailable(false), Property::SharedSubscriptionsAvailable(false)]);
    if connect.client.bytes().is_empty() {
        connect.client = format!("client-{number}").into();
        granted.push(Property::AssignedClientIdentifier(connect.client.clone()));
    }
    let connack = Connack { properties: Seq::write(granted, ())?, ..Connack::default() };
    conn.out().send(Packet::new(Body::Connack(connack)))?;
    broker.publish(number, Packet::new(Body::Connect(connect.clone())));
    let idle = Some(Duration::from_millis(1500) * connect.keep_alive.into()).filter(|idle| !idle.is_zero());
    let mut conn = conn.deadlines(Deadlines { idle, write, ..Deadlines::default() });
    let ended = converse(&mut conn, &connect, number, &broker).await;
    if let (Some(will), false) = (connect.will_packet(), matches!(ended, Ok(reason::SUCCESS))) {
        broker.publish(number, will);
    }
    let last = Some(ended?).filter(|why| *why >= 0x80).map(Packet::<Bytes>::disconnect);
    last.map_or(Ok(()), |packet| conn.out().send(packet))?;
    conn.close().await
}

/// Until the client goes, or has to: why.
async fn converse(conn: &mut Client, connect: &Connect<Bytes>, number: u64, broker: &Broker) -> Result<u8, Fault> {
    let (mut filters, mut queue) = (HashMap::<Bytes, Filter<Bytes>>::new(), VecDeque::new());
    let (mut packets, mut under_way) = (broker.packets.subscribe(), Identifiers::new());
    while queue.len() < BEHIND {
        let room = usize::from(connect.receive_maximum()).saturating_sub(under_way.len()).min(queue.len());
        for packet in queue.drain(..room) {
            let identifier = if Packet::qos(&packet) > 0 { under_way.take() } else { None };
            conn.out().send(packet.identified(identifier))?;
        }
        if conn.out().is_above_high() {
            conn.flush().await?;
        }
        tokio::select! {
            packet = packets.recv() => {
                let Ok((from, packet)) = packet else { break };
                match &packet.body {
                    Body::Connect(other) if other.client == connect.client => return Ok(reason::SESSION_TAKEN_OVER),
                    Body::Publish(publish) => {
                        let fits = |how: &&Filter<Bytes>| matches(how.topic.bytes(), publish.topic.bytes());
                        let others = filters.values().filter(|how| from != number || !how.no_local);
                        let best = others.filter(fits).max_by_key(|how| how.qos);
                        queue.extend(best.map(|how| packet.delivered(how, false)));
                    }
                    _ => {}
                }
            }
            received = conn.next() => {
                let Some(Received { frame, mut out }) = received? else { return Ok(reason::UNSPECIFIED_ERROR) };
                if !frame.view().is_ok_and(|packet| packet.check_properties().is_ok()) {
                    return Ok(reason::MALFORMED_PACKET);
                }
                let packet = frame.keep()?.into_message();
                let answer = match &packet.body {
                    Body::Publish(publish) if packet.qos() < 2 && is_topic(publish.topic.bytes()) => {
                        let ack = publish.identifier.map(|identifier| Body::Puback(Ack::new(identifier, reason::SUCCESS)));
                        broker.publish(number, packet);
                        ack
                    }
                    Body::Puback(ack) if under_way.free(ack.identifier) => None,
                    Body::Subscribe(subscribe) => {
                        let mut reasons = Vec::new();
                        for how in subscribe.filters.iter_shared().flatten() {
                            let filter = how.topic.bytes().clone();
                            let lawful = is_filter(&filter) && !filter.starts_with(b"$share/");
                            reasons.push(if lawful { how.qos.min(1) } else { reason::TOPIC_FILTER_INVALID });
                            let is_new = lawful && filters.insert(filter.clone(), how.clone()).is_none();
                            let retained = broker.retained.lock().expect("sound");
                            let wants = |topic: &Bytes| lawful && how.wants_retained(is_new) && matches(&filter, topic);
                            let wanted = retained.iter().filter(|(topic, _)| wants(topic));
                            queue.extend(wanted.map(|(_, packet)| packet.delivered(&how, true)));
                        }
                        Some(Body::Suback(Suback::new(subscribe.identifier, reasons.into())))
                    }
                    Body::Unsubscribe(unsubscribe) => {
                        let mut forget = |name| filters.remove(name).map_or(reason::NO_SUBSCRIPTION_EXISTED, |_| reason::SUCCESS);
                        let reasons = unsubscribe.filters.iter().flatten().map(|filter| forget(*filter.topic.bytes()));
                        Some(Body::Unsuback(Suback::new(unsubscribe.identifier, reasons.collect())))
                    }
                    Body::Pingreq => Some(Body::Pingresp),
                    Body::Disconnect(disconnect) => return Ok(disconnect.reason.unwrap_or(0).min(reason::DISCONNECT_WITH_WILL)),
                    _ => return Ok(reason::PROTOCOL_ERROR),
                };
                answer.map_or(Ok(()), |body| out.send(Packet::<Bytes>::new(body)))?;
            }
        }
    }
    Ok(reason::QUOTA_EXCEEDED)
}

/// Serves until the listener fails.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let broker = Arc::new(Broker { packets: broadcast::channel(BEHIND).0, retained: Mutex::default() });
    for number in 0.. {
        let session = session(listener.accept().await?.0, number, broker.clone());
        tokio::spawn(async { session.await.inspect_err(|fault| eprintln!("{fault}")) });
    }
    Ok(())
}

#[tokio::main]
async fn main() -> io::Result<()> {
    serve(TcpListener::bind("127.0.0.1:1883").await?).await
}
