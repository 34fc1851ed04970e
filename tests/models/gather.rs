//! The send queue and a plain list of bytes, under the same operations. Used by `tests/gather_model.rs` and the fuzz target
//! `gather`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{IoSlice, Write};
use std::sync::{Arc, LazyLock};

use bytes::{Buf, Bytes};
use wireview::length::{U8, U16Be, U16Le, U24Be, U24Le, U32Be, U32Le, U64Be, U64Le, Varint};
use wireview::{Error, FileRegion, Gather, Kind, Outgoing, Payload, Result};

/// Small, so that short inputs meet both sides of it.
pub(crate) const COPY_UP_TO: usize = 16;

/// No two places close to each other look the same.
pub(crate) static PATTERN: LazyLock<&'static [u8]> = LazyLock::new(|| {
    let bytes: Vec<u8> = (0..8192_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    bytes.leak()
});

static FILE: LazyLock<Arc<File>> = LazyLock::new(|| {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&PATTERN).expect("room for 8 KiB");
    Arc::new(file)
});

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Copied,
    Shared,
    File,
}

type Byte = (u8, Way);

/// Where in the pattern, and how much.
pub(crate) type Part = (usize, usize);

#[derive(Clone, Debug)]
pub(crate) enum Put {
    Copy(Part),
    Head(Part),
    Share(Part),
    ShareRef(Part),
    Static(Part),
    File(Part),
    Rope(Vec<Part>),
    Length { field: u8, plus: i64, inside: Vec<Put>, fails: bool },
    Message { inside: Vec<Put>, fails: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Put(Put),
    Advance(u16),
    AdvanceMemory(u16),
    Flatten(u16),
    Substitute(u16),
    AdvanceFile(u16),
    ReadShort { max: u16, count: u16 },
    Clear,
}

fn bytes((at, len): Part) -> &'static [u8] {
    &PATTERN[at..at + len]
}

impl Put {
    fn to(&self, out: &mut Gather) -> Result<()> {
        match self {
            Self::Copy(part) => out.copy(bytes(*part)),
            Self::Head(part) => out.head(|head| head.extend_from_slice(bytes(*part))),
            Self::Share(part) => out.share(Bytes::copy_from_slice(bytes(*part))),
            Self::ShareRef(part) => out.share_ref(&Bytes::copy_from_slice(bytes(*part))),
            Self::Static(part) => out.share_static(bytes(*part)),
            Self::File((at, len)) => out.file(region(*at, *len)),
            Self::Rope(parts) => {
                let rope = parts.iter().enumerate().map(|(turn, part)| match turn % 3 {
                    0 => Payload::Copy(bytes(*part)),
                    1 => Payload::Share(Bytes::copy_from_slice(bytes(*part))),
                    _ => Payload::Static(bytes(*part)),
                });
                let rope = Payload::Rope(rope.collect());
                let before = out.size();
                let size = rope.size();
                rope.put(out);
                assert_eq!(out.size() - before, size);
            }
            Self::Length { field, plus, inside, fails } => {
                let write = |out: &mut Gather| all(inside, *fails, out);
                return match field {
                    0 => out.length_plus::<U8>(*plus, write),
                    1 => out.length_plus::<U16Be>(*plus, write),
                    2 => out.length_plus::<U16Le>(*plus, write),
                    3 => out.length_plus::<U24Be>(*plus, write),
                    4 => out.length_plus::<U24Le>(*plus, write),
                    5 => out.length_plus::<U32Be>(*plus, write),
                    6 => out.length_plus::<U32Le>(*plus, write),
                    7 => out.length_plus::<U64Be>(*plus, write),
                    8 => out.length_plus::<U64Le>(*plus, write),
                    _ => out.length_plus::<Varint>(*plus, write),
                };
            }
            Self::Message { inside, fails } => return out.message(|out| all(inside, *fails, out)),
        }
        Ok(())
    }

    /// The same on the list; `None` if it fails.
    fn model(&self, list: &mut VecDeque<Byte>) -> Option<()> {
        let put = |list: &mut VecDeque<Byte>, part: Part, way| list.extend(bytes(part).iter().map(|&b| (b, way)));
        let shared = |part: Part| if part.1 <= COPY_UP_TO { Way::Copied } else { Way::Shared };
        match self {
            Self::Copy(part) | Self::Head(part) => put(list, *part, Way::Copied),
            Self::Share(part) | Self::ShareRef(part) | Self::Static(part) => put(list, *part, shared(*part)),
            Self::File(part) => put(list, *part, Way::File),
            Self::Rope(parts) => {
                for (turn, part) in parts.iter().enumerate() {
                    put(list, *part, if turn % 3 == 0 { Way::Copied } else { shared(*part) });
                }
            }
            Self::Length { field, plus, inside, fails } => {
                let mut body = VecDeque::new();
                all_model(inside, *fails, &mut body)?;
                let length = (body.len() as u64).checked_add_signed(*plus)?;
                list.extend(number(*field, length)?.into_iter().map(|b| (b, Way::Copied)));
                list.extend(body);
            }
            Self::Message { inside, fails } => {
                let mut body = VecDeque::new();
                all_model(inside, *fails, &mut body)?;
                list.extend(body);
            }
        }
        Some(())
    }
}

fn all(puts: &[Put], fails: bool, out: &mut Gather) -> Result<()> {
    puts.iter().try_for_each(|put| put.to(out))?;
    if fails { Err(Error::unsupported(&"planned", 7)) } else { Ok(()) }
}

fn all_model(puts: &[Put], fails: bool, list: &mut VecDeque<Byte>) -> Option<()> {
    puts.iter().try_for_each(|put| put.model(list))?;
    (!fails).then_some(())
}

/// The length as it stands on the wire, written by other means than the crate's.
fn number(field: u8, length: u64) -> Option<Vec<u8>> {
    let width = match field {
        0 => 1,
        1 | 2 => 2,
        3 | 4 => 3,
        5 | 6 => 4,
        7 | 8 => 8,
        _ => {
            let mut groups: Vec<u8> = (0..10).map(|group| (length >> (7 * group)) as u8 & 0x7f).collect();
            while groups.len() > 1 && groups.last() == Some(&0) {
                groups.pop();
            }
            let last = groups.len() - 1;
            groups[..last].iter_mut().for_each(|group| *group |= 0x80);
            return Some(groups);
        }
    };
    if u128::from(length) >= 1 << (8 * width) {
        return None;
    }
    let mut number: Vec<u8> = (0..width).map(|at| (length >> (8 * at)) as u8).collect();
    if matches!(field, 1 | 3 | 5 | 7) {
        number.reverse();
    }
    Some(number)
}

fn region(at: usize, len: usize) -> FileRegion {
    FileRegion::new(FILE.clone(), at as u64, len as u64).expect("inside the file")
}

/// A number from 0 to `max`, both included, that `pick` stands for.
fn scale(pick: u16, max: usize) -> usize {
    max * usize::from(pick) / usize::from(u16::MAX)
}

#[derive(Default)]
struct Books {
    copied: u64,
    shared: u64,
    file: u64,
}

impl Books {
    fn take(&mut self, list: &mut VecDeque<Byte>, count: usize, flattened: bool) {
        for (_, way) in list.drain(..count) {
            match way {
                _ if flattened => self.copied += 1,
                Way::Copied => self.copied += 1,
                Way::Shared => self.shared += 1,
                Way::File => self.file += 1,
            }
        }
    }
}

pub(crate) fn run(ops: &[Op]) {
    let mut out = Gather::new();
    out.set_copy_up_to(COPY_UP_TO);
    let mut list = VecDeque::new();
    let mut books = Books::default();
    for op in ops {
        let memory = list.iter().take_while(|(_, way)| *way != Way::File).count();
        match op {
            Op::Put(put) => {
                let before = list.clone();
                let expected = put.model(&mut list);
                let got = put.to(&mut out);
                assert_eq!(got.is_ok(), expected.is_some(), "{got:?}");
                if let Err(error) = got {
                    list = before;
                    assert!(matches!(error.kind(), Kind::Overflow | Kind::Unsupported), "{error}");
                }
            }
            Op::Advance(pick) => {
                let sent = scale(*pick, list.len());
                out.advance(sent);
                books.take(&mut list, sent, false);
            }
            Op::AdvanceMemory(pick) => {
                let sent = scale(*pick, memory);
                out.memory().advance(sent);
                books.take(&mut list, sent, false);
            }
            Op::Flatten(pick) => {
                let max = scale(*pick, memory + 1);
                let mut flat = vec![9];
                assert_eq!(out.flatten_into(&mut flat, max), max.min(memory));
                assert!(flat[1..].iter().eq(list.iter().take(max.min(memory)).map(|(byte, _)| byte)));
                let sent = max.min(memory) / 2;
                out.advance_flattened(sent);
                books.take(&mut list, sent, true);
            }
            Op::Substitute(pick) => {
                if let Some(region) = out.front_file() {
                    let read = region.read_front(1 + scale(*pick, 100)).expect("it is there");
                    list.iter_mut().take(read.len()).for_each(|(_, way)| *way = Way::Copied);
                    out.substitute_front(read);
                }
            }
            Op::AdvanceFile(pick) => {
                if let Some(region) = out.front_file() {
                    let sent = scale(*pick, region.len() as usize);
                    out.advance_file(sent as u64);
                    books.take(&mut list, sent, false);
                }
            }
            Op::ReadShort { max, count } => {
                let (max, max_count) = (scale(*max, 300), scale(*count, 4));
                let mut lens = Vec::new();
                let count = out.read_short(max as u64, max_count, |region| {
                    lens.push(region.len() as usize);
                    Some(region.read_front(max).expect("it is there"))
                });
                assert_eq!(lens.len(), count);
                assert!(count <= max_count && lens.iter().all(|len| *len <= max));
                // They are read in their order, so what was read are the first bytes that were in files.
                let files = list.iter_mut().filter(|(_, way)| *way == Way::File);
                files.take(lens.iter().sum()).for_each(|(_, way)| *way = Way::Copied);
            }
            Op::Clear => {
                out.clear();
                list.clear();
            }
        }
        compare(&mut out, &list);
    }
    let left = list.len();
    out.advance(left);
    books.take(&mut list, left, false);
    compare(&mut out, &list);
    let ledger = out.ledger();
    assert_eq!((ledger.copied_out, ledger.shared_out, ledger.file_out), (books.copied, books.shared, books.file));
    assert_eq!(ledger.sent(), books.copied + books.shared + books.file);
}

fn compare(out: &mut Gather, list: &VecDeque<Byte>) {
    assert_eq!(out.size(), list.len() as u64);
    assert_eq!(out.is_empty(), list.is_empty());
    let memory: Vec<u8> = list.iter().take_while(|(_, way)| *way != Way::File).map(|(byte, _)| *byte).collect();
    assert!(out.chunks().all(|chunk| !chunk.is_empty()));
    assert_eq!(out.chunks().collect::<Vec<_>>().concat(), memory);
    let count = out.chunks().count();
    assert_eq!(out.len_slices(usize::MAX), count);
    assert_eq!(out.len_slices(2), count.min(2));
    let mut few = [IoSlice::new(b"untouched"); 3];
    let filled = out.slices(&mut few);
    assert_eq!(filled, count.min(3));
    assert!(few[..filled].iter().map(|slice| slice.as_ptr()).eq(out.chunks().take(3).map(<[u8]>::as_ptr)));
    assert!(few[filled..].iter().all(|slice| &**slice == b"untouched"));
    let file_first = list.front().is_some_and(|(_, way)| *way == Way::File);
    assert_eq!(out.front_file().is_some(), file_first);
    if let Some(region) = out.front_file() {
        let read = region.read_front(50).expect("it is there");
        assert!(read.iter().eq(list.iter().take(read.len()).map(|(byte, _)| byte)));
    }
    let front = out.chunks().next().map_or(0, <[u8]>::len);
    let buf = out.memory();
    assert_eq!(buf.remaining(), memory.len());
    assert_eq!(buf.chunk().len(), front);
    assert!(memory.starts_with(buf.chunk()));
}
