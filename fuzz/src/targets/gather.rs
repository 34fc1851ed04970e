#[path = "../../../tests/models/gather.rs"]
mod model;

use model::{COPY_UP_TO, Op, PATTERN, Part, Put, run};

use super::Cursor;

/// Operations on the send queue, as many as the input has bytes for, beside a list of bytes.
pub fn gather(input: &[u8]) {
    let mut cursor = Cursor(input);
    let mut ops = Vec::new();
    while !cursor.is_empty() && ops.len() < 64 {
        ops.push(op(&mut cursor));
    }
    run(&ops);
}

fn op(cursor: &mut Cursor<'_>) -> Op {
    match cursor.byte() % 18 {
        0 => Op::Clear,
        1 | 2 => Op::Advance(cursor.number()),
        3 => Op::Advance(u16::MAX),
        4 => Op::AdvanceMemory(cursor.number()),
        5 => Op::Flatten(cursor.number()),
        6 => Op::Substitute(cursor.number()),
        16 => Op::AdvanceFile(cursor.number()),
        17 => Op::ReadShort { max: cursor.number(), count: cursor.number() },
        kind => Op::Put(put(kind, 0, cursor)),
    }
}

fn put(kind: u8, depth: usize, cursor: &mut Cursor<'_>) -> Put {
    match kind % 9 {
        0 => Put::Copy(part(cursor)),
        1 => Put::Head(part(cursor)),
        2 => Put::Share(part(cursor)),
        3 => Put::ShareRef(part(cursor)),
        4 => Put::Static(part(cursor)),
        5 => Put::File(part(cursor)),
        6 => Put::Rope((0..cursor.byte() % 5).map(|_| part(cursor)).collect()),
        7 if depth < 4 => Put::Length {
            field: cursor.byte() % 14,
            plus: if cursor.byte() < 64 { i64::from(cursor.number()) - 20 } else { 0 },
            fails: cursor.byte() >= 230,
            inside: inside(depth, cursor),
        },
        8 if depth < 4 => Put::Message { fails: cursor.byte() >= 230, inside: inside(depth, cursor) },
        _ => Put::Copy((0, 1)),
    }
}

fn inside(depth: usize, cursor: &mut Cursor<'_>) -> Vec<Put> {
    (0..cursor.byte() % 5).map(|_| put(cursor.byte(), depth + 1, cursor)).collect()
}

/// Short or just too long to be copied more often than long.
fn part(cursor: &mut Cursor<'_>) -> Part {
    let len = match cursor.byte() {
        len @ 0..=127 => usize::from(len) % (COPY_UP_TO + 2),
        len => usize::from(len - 127) * 5,
    };
    (usize::from(cursor.number()) % (PATTERN.len() - len), len)
}
