//! Formats with a schema, behind one function a direction. What their generators would write is written by hand, and only for what
//! `benches/archive.rs` sends; flatbuffers' is `unsafe`, which the workspace forbids, so this is not a part of it.
//!
//! Each `read_…` decodes, or verifies, all of a message, and answers with a sum over fields of each record, so that they can be compared.

pub mod capnp;
pub mod compact;
pub mod flatbuffers;
pub mod prost;

/// A line of an access log, as in rkyv's own comparison of formats.
#[derive(Clone, Debug, serde::Serialize, bincode::Encode, bitcode::Encode)]
pub struct Log {
    pub address: [u8; 4],
    pub identity: String,
    pub userid: String,
    pub date: String,
    pub request: String,
    pub code: u16,
    pub size: u64,
}

#[derive(Clone, Debug, serde::Serialize, bincode::Encode, bitcode::Encode)]
pub struct Logs {
    pub logs: Vec<Log>,
}

/// Three corners and a normal, 48 bytes.
pub type Triangle = [[f32; 3]; 4];

#[derive(Clone, Debug, serde::Serialize, bincode::Encode, bitcode::Encode)]
pub struct Mesh {
    pub triangles: Vec<Triangle>,
}

/// What is looked at of a log.
#[inline(always)]
pub fn see_log(code: u16, size: u64, request: &str) -> u64 {
    u64::from(code) + size + request.len() as u64
}

/// What is looked at of a mesh.
#[inline(always)]
pub fn see_mesh(triangles: usize, last: f32) -> u64 {
    triangles as u64 + u64::from(last.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_brings_back_what_was_written() {
        let log = |at: usize| Log {
            address: [10, 0, 0, at as u8],
            identity: "-".into(),
            userid: "someone".into(),
            date: "28/Nov/2026:17:10:00 +0000".into(),
            request: "GET /x HTTP/1.1".repeat(at),
            code: 200 + at as u16,
            size: 1 << at,
        };
        let one = log(3);
        let logs = Logs { logs: (0..5).map(log).collect() };
        let mesh = Mesh { triangles: (0..9).map(|at| [[at as f32; 3]; 4]).collect() };
        let see = |log: &Log| see_log(log.code, log.size, &log.request);
        let (of_one, of_logs) = (see(&one), logs.logs.iter().map(see).sum::<u64>());
        let of_mesh = see_mesh(9, 8.0);

        assert_eq!(prost::read_log(&prost::log(&one)), of_one);
        assert_eq!(prost::read_logs(&prost::logs(&logs)), of_logs);
        assert_eq!(prost::read_mesh(&prost::mesh(&mesh)), of_mesh);
        assert_eq!(flatbuffers::read_log(&flatbuffers::log(&one)), of_one);
        assert_eq!(flatbuffers::read_logs(&flatbuffers::logs(&logs)), of_logs);
        assert_eq!(flatbuffers::read_mesh(&flatbuffers::mesh(&mesh)), of_mesh);
        assert_eq!(capnp::read_log(&capnp::aligned(&capnp::log(&one))), of_one);
        assert_eq!(capnp::read_logs(&capnp::aligned(&capnp::logs(&logs))), of_logs);
        assert_eq!(capnp::read_mesh(&capnp::aligned(&capnp::mesh(&mesh))), of_mesh);
        assert_eq!(compact::bincode2::read_log(&compact::bincode2::log(&one)), of_one);
        assert_eq!(compact::bincode2::read_logs(&compact::bincode2::logs(&logs)), of_logs);
        assert_eq!(compact::bincode2::read_mesh(&compact::bincode2::mesh(&mesh)), of_mesh);
        assert_eq!(compact::postcard1::read_log(&compact::postcard1::log(&one)), of_one);
        assert_eq!(compact::postcard1::read_logs(&compact::postcard1::logs(&logs)), of_logs);
        assert_eq!(compact::postcard1::read_mesh(&compact::postcard1::mesh(&mesh)), of_mesh);
        assert_eq!(compact::bitcode06::read_log(&compact::bitcode06::log(&one)), of_one);
        assert_eq!(compact::bitcode06::read_logs(&compact::bitcode06::logs(&logs)), of_logs);
        assert_eq!(compact::bitcode06::read_mesh(&compact::bitcode06::mesh(&mesh)), of_mesh);
    }
}
