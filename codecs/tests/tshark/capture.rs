//! A capture file made of given bytes, and tshark over it.
//!
//! Classic pcap, link type 101: each packet begins with its IP header.

use std::process::{Command, Stdio};

/// The values of each field of a packet.
pub(crate) type Row = Vec<Vec<String>>;

/// Between fields, and between values of one field.
const FIELD: char = '\u{1f}';
const VALUE: char = '\u{1e}';

pub(crate) struct Capture {
    file: Vec<u8>,
    port: u16,
    packets: u32,
    conversations: u16,
}

impl Capture {
    /// Conversations with a server at `port`.
    pub(crate) fn new(port: u16) -> Self {
        let mut file = Vec::new();
        file.extend(0xa1b2_c3d4_u32.to_le_bytes());
        file.extend([2, 0, 4, 0]);
        file.extend([0; 8]);
        file.extend(0x4_0000_u32.to_le_bytes());
        file.extend(101_u32.to_le_bytes());
        Self { file, port, packets: 0, conversations: 0 }
    }

    /// One more conversation, in which a client sends `pieces`, each in a segment of its own.
    pub(crate) fn conversation<'p>(&mut self, pieces: impl IntoIterator<Item = &'p [u8]>) {
        self.conversations += 1;
        let mut sequence = 1_u32;
        for piece in pieces {
            let mut packet = Vec::new();
            let len = u16::try_from(40 + piece.len()).expect("a segment");
            packet.extend([0x45, 0]);
            packet.extend(len.to_be_bytes());
            packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
            packet.extend((20_000 + self.conversations).to_be_bytes());
            packet.extend(self.port.to_be_bytes());
            packet.extend(sequence.to_be_bytes());
            packet.extend(1_u32.to_be_bytes());
            packet.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
            packet.extend(piece);
            sequence += piece.len() as u32;
            self.packets += 1;
            for number in [self.packets, 0, packet.len() as u32, packet.len() as u32] {
                self.file.extend(number.to_le_bytes());
            }
            self.file.extend(packet);
        }
    }

    /// What tshark says of each packet; `None`, and a line that says so, if it is not installed.
    pub(crate) fn fields(&self, fields: &[&str]) -> Option<Vec<Row>> {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("capture.pcap");
        std::fs::write(&file, &self.file).expect("written");
        let mut tshark = Command::new("tshark");
        // Nobody's own settings.
        tshark.env("HOME", folder.path()).env("WIRESHARK_CONFIG_DIR", folder.path()).stdin(Stdio::null());
        tshark.args(["-n", "-T", "fields", "-E", "occurrence=a", "-r"]).arg(&file);
        tshark.args(["-E", &format!("separator={FIELD}"), "-E", &format!("aggregator={VALUE}")]);
        tshark.args(fields.iter().flat_map(|field| ["-e", field]));
        let Ok(output) = tshark.output() else {
            eprintln!("skipped: tshark is not installed, so there is no oracle");
            return None;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let values = |row: &str| row.split(VALUE).map(str::to_owned).collect();
        let rows: Vec<Row> = text.split_terminator('\n').map(|row| row.split(FIELD).map(values).collect()).collect();
        assert_eq!(rows.len(), self.packets as usize, "a row for each packet");
        assert!(rows.iter().all(|row| row.len() == fields.len()), "a column for each field");
        Some(rows)
    }
}
