//! Captures made here: packets, and the files they lie in.

use etherparse::{EtherType, PacketBuilder};

/// An end of a connection: IPv4 10.0.0.N or IPv6 fd00::N, and a port.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    pub(crate) number: u8,
    pub(crate) port: u16,
    pub(crate) is_v6: bool,
}

pub(crate) const CLIENT: Host = Host { number: 1, port: 50_000, is_v6: false };
pub(crate) const SERVER: Host = Host { number: 2, port: 6379, is_v6: false };

/// What a TCP segment says beside its bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags {
    pub(crate) syn: bool,
    pub(crate) ack: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
}

pub(crate) const PLAIN: Flags = Flags { syn: false, ack: true, fin: false, rst: false };
pub(crate) const SYN: Flags = Flags { syn: true, ack: false, fin: false, rst: false };
pub(crate) const SYN_ACK: Flags = Flags { syn: true, ack: true, fin: false, rst: false };
pub(crate) const FIN: Flags = Flags { syn: false, ack: true, fin: true, rst: false };
pub(crate) const RST: Flags = Flags { syn: false, ack: false, fin: false, rst: true };

/// What a capture is made of: its records begin with this.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    Ethernet,
    Vlan,
    Raw,
    Sll,
    Sll2,
    Null,
}

impl Link {
    pub(crate) const ALL: [Self; 6] = [Self::Ethernet, Self::Vlan, Self::Raw, Self::Sll, Self::Sll2, Self::Null];

    const fn number(self) -> u32 {
        match self {
            Self::Ethernet | Self::Vlan => 1,
            Self::Raw => 101,
            Self::Sll => 113,
            Self::Sll2 => 276,
            Self::Null => 0,
        }
    }
}

/// A packet of IP with a segment of TCP in it.
fn ip(from: Host, to: Host, number: u32, flags: Flags, bytes: &[u8]) -> Vec<u8> {
    let v6 = |host: Host| [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host.number];
    let builder = if from.is_v6 {
        PacketBuilder::ipv6(v6(from), v6(to), 64)
    } else {
        PacketBuilder::ipv4([10, 0, 0, from.number], [10, 0, 0, to.number], 64)
    };
    let mut tcp = builder.tcp(from.port, to.port, number, 1000);
    if flags.syn {
        tcp = tcp.syn();
    }
    if flags.ack {
        tcp = tcp.ack(1);
    }
    if flags.fin {
        tcp = tcp.fin();
    }
    if flags.rst {
        tcp = tcp.rst();
    }
    let mut packet = Vec::new();
    tcp.write(&mut packet, bytes).expect("a packet");
    packet
}

/// The packet as it lies on a link.
pub(crate) fn packet(link: Link, from: Host, to: Host, number: u32, flags: Flags, bytes: &[u8]) -> Vec<u8> {
    let ip = ip(from, to, number, flags, bytes);
    let kind = if from.is_v6 { EtherType::IPV6.0 } else { EtherType::IPV4.0 }.to_be_bytes();
    let head: Vec<u8> = match link {
        Link::Ethernet => [&[2; 12][..], &kind].concat(),
        Link::Vlan => [&[2; 12][..], &[0x81, 0, 0, 7], &kind].concat(),
        Link::Raw => Vec::new(),
        Link::Sll => [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &kind].concat(),
        Link::Sll2 => [&kind[..], &[0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0]].concat(),
        Link::Null => vec![if from.is_v6 { 30 } else { 2 }, 0, 0, 0],
    };
    let mut packet = [head, ip].concat();
    // Short frames are padded on the wire; the padding belongs to nobody.
    if matches!(link, Link::Ethernet) && packet.len() < 60 {
        packet.resize(60, 0xee);
    }
    packet
}

/// A pcap file, little-endian, microseconds.
pub(crate) fn pcap(link: Link, packets: &[Vec<u8>]) -> Vec<u8> {
    pcap_as(link, packets, 0xa1b2_c3d4_u32, u32::to_le_bytes)
}

/// A pcap file in an order of bytes.
pub(crate) fn pcap_as(link: Link, packets: &[Vec<u8>], magic: u32, word: fn(u32) -> [u8; 4]) -> Vec<u8> {
    // Version 2.4: two halves of a word.
    let version = if word(1) == [1, 0, 0, 0] { word(2 | 4 << 16) } else { word(2 << 16 | 4) };
    let mut file = [word(magic), version, word(0), word(0), word(262_144), word(link.number())].concat();
    for (second, packet) in packets.iter().enumerate() {
        let len = packet.len() as u32;
        file.extend([word(second as u32), word(0), word(len), word(len)].concat());
        file.extend(packet);
    }
    file
}

/// A pcapng file with a second interface that has no packets, and a block that nobody knows.
pub(crate) fn pcapng(link: Link, packets: &[Vec<u8>]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &len, &body, &len].concat()
    };
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = |link: u32| [&(link as u16).to_le_bytes()[..], &[0, 0], &0_u32.to_le_bytes()].concat();
    let mut file = block(0x0a0d_0d0a, &section);
    file.extend(block(1, &interface(147)));
    file.extend(block(1, &interface(link.number())));
    file.extend(block(0x4000_0001, b"unknown"));
    for (second, packet) in packets.iter().enumerate() {
        let len = packet.len() as u32;
        let head = [1, 0, second as u32, len, len].map(u32::to_le_bytes).concat();
        file.extend(block(6, &[head, packet.clone()].concat()));
    }
    file
}

/// A connection as it is captured: what each side sends, cut into segments.
pub(crate) struct Talk {
    pub(crate) link: Link,
    pub(crate) client: Host,
    pub(crate) server: Host,
    /// The sequence numbers that come next.
    numbers: [u32; 2],
    pub(crate) packets: Vec<Vec<u8>>,
}

impl Talk {
    /// A connection without its beginning.
    pub(crate) fn new(link: Link, client: Host, server: Host, numbers: [u32; 2]) -> Self {
        Self { link, client, server, numbers, packets: Vec::new() }
    }

    /// The same with the three packets that open it.
    pub(crate) fn open(link: Link, client: Host, server: Host, numbers: [u32; 2]) -> Self {
        let mut talk = Self::new(link, client, server, numbers);
        talk.put(0, SYN, b"");
        talk.put(1, SYN_ACK, b"");
        talk.put(0, PLAIN, b"");
        talk
    }

    /// Side 0, the client, or 1 says something.
    pub(crate) fn put(&mut self, side: usize, flags: Flags, bytes: &[u8]) {
        let (from, to) = if side == 0 { (self.client, self.server) } else { (self.server, self.client) };
        self.packets.push(packet(self.link, from, to, self.numbers[side], flags, bytes));
        let taken = bytes.len() as u32 + u32::from(flags.syn) + u32::from(flags.fin);
        self.numbers[side] = self.numbers[side].wrapping_add(taken);
    }

    /// Both sides end it.
    pub(crate) fn close(&mut self) {
        self.put(0, FIN, b"");
        self.put(1, FIN, b"");
        self.put(0, PLAIN, b"");
    }
}
