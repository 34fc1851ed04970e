//! bincode 2, postcard and bitcode: decoded with borrowed strings, which is the cheapest they have.

use crate::{Triangle, see_log, see_mesh};

#[derive(serde::Deserialize, bincode::BorrowDecode, bitcode::Decode)]
struct Log<'a> {
    address: [u8; 4],
    identity: &'a str,
    userid: &'a str,
    date: &'a str,
    request: &'a str,
    code: u16,
    size: u64,
}

#[derive(serde::Deserialize, bincode::BorrowDecode, bitcode::Decode)]
struct Logs<'a> {
    #[serde(borrow)]
    logs: Vec<Log<'a>>,
}

#[derive(serde::Deserialize, bincode::Decode, bitcode::Decode)]
struct Mesh {
    triangles: Vec<Triangle>,
}

fn see(log: &Log<'_>) -> u64 {
    std::hint::black_box((log.address, log.identity, log.userid, log.date));
    see_log(log.code, log.size, log.request)
}

fn see_all(logs: &Logs<'_>) -> u64 {
    logs.logs.iter().map(see).sum()
}

fn see_triangles(mesh: &Mesh) -> u64 {
    see_mesh(mesh.triangles.len(), mesh.triangles.last().map_or(0.0, |triangle| triangle[0][0]))
}

/// bincode 2, its standard configuration.
pub mod bincode2 {
    use super::{Log, Logs, Mesh, see, see_all, see_triangles};

    fn written(value: &impl bincode::Encode) -> Vec<u8> {
        bincode::encode_to_vec(value, bincode::config::standard()).expect("it fits")
    }

    pub fn log(log: &crate::Log) -> Vec<u8> {
        written(log)
    }

    pub fn logs(logs: &crate::Logs) -> Vec<u8> {
        written(logs)
    }

    pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
        written(mesh)
    }

    pub fn read_log(bytes: &[u8]) -> u64 {
        see(&bincode::borrow_decode_from_slice::<Log<'_>, _>(bytes, bincode::config::standard()).expect("sound").0)
    }

    pub fn read_logs(bytes: &[u8]) -> u64 {
        see_all(&bincode::borrow_decode_from_slice::<Logs<'_>, _>(bytes, bincode::config::standard()).expect("sound").0)
    }

    pub fn read_mesh(bytes: &[u8]) -> u64 {
        see_triangles(
            &bincode::borrow_decode_from_slice::<Mesh, _>(bytes, bincode::config::standard()).expect("sound").0,
        )
    }
}

/// postcard.
pub mod postcard1 {
    use super::{Log, Logs, Mesh, see, see_all, see_triangles};

    fn written(value: &impl serde::Serialize) -> Vec<u8> {
        postcard::to_stdvec(value).expect("it fits")
    }

    pub fn log(log: &crate::Log) -> Vec<u8> {
        written(log)
    }

    pub fn logs(logs: &crate::Logs) -> Vec<u8> {
        written(logs)
    }

    pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
        written(mesh)
    }

    pub fn read_log(bytes: &[u8]) -> u64 {
        see(&postcard::from_bytes::<Log<'_>>(bytes).expect("sound"))
    }

    pub fn read_logs(bytes: &[u8]) -> u64 {
        see_all(&postcard::from_bytes::<Logs<'_>>(bytes).expect("sound"))
    }

    pub fn read_mesh(bytes: &[u8]) -> u64 {
        see_triangles(&postcard::from_bytes::<Mesh>(bytes).expect("sound"))
    }
}

/// bitcode, its own derives.
pub mod bitcode06 {
    use super::{Log, Logs, Mesh, see, see_all, see_triangles};

    fn written(value: &impl bitcode::Encode) -> Vec<u8> {
        bitcode::encode(value)
    }

    pub fn log(log: &crate::Log) -> Vec<u8> {
        written(log)
    }

    pub fn logs(logs: &crate::Logs) -> Vec<u8> {
        written(logs)
    }

    pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
        written(mesh)
    }

    pub fn read_log(bytes: &[u8]) -> u64 {
        see(&bitcode::decode::<Log<'_>>(bytes).expect("sound"))
    }

    pub fn read_logs(bytes: &[u8]) -> u64 {
        see_all(&bitcode::decode::<Logs<'_>>(bytes).expect("sound"))
    }

    pub fn read_mesh(bytes: &[u8]) -> u64 {
        see_triangles(&bitcode::decode::<Mesh>(bytes).expect("sound"))
    }
}
