//! Cap'n Proto, by the calls that generated code makes. Nothing is checked before it is asked for, so every field is.

use capnp::introspect::{Introspect, Type, TypeVariant};
use capnp::message::{Builder, HeapAllocator, ReaderOptions};
use capnp::private::layout::{PointerBuilder, PointerReader, StructBuilder, StructReader, StructSize};
use capnp::serialize::{read_message_from_flat_slice, write_message_to_words};
use capnp::traits::{
    FromPointerBuilder, FromPointerReader, HasStructSize, IntoInternalStructReader, Owned, OwnedStruct, SetterInput,
};
use capnp::{Result, struct_list};

use crate::{see_log, see_mesh};

/// Data: size, address, code. Pointers: identity, userid, date, request.
const LOG: StructSize = StructSize { data: 2, pointers: 4 };
const LIST: StructSize = StructSize { data: 0, pointers: 1 };
const TRIANGLE: StructSize = StructSize { data: 6, pointers: 0 };

/// Structs of so many words of data and so many pointers.
struct Structs<const DATA: u16, const POINTERS: u16>;

type Log = Structs<{ LOG.data }, { LOG.pointers }>;
type List = Structs<{ LIST.data }, { LIST.pointers }>;
type Triangle = Structs<{ TRIANGLE.data }, { TRIANGLE.pointers }>;

struct Read<'a>(StructReader<'a>);

struct Write<'a, const DATA: u16, const POINTERS: u16>(StructBuilder<'a>);

impl<const DATA: u16, const POINTERS: u16> OwnedStruct for Structs<DATA, POINTERS> {
    type Reader<'a> = Read<'a>;
    type Builder<'a> = Write<'a, DATA, POINTERS>;
}

impl<const DATA: u16, const POINTERS: u16> Owned for Structs<DATA, POINTERS> {
    type Reader<'a> = Read<'a>;
    type Builder<'a> = Write<'a, DATA, POINTERS>;
}

/// Asked of a schema, of which there is none.
impl<const DATA: u16, const POINTERS: u16> Introspect for Structs<DATA, POINTERS> {
    fn introspect() -> Type {
        TypeVariant::Void.into()
    }
}

impl<'a> From<StructReader<'a>> for Read<'a> {
    fn from(reader: StructReader<'a>) -> Self {
        Self(reader)
    }
}

impl<'a> FromPointerReader<'a> for Read<'a> {
    fn get_from_pointer(reader: &PointerReader<'a>, default: Option<&'a [capnp::Word]>) -> Result<Self> {
        reader.get_struct(default).map(Self)
    }
}

impl<'a> IntoInternalStructReader<'a> for Read<'a> {
    fn into_internal_struct_reader(self) -> StructReader<'a> {
        self.0
    }
}

impl<T> SetterInput<T> for Read<'_> {
    fn set_pointer_builder(mut builder: PointerBuilder<'_>, input: Self, canonicalize: bool) -> Result<()> {
        builder.set_struct(&input.0, canonicalize)
    }
}

impl<'a, const DATA: u16, const POINTERS: u16> From<StructBuilder<'a>> for Write<'a, DATA, POINTERS> {
    fn from(builder: StructBuilder<'a>) -> Self {
        Self(builder)
    }
}

impl<const DATA: u16, const POINTERS: u16> HasStructSize for Write<'_, DATA, POINTERS> {
    const STRUCT_SIZE: StructSize = StructSize { data: DATA, pointers: POINTERS };
}

impl<'a, const DATA: u16, const POINTERS: u16> FromPointerBuilder<'a> for Write<'a, DATA, POINTERS> {
    fn init_pointer(builder: PointerBuilder<'a>, _: u32) -> Self {
        Self(builder.init_struct(Self::STRUCT_SIZE))
    }

    fn get_from_pointer(builder: PointerBuilder<'a>, default: Option<&'a [capnp::Word]>) -> Result<Self> {
        builder.get_struct(Self::STRUCT_SIZE, default).map(Self)
    }
}

/// The list of `T` that is the only field of the root.
fn put_list<T: OwnedStruct>(message: &mut Builder<HeapAllocator>, len: usize) -> struct_list::Builder<'_, T> {
    let root = message.init_root::<<List as OwnedStruct>::Builder<'_>>();
    FromPointerBuilder::init_pointer(root.0.get_pointer_field(0), len as u32)
}

fn get_list<'a, T: OwnedStruct>(root: &StructReader<'a>) -> struct_list::Reader<'a, T> {
    FromPointerReader::get_from_pointer(&root.get_pointer_field(0), None).expect("a list")
}

fn fill(builder: &mut StructBuilder<'_>, log: &crate::Log) {
    builder.set_data_field::<u64>(0, log.size);
    builder.set_data_field::<u32>(2, u32::from_le_bytes(log.address));
    builder.set_data_field::<u16>(6, log.code);
    for (at, text) in [&log.identity, &log.userid, &log.date, &log.request].into_iter().enumerate() {
        builder.reborrow().get_pointer_field(at).set_text(text.as_str().into());
    }
}

fn words(message: &Builder<HeapAllocator>) -> Vec<u8> {
    write_message_to_words(message)
}

pub fn log(log: &crate::Log) -> Vec<u8> {
    let mut message = Builder::new_default();
    fill(&mut message.init_root::<<Log as OwnedStruct>::Builder<'_>>().0, log);
    words(&message)
}

pub fn logs(logs: &crate::Logs) -> Vec<u8> {
    let mut message = Builder::new_default();
    let mut list = put_list::<Log>(&mut message, logs.logs.len());
    for (at, log) in logs.logs.iter().enumerate() {
        fill(&mut list.reborrow().get(at as u32).0, log);
    }
    words(&message)
}

pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
    let mut message = Builder::new_default();
    let mut list = put_list::<Triangle>(&mut message, mesh.triangles.len());
    for (at, triangle) in mesh.triangles.iter().enumerate() {
        let element = list.reborrow().get(at as u32).0;
        let numbers = triangle.as_flattened().iter().enumerate();
        numbers.for_each(|(at, number)| element.set_data_field::<f32>(at, *number));
    }
    words(&message)
}

/// The message where it can be read, for tests.
pub fn aligned(message: &[u8]) -> Vec<u8> {
    let copy = message.to_vec();
    assert!((copy.as_ptr() as usize).is_multiple_of(8));
    copy
}

fn with_root(mut bytes: &[u8], see: impl FnOnce(StructReader<'_>) -> u64) -> u64 {
    // Without the limit on what is walked, which is the reader's own.
    let mut options = ReaderOptions::new();
    options.traversal_limit_in_words(None);
    let message = read_message_from_flat_slice(&mut bytes, options).expect("sound");
    see(message.get_root::<Read<'_>>().expect("a struct").0)
}

fn see(log: &StructReader<'_>) -> u64 {
    let text = |at| {
        let text = log.get_pointer_field(at).get_text(None).expect("text");
        text.to_str().expect("UTF-8")
    };
    std::hint::black_box((log.get_data_field::<u32>(2), text(0), text(1), text(2)));
    see_log(log.get_data_field::<u16>(6), log.get_data_field::<u64>(0), text(3))
}

pub fn read_log(bytes: &[u8]) -> u64 {
    with_root(bytes, |root| see(&root))
}

pub fn read_logs(bytes: &[u8]) -> u64 {
    with_root(bytes, |root| {
        let list = get_list::<Log>(&root);
        (0..list.len()).map(|at| see(&list.get(at).0)).sum()
    })
}

pub fn read_mesh(bytes: &[u8]) -> u64 {
    with_root(bytes, |root| {
        let list = get_list::<Triangle>(&root);
        see_mesh(list.len() as usize, list.get(list.len() - 1).0.get_data_field::<f32>(0))
    })
}
