//! Protocol Buffers. The mesh is messages in messages, as its schema would be written.

use prost::Message;

use crate::{see_log, see_mesh};

#[derive(Clone, PartialEq, Message)]
struct Log {
    #[prost(fixed32, tag = "1")]
    address: u32,
    #[prost(string, tag = "2")]
    identity: String,
    #[prost(string, tag = "3")]
    userid: String,
    #[prost(string, tag = "4")]
    date: String,
    #[prost(string, tag = "5")]
    request: String,
    #[prost(uint32, tag = "6")]
    code: u32,
    #[prost(uint64, tag = "7")]
    size: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Logs {
    #[prost(message, repeated, tag = "1")]
    logs: Vec<Log>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Vector {
    #[prost(float, tag = "1")]
    x: f32,
    #[prost(float, tag = "2")]
    y: f32,
    #[prost(float, tag = "3")]
    z: f32,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Triangle {
    #[prost(message, optional, tag = "1")]
    v0: Option<Vector>,
    #[prost(message, optional, tag = "2")]
    v1: Option<Vector>,
    #[prost(message, optional, tag = "3")]
    v2: Option<Vector>,
    #[prost(message, optional, tag = "4")]
    normal: Option<Vector>,
}

#[derive(Clone, PartialEq, Message)]
struct Mesh {
    #[prost(message, repeated, tag = "1")]
    triangles: Vec<Triangle>,
}

fn of(log: &crate::Log) -> Log {
    Log {
        address: u32::from_le_bytes(log.address),
        identity: log.identity.clone(),
        userid: log.userid.clone(),
        date: log.date.clone(),
        request: log.request.clone(),
        code: log.code.into(),
        size: log.size,
    }
}

pub fn log(log: &crate::Log) -> Vec<u8> {
    of(log).encode_to_vec()
}

pub fn logs(logs: &crate::Logs) -> Vec<u8> {
    Logs { logs: logs.logs.iter().map(of).collect() }.encode_to_vec()
}

pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
    let vector = |[x, y, z]: [f32; 3]| Some(Vector { x, y, z });
    let triangle = |[v0, v1, v2, normal]: &crate::Triangle| Triangle {
        v0: vector(*v0),
        v1: vector(*v1),
        v2: vector(*v2),
        normal: vector(*normal),
    };
    Mesh { triangles: mesh.triangles.iter().map(triangle).collect() }.encode_to_vec()
}

fn see(log: &Log) -> u64 {
    see_log(log.code as u16, log.size, &log.request)
}

pub fn read_log(bytes: &[u8]) -> u64 {
    see(&Log::decode(bytes).expect("sound"))
}

pub fn read_logs(bytes: &[u8]) -> u64 {
    Logs::decode(bytes).expect("sound").logs.iter().map(see).sum()
}

pub fn read_mesh(bytes: &[u8]) -> u64 {
    let mesh = Mesh::decode(bytes).expect("sound");
    let last = mesh.triangles.last().and_then(|triangle| triangle.v0).map_or(0.0, |vector| vector.x);
    see_mesh(mesh.triangles.len(), last)
}
