//! FlatBuffers, as its generator would write it, verified.

use std::marker::PhantomData;

use flatbuffers::{
    FlatBufferBuilder, Follow, ForwardsUOffset, InvalidFlatbuffer, Push, PushAlignment, SimpleToVerifyInSlice, Table,
    Vector, Verifiable, Verifier, WIPOffset, follow_cast_ref, root,
};

use crate::{see_log, see_mesh};

/// A struct of the schema, inline: `N` bytes of alignment `A`.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq)]
pub struct Inline<const N: usize, const A: usize>([u8; N]);

impl<'a, const N: usize, const A: usize> Follow<'a> for Inline<N, A> {
    type Inner = &'a Self;

    unsafe fn follow(buffer: &'a [u8], at: usize) -> &'a Self {
        // SAFETY: the caller says that one lies there; it is bytes, of alignment 1.
        unsafe { follow_cast_ref(buffer, at) }
    }
}

impl<const N: usize, const A: usize> Push for Inline<N, A> {
    type Output = Self;

    unsafe fn push(&self, into: &mut [u8], _: usize) {
        into[..N].copy_from_slice(&self.0);
    }

    fn alignment() -> PushAlignment {
        PushAlignment::new(A)
    }
}

impl<const N: usize, const A: usize> Verifiable for Inline<N, A> {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier.in_buffer::<Self>(at)
    }
}

impl<const N: usize, const A: usize> SimpleToVerifyInSlice for Inline<N, A> {}

type Address = Inline<4, 1>;
type Triangle = Inline<48, 4>;

/// Where in its table's vtable a field has its offset.
const FIELDS: [u16; 7] = {
    let mut fields = [0; 7];
    let mut at = 0;
    while at < fields.len() {
        fields[at] = 4 + 2 * at as u16;
        at += 1;
    }
    fields
};

#[derive(Clone, Copy)]
pub struct Log<'a>(Table<'a>);

impl<'a> Follow<'a> for Log<'a> {
    type Inner = Self;

    unsafe fn follow(buffer: &'a [u8], at: usize) -> Self {
        // SAFETY: as the caller says.
        Self(unsafe { Table::new(buffer, at) })
    }
}

impl Verifiable for Log<'_> {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<Address>("address", FIELDS[0], true)?
            .visit_field::<ForwardsUOffset<&str>>("identity", FIELDS[1], true)?
            .visit_field::<ForwardsUOffset<&str>>("userid", FIELDS[2], true)?
            .visit_field::<ForwardsUOffset<&str>>("date", FIELDS[3], true)?
            .visit_field::<ForwardsUOffset<&str>>("request", FIELDS[4], true)?
            .visit_field::<u16>("code", FIELDS[5], false)?
            .visit_field::<u64>("size", FIELDS[6], false)?
            .finish();
        Ok(())
    }
}

impl Log<'_> {
    fn see(&self) -> u64 {
        // SAFETY: these are the fields and types that were verified.
        let (code, size, request) = unsafe {
            (
                self.0.get::<u16>(FIELDS[5], Some(0)),
                self.0.get::<u64>(FIELDS[6], Some(0)),
                self.0.get::<ForwardsUOffset<&str>>(FIELDS[4], None),
            )
        };
        see_log(code.unwrap_or(0), size.unwrap_or(0), request.unwrap_or(""))
    }
}

/// A table of one field: a vector of `T`.
#[derive(Clone, Copy)]
pub struct List<'a, T>(Table<'a>, PhantomData<T>);

impl<'a, T: 'a> Follow<'a> for List<'a, T> {
    type Inner = Self;

    unsafe fn follow(buffer: &'a [u8], at: usize) -> Self {
        // SAFETY: as the caller says.
        Self(unsafe { Table::new(buffer, at) }, PhantomData)
    }
}

impl<'a, T: 'a> Verifiable for List<'a, T>
where
    ForwardsUOffset<Vector<'a, T>>: Verifiable,
{
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier.visit_table(at)?.visit_field::<ForwardsUOffset<Vector<'a, T>>>("items", FIELDS[0], true)?.finish();
        Ok(())
    }
}

impl<'a, T: Follow<'a> + 'a> List<'a, T> {
    fn items(&self) -> Vector<'a, T> {
        // SAFETY: the field and type that were verified.
        unsafe { self.0.get::<ForwardsUOffset<Vector<'a, T>>>(FIELDS[0], None) }.expect("verified")
    }
}

fn put<'b>(builder: &mut FlatBufferBuilder<'b>, log: &crate::Log) -> WIPOffset<Log<'b>> {
    let texts = [&log.identity, &log.userid, &log.date, &log.request].map(|text| builder.create_string(text));
    let table = builder.start_table();
    builder.push_slot_always(FIELDS[6], log.size);
    builder.push_slot_always(FIELDS[5], log.code);
    for (field, text) in FIELDS[1..5].iter().zip(texts) {
        builder.push_slot_always(*field, text);
    }
    builder.push_slot_always(FIELDS[0], Inline::<4, 1>(log.address));
    WIPOffset::new(builder.end_table(table).value())
}

fn list<T>(builder: &mut FlatBufferBuilder<'_>, items: WIPOffset<T>) -> Vec<u8> {
    let table = builder.start_table();
    builder.push_slot_always(FIELDS[0], items);
    let table = builder.end_table(table);
    builder.finish(table, None);
    builder.finished_data().to_vec()
}

pub fn log(log: &crate::Log) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let table = put(&mut builder, log);
    builder.finish(table, None);
    builder.finished_data().to_vec()
}

pub fn logs(logs: &crate::Logs) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let tables: Vec<_> = logs.logs.iter().map(|log| put(&mut builder, log)).collect();
    let items = builder.create_vector(&tables);
    list(&mut builder, items)
}

pub fn mesh(mesh: &crate::Mesh) -> Vec<u8> {
    let triangle = |triangle: &crate::Triangle| {
        let mut bytes = [0; 48];
        for (to, number) in bytes.chunks_exact_mut(4).zip(triangle.as_flattened()) {
            to.copy_from_slice(&number.to_le_bytes());
        }
        Inline::<48, 4>(bytes)
    };
    let triangles: Vec<Triangle> = mesh.triangles.iter().map(triangle).collect();
    let mut builder = FlatBufferBuilder::new();
    let items = builder.create_vector(&triangles);
    list(&mut builder, items)
}

pub fn read_log(bytes: &[u8]) -> u64 {
    root::<Log<'_>>(bytes).expect("sound").see()
}

pub fn read_logs(bytes: &[u8]) -> u64 {
    root::<List<'_, ForwardsUOffset<Log<'_>>>>(bytes).expect("sound").items().iter().map(|log| log.see()).sum()
}

pub fn read_mesh(bytes: &[u8]) -> u64 {
    let triangles = root::<List<'_, Triangle>>(bytes).expect("sound").items();
    let last = triangles.get(triangles.len() - 1);
    see_mesh(triangles.len(), f32::from_le_bytes(*last.0.first_chunk().expect("48 bytes")))
}
