//! What each form of a declaration is held against: bytes that were written by hand.

use bytes::Bytes;
use wireview::declare::{Declare, Declared, Framed, Put};
use wireview::{Codec, Encode, Error, Gather, Kind, laws};

/// What a message is written as, if it can be.
pub(crate) fn try_written<M: Framed, P: Put<Family = M>>(message: P, given: M::Context) -> Result<Vec<u8>, Error> {
    let len = message.wire_len(given);
    let mut out = Gather::new();
    out.message(|out| Declared::<M>::given(given).encode(message, out))?;
    let bytes = out.chunks().flatten().copied().collect::<Vec<u8>>();
    assert_eq!(len, bytes.len() as u64, "`wire_len` is what is written");
    Ok(bytes)
}

/// `message` is written as `bytes` and read from them; the laws hold on them and on 200 inputs made from them.
#[track_caller]
pub(crate) fn golden_given<M>(message: M::Of<&'static [u8]>, bytes: &[u8], given: M::Context)
where
    M: Framed,
    for<'a> M::Of<&'a [u8]>: Put<Family = M>,
    M::Of<Bytes>: Put<Family = M>,
{
    let bytes: &'static [u8] = bytes.to_vec().leak();
    let written = try_written(message.clone(), given).expect("it can be written");
    assert_eq!(written, bytes, "written as {written:02x?}");
    let codec = || Declared::<M>::given(given);
    let outcome = laws::Laws::all().every_cut_up_to(200).check(codec, bytes);
    assert_eq!(outcome.views().count(), 1, "one message is read");
    assert_eq!(codec().parse(bytes), Ok(message));
    assert_eq!(laws::check_round_trip(codec, bytes).messages, 1);
    for mutant in laws::mutants(&[bytes], 200) {
        let outcome = laws::check(codec, &mutant);
        laws::check_round_trip(codec, &mutant);
        // Whatever is read takes as many bytes as it says.
        outcome.views().for_each(|view| drop(try_written(view, given)));
    }
}

/// The same for what has to be given nothing.
#[track_caller]
pub(crate) fn golden<M>(message: M::Of<&'static [u8]>, bytes: &[u8])
where
    M: Framed<Context = ()>,
    for<'a> M::Of<&'a [u8]>: Put<Family = M>,
    M::Of<Bytes>: Put<Family = M>,
{
    golden_given::<M>(message, bytes, ());
}

/// Why `bytes`, which are all that comes, are no message: kind, field, offset.
#[track_caller]
pub(crate) fn refused_given<M: Framed>(bytes: &[u8], given: M::Context) -> (Kind, &'static str, usize) {
    let mut codec = Declared::<M>::given(given);
    let error = match codec.delimit(bytes) {
        Err(error) => error,
        Ok(_) => match codec.parse(bytes) {
            Err(error) => error,
            Ok(message) => panic!("read as {message:?}"),
        },
    };
    (error.kind(), error.field(), error.offset())
}

/// The same for what has to be given nothing.
#[track_caller]
pub(crate) fn refused<M: Framed<Context = ()>>(bytes: &[u8]) -> (Kind, &'static str, usize) {
    refused_given::<M>(bytes, ())
}

/// Why a message cannot be written: kind, field.
#[track_caller]
pub(crate) fn unwritten_given<M: Framed, P: Put<Family = M>>(message: P, given: M::Context) -> (Kind, &'static str) {
    let error = try_written(message, given).expect_err("it cannot be written");
    (error.kind(), error.field())
}

/// The same for what has to be given nothing.
#[track_caller]
pub(crate) fn unwritten<M: Framed<Context = ()>, P: Put<Family = M>>(message: P) -> (Kind, &'static str) {
    unwritten_given(message, ())
}

/// Whether `M` takes any bytes of its size, and what size that is.
pub(crate) fn size<M: Declare>() -> (Option<usize>, bool) {
    (M::SIZE, M::ANY)
}
