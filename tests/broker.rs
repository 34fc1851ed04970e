//! `examples/broker`: under mosquitto's clients, where they are installed, and under clients that try its limits.

#[path = "../examples/broker.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod broker;

use std::net::SocketAddr;
use std::process::Stdio;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use wireview::Seq;
use wireview::tokio::Connection;
use wireview_codecs::mqtt::{
    Ack, Body, Connect, Disconnect, Filter, Packet, Packets, Property, Publish, Subscribe, Will,
};
use wireview_codecs::mqtt::{flag, reason};

/// A broker, which ends with the test.
struct Served {
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn served() -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    Served { address, task: tokio::spawn(broker::serve(listener)) }
}

/// mosquitto's clients.
impl Served {
    fn program(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(name);
        let port = self.address.port().to_string();
        command.args(["-V", "5", "-h", "127.0.0.1", "-p", &port]).args(args).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    async fn publish(&self, args: &[&str]) {
        let output = self.program("mosquitto_pub", args).output().await.expect("it runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A subscriber whose subscriptions are there: it has got the retained message `ready`.
    async fn subscriber(&self, args: &[&str]) -> Subscriber {
        let all = [&["-t", "ready", "-F", "%t %q %r %p"], args].concat();
        let mut child = self.program("mosquitto_sub", &all).spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut subscriber = Subscriber { child, lines };
        assert_eq!(subscriber.line().await, "ready 0 1 now");
        subscriber
    }
}

struct Subscriber {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Subscriber {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).await.expect("text");
        line.trim_end().to_owned()
    }

    /// What else it prints until it ends by itself.
    async fn rest(mut self) -> String {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).await.expect("text");
        assert!(self.child.wait().await.expect("it ends").success());
        rest
    }
}

/// A broker with a retained message for subscribers; none if mosquitto's clients are not installed.
async fn with_mosquitto() -> Option<Served> {
    let broker = served().await;
    if Command::new("mosquitto_pub").arg("--help").output().await.is_err() {
        eprintln!("skipped: mosquitto's clients are not installed");
        return None;
    }
    broker.publish(&["-r", "-t", "ready", "-m", "now"]).await;
    Some(broker)
}

#[tokio::test]
async fn mosquitto_subscribes_and_publishes_at_both_qos() {
    let Some(broker) = with_mosquitto().await else { return };
    for (sub, publish, seen) in [("0", "0", "0"), ("0", "1", "0"), ("1", "0", "0"), ("1", "1", "1")] {
        let mut subscriber = broker.subscriber(&["-q", sub, "-t", "a/+/c", "-t", "deep/#"]).await;
        for topic in ["a/b/c", "a/b/b/c", "deep", "other", "deep/er/est", "a//c"] {
            broker.publish(&["-q", publish, "-t", topic, "-m", topic]).await;
        }
        for topic in ["a/b/c", "deep", "deep/er/est", "a//c"] {
            assert_eq!(subscriber.line().await, format!("{topic} {seen} 0 {topic}"));
        }
    }
}

#[tokio::test]
async fn one_long_message_goes_to_many() {
    let Some(broker) = with_mosquitto().await else { return };
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("payload");
    let payload: String = (0..300_000).map(|number| char::from(b'a' + (number % 23) as u8)).collect();
    std::fs::write(&file, &payload).expect("written");
    let mut subscribers = Vec::new();
    for _ in 0..3 {
        subscribers.push(broker.subscriber(&["-q", "1", "-t", "long", "-C", "2"]).await);
    }
    broker.publish(&["-q", "1", "-t", "long", "-f", file.to_str().expect("text")]).await;
    for subscriber in subscribers {
        assert_eq!(subscriber.rest().await, format!("long 1 0 {payload}\n"));
    }
}

#[tokio::test]
async fn what_is_retained_is_kept_until_it_is_empty() {
    let Some(broker) = with_mosquitto().await else { return };
    broker.publish(&["-q", "1", "-r", "-t", "kept/a", "-m", "old"]).await;
    broker.publish(&["-q", "1", "-r", "-t", "kept/a", "-m", "new"]).await;
    broker.publish(&["-q", "1", "-r", "-t", "kept/b", "-m", "gone"]).await;
    broker.publish(&["-q", "1", "-r", "-t", "kept/b", "-n"]).await;
    let mut subscriber = broker.subscriber(&["-q", "1", "-t", "kept/#"]).await;
    assert_eq!(subscriber.line().await, "kept/a 1 1 new");
    broker.publish(&["-q", "1", "-r", "-t", "kept/c", "-m", "live"]).await;
    assert_eq!(subscriber.line().await, "kept/c 1 0 live", "the flag is for those who come later");
    let mut subscriber = broker.subscriber(&["-t", "kept/#", "--retained-only", "-C", "3"]).await;
    let mut lines = [subscriber.line().await, subscriber.line().await];
    lines.sort();
    assert_eq!(lines, ["kept/a 0 1 new", "kept/c 0 1 live"]);
}

#[tokio::test]
async fn properties_come_through_and_wills_are_told() {
    let Some(broker) = with_mosquitto().await else { return };
    let args = ["-q", "1", "-t", "gone/#", "-t", "rich", "-F", "%t %q %p %C %R %D %P", "-C", "3"];
    let mut subscriber = broker.subscriber(&args[..6]).await;
    let mut rich = broker.program("mosquitto_sub", &[&["-t", "ready"], &args[4..]].concat()).spawn().expect("it runs");
    let mut lines = BufReader::new(rich.stdout.take().expect("piped")).lines();
    lines.next_line().await.expect("text").expect("the retained message");
    let mut publish = vec!["-t", "rich", "-m", "hi", "-q", "1"];
    for property in ["content-type text/plain", "response-topic back", "correlation-data abc", "user-property k v"] {
        publish.extend(["-D", "publish"].into_iter().chain(property.split(' ')));
    }
    broker.publish(&publish).await;
    assert_eq!(subscriber.line().await, "rich 1 0 hi");
    assert_eq!(lines.next_line().await.expect("text").expect("a line"), "rich 0 hi text/plain back abc k:v");

    let will = |topic| ["-t", "nothing", "--will-topic", topic, "--will-payload", "bye", "--will-qos", "1"];
    let mut killed = broker.subscriber(&will("gone/killed")).await;
    let done = broker.subscriber(&[&will("gone/done")[..], &["-C", "2"]].concat()).await;
    broker.publish(&["-t", "nothing", "-m", "end"]).await;
    assert_eq!(done.rest().await, "nothing 0 0 end\n");
    assert_eq!(killed.line().await, "nothing 0 0 end");
    killed.child.kill().await.expect("it runs");
    assert_eq!(subscriber.line().await, "gone/killed 1 0 bye", "and none of the one that said good-bye");
}

/// A client of our own.
struct Client(Connection<TcpStream, Packets>);

impl Served {
    /// Connects, and sees what is granted.
    async fn client(&self, connect: Connect<Bytes>) -> (Client, Vec<Property<Bytes>>) {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        let mut client = Client(Connection::new(stream, Packets::new()));
        client.send(Body::Connect(connect)).await;
        let Body::Connack(connack) = client.next().await.body else { panic!("no CONNACK") };
        assert_eq!((connack.reason, connack.session_present), (reason::SUCCESS, false));
        let granted = connack.properties.iter_shared().collect::<Result<_, _>>().expect("checked");
        (client, granted)
    }
}

impl Client {
    async fn send(&mut self, body: Body<Bytes>) {
        self.0.send(Packet::new(body)).await.expect("sent");
    }

    async fn next(&mut self) -> Packet<Bytes> {
        let received = self.0.next().await.expect("lawful").expect("a packet");
        received.frame.into_frame().expect("lawful").into_message()
    }

    /// Subscribes to `topic`, and sees that QoS 1 is granted.
    async fn subscribe(&mut self, topic: &'static str, no_local: bool) {
        let filter: Filter<Bytes> = Filter { topic: topic.into(), no_local, qos: 2, ..filter() };
        let filters = Seq::write([filter], ()).expect("short");
        self.send(Body::Subscribe(Subscribe { identifier: 1, properties: Seq::default(), filters })).await;
        let Body::Suback(suback) = self.next().await.body else { panic!("no SUBACK") };
        assert_eq!((suback.identifier, &suback.reasons[..]), (1, &[reason::GRANTED_QOS_1][..]));
    }

    /// Sees the connection end, and why.
    async fn ends(&mut self, reason: u8) {
        let end = Body::Disconnect(Disconnect { reason: Some(reason), properties: None });
        assert_eq!(self.next().await.body, end);
        assert!(self.0.next().await.expect("an orderly end").is_none());
    }
}

fn filter() -> Filter<Bytes> {
    let topic = "".into();
    Filter { topic, reserved: (), retain_handling: 0, retain_as_published: false, no_local: false, qos: 0 }
}

fn named(client: &'static str) -> Connect<Bytes> {
    Connect { client: client.into(), ..Connect::default() }
}

fn publish(topic: &'static str, payload: &'static str, identifier: Option<u16>) -> Body<Bytes> {
    Body::Publish(Publish { topic: topic.into(), identifier, properties: Seq::default(), payload: payload.into() })
}

#[tokio::test]
async fn clients_without_a_name_are_given_one() {
    let broker = served().await;
    let (_client, granted) = broker.client(named("")).await;
    assert!(
        granted.iter().any(|one| matches!(one, Property::AssignedClientIdentifier(name) if !name.bytes().is_empty()))
    );
    assert!(granted.contains(&Property::MaximumQos(1)));
    let (_client, granted) = broker.client(named("me")).await;
    assert!(!granted.iter().any(|one| matches!(one, Property::AssignedClientIdentifier(_))));
}

#[tokio::test]
async fn a_name_is_taken_over() {
    let broker = served().await;
    let (mut first, _) = broker.client(named("me")).await;
    first.subscribe("t", false).await;
    let (mut second, _) = broker.client(named("me")).await;
    first.ends(reason::SESSION_TAKEN_OVER).await;
    second.send(Body::Pingreq).await;
    assert_eq!(second.next().await.body, Body::Pingresp);
}

#[tokio::test]
async fn no_more_is_sent_than_is_acknowledged() {
    let broker = served().await;
    let properties = Seq::write([Property::<Bytes>::ReceiveMaximum(2)], ()).expect("short");
    let (mut slow, _) = broker.client(Connect { properties, ..named("slow") }).await;
    slow.subscribe("#", true).await;
    slow.send(publish("own", "is not wanted", None)).await;
    let (mut fast, _) = broker.client(named("fast")).await;
    for (number, payload) in ["one", "two", "three"].into_iter().enumerate() {
        fast.send(publish("t", payload, Some(number as u16 + 10))).await;
        assert_eq!(fast.next().await.body, Body::Puback(Ack::new(number as u16 + 10, reason::SUCCESS)));
    }
    for (identifier, payload) in [(1, "one"), (2, "two")] {
        let packet = slow.next().await;
        assert_eq!((packet.qos(), packet.body), (1, publish("t", payload, Some(identifier))));
    }
    // The third does not come before one of them is acknowledged: the answer to this comes first.
    slow.send(Body::Pingreq).await;
    assert_eq!(slow.next().await.body, Body::Pingresp);
    slow.send(Body::Puback(Ack::new(1, reason::SUCCESS))).await;
    assert_eq!(slow.next().await.body, publish("t", "three", Some(3)));
}

#[tokio::test]
async fn what_breaks_the_protocol_is_told_so() {
    let broker = served().await;
    let misplaced = Seq::write([Property::<Bytes>::WillDelay(1)], ()).expect("short");
    let misplaced = Publish { topic: "t".into(), identifier: None, properties: misplaced, payload: Bytes::new() };
    for (body, reason) in [
        (publish("a/+", "no topic", None), reason::PROTOCOL_ERROR),
        (Body::Publish(misplaced), reason::MALFORMED_PACKET),
        (Body::Puback(Ack::new(1, 0)), reason::PROTOCOL_ERROR),
        (Body::Connect(named("again")), reason::PROTOCOL_ERROR),
    ] {
        let (mut client, _) = broker.client(named("me")).await;
        client.send(body).await;
        client.ends(reason).await;
    }
    let (mut client, _) = broker.client(named("me")).await;
    client.0.send(Packet::new(publish("t", "twice", Some(1))).flagged(flag::QOS_2)).await.expect("sent");
    client.ends(reason::PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn who_is_silent_is_gone_and_has_a_will() {
    let broker = served().await;
    let (mut heir, _) = broker.client(named("heir")).await;
    heir.subscribe("wills/+", false).await;
    let will = Will { topic: "wills/me".into(), payload: "all to you".into(), ..Will::default() };
    let (mut silent, _) = broker.client(Connect { keep_alive: 1, will: Some(will), ..named("silent") }).await;
    assert!(silent.0.next().await.expect("an orderly end").is_none());
    assert_eq!(heir.next().await.body, publish("wills/me", "all to you", None));
}
