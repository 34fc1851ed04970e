//! One line a codec.

use super::{Laws, mutants};
use crate::Codec;

/// How many mutants of its seeds [`codec_laws!`](crate::codec_laws) tries.
const MUTANTS: usize = 2000;

/// Up to which length [`codec_laws!`](crate::codec_laws) cuts a seed at every place.
const EVERY_CUT: usize = 2048;

/// Checks a codec on `seeds`, cut at every place, and on mutants of them: what [`codec_laws!`](crate::codec_laws) does.
///
/// # Panics
/// If a law is broken, or no seed holds a message: laws that saw nothing would hold.
#[track_caller]
pub fn check_all<C: Codec>(laws: &Laws, factory: impl Fn() -> C, seeds: &[&[u8]]) {
    println!("{laws}");
    let thorough = laws.clone().every_cut_up_to(EVERY_CUT);
    let messages: usize = seeds.iter().map(|seed| thorough.check(&factory, seed).views().count()).sum();
    assert!(messages > 0, "no seed holds a message");
    for mutant in mutants(seeds, MUTANTS) {
        laws.check(&factory, &mutant);
    }
}

/// A test that holds a codec against the laws, on seeds and on thousands of mutants of them.
///
/// ```
/// use wireview::formats::{Delimited, LengthPrefixed};
/// use wireview::laws::{Law, Laws};
/// use wireview::length::U16Be;
///
/// // Reading alone.
/// wireview::codec_laws!(words, LengthPrefixed::<U16Be>::new(1000), [b"\0\x02hi", b"\0\0"]);
///
/// // Writing, too: at least one seed must have a payload.
/// wireview::codec_laws!(pipes, Delimited::new(b"|", 1000), round_trip, [b"one|two|"], Laws::all().canonical());
/// # fn main() {}
/// ```
///
/// The forms are `codec_laws!(name, codec, [seeds])`, with `round_trip` in front of the seeds if the codec encodes its views and
/// shared messages, and with [`Laws`](crate::laws::Laws) behind them if not just all are meant.
#[macro_export]
macro_rules! codec_laws {
    ($name:ident, $codec:expr, [$($seed:expr),+ $(,)?] $(,)?) => {
        $crate::codec_laws!($name, $codec, [$($seed),+], $crate::laws::Laws::all());
    };
    ($name:ident, $codec:expr, round_trip, [$($seed:expr),+ $(,)?] $(,)?) => {
        $crate::codec_laws!($name, $codec, round_trip, [$($seed),+], $crate::laws::Laws::all());
    };
    ($name:ident, $codec:expr, [$($seed:expr),+ $(,)?], $laws:expr $(,)?) => {
        #[test]
        fn $name() {
            let seeds: &[&[u8]] = &[$(&$seed[..]),+];
            $crate::laws::check_all(&$laws, || $codec, seeds);
        }
    };
    ($name:ident, $codec:expr, round_trip, [$($seed:expr),+ $(,)?], $laws:expr $(,)?) => {
        #[test]
        fn $name() {
            let seeds: &[&[u8]] = &[$(&$seed[..]),+];
            let laws = $laws;
            $crate::laws::check_all(&laws, || $codec, seeds);
            let written = seeds.iter().map(|seed| laws.check_round_trip(|| $codec, seed));
            let (messages, shared) = written.fold((0, 0), |sum, one| (sum.0 + one.messages, sum.1 + one.shared));
            assert!(messages > 0, "no seed holds a message that is written");
            assert!(shared > 0 || !laws.is_on($crate::laws::Law::ZeroCopyOut), "no seed holds a payload");
            for mutant in $crate::laws::mutants(seeds, 2000) {
                laws.check_round_trip(|| $codec, &mutant);
            }
        }
    };
}

/// The target of cargo-fuzz for a codec: all that a file in `fuzz/fuzz_targets` has to hold.
///
/// ```text
/// #![no_main]
/// wireview::fuzz_codec!(MyCodec::new());
/// wireview::fuzz_codec!(MyCodec::new(), round_trip);           // if the codec encodes what it reads
/// wireview::fuzz_codec!(MyCodec::new(), round_trip, my_laws()); // if not just all laws are meant
/// wireview::fuzz_codec!(MyCodec::new(), made, my_laws(), |draw| …); // inputs are choices from which messages are made
/// ```
///
/// `fuzz/Cargo.toml` names `libfuzzer-sys` and `wireview` with the feature `testing`. Inputs are pure wire bytes, mutated by
/// libFuzzer and by [`mutate`](crate::laws::mutate) in turn.
#[macro_export]
macro_rules! fuzz_codec {
    ($codec:expr $(,)?) => {
        $crate::fuzz_codec!(@reading $codec, $crate::laws::Laws::all());
    };
    ($codec:expr, round_trip $(,)?) => {
        $crate::fuzz_codec!($codec, round_trip, $crate::laws::Laws::all());
    };
    ($codec:expr, round_trip, $laws:expr $(,)?) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            let laws = $laws;
            laws.check(|| $codec, bytes);
            laws.check_round_trip(|| $codec, bytes);
        });
        $crate::fuzz_mutator!();
    };
    ($codec:expr, made, $laws:expr, $message:expr $(,)?) => {
        ::libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            $laws.check_made_from(|| $codec, input, $message);
        });
    };
    ($codec:expr, $laws:expr $(,)?) => {
        $crate::fuzz_codec!(@reading $codec, $laws);
    };
    (@reading $codec:expr, $laws:expr) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            $laws.check(|| $codec, bytes);
        });
        $crate::fuzz_mutator!();
    };
}

/// A test that holds a declared message against the laws, on messages that are drawn, and on such as are broken in one field.
///
/// ```
/// use wireview::declare::Text;
/// use wireview::laws::{Law, Laws};
/// use wireview::{Span, Wire};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Wire)]
/// #[wire(frame(length = u16, counts = after, max = 1000), given(version: u8))]
/// struct Note<B> {
///     #[wire(since = 2)]
///     priority: Option<u8>,
///     #[wire(rest)]
///     text: Text<B>,
/// }
///
/// wireview::declared_laws!(note_1, Note<Span>, given = (1,));
/// wireview::declared_laws!(note_2, Note<Span>, given = (2,), Laws::all().without(Law::Refused, "to show how it is said"));
/// # fn main() {}
/// ```
///
/// The forms are `declared_laws!(name, Message<Span>)`, with `given = (…)` behind the message if it has to be given something, and
/// with [`Laws`](crate::laws::Laws) behind that if not just all are meant.
#[cfg(feature = "derive")]
#[macro_export]
macro_rules! declared_laws {
    ($name:ident, $message:ty $(,)?) => {
        $crate::declared_laws!($name, $message, given = (), $crate::laws::Laws::all());
    };
    ($name:ident, $message:ty, given = $given:expr $(,)?) => {
        $crate::declared_laws!($name, $message, given = $given, $crate::laws::Laws::all());
    };
    ($name:ident, $message:ty, given = $given:expr, $laws:expr $(,)?) => {
        #[test]
        fn $name() {
            $crate::laws::check_all_declared::<$message>(&$laws, $given);
        }
    };
    ($name:ident, $message:ty, $laws:expr $(,)?) => {
        $crate::declared_laws!($name, $message, given = (), $laws);
    };
}

/// The target of cargo-fuzz for a declared message: see [`check_declared_from`](crate::laws::Laws::check_declared_from).
///
/// ```text
/// #![no_main]
/// wireview::fuzz_declared!(Publish<Span>);
/// wireview::fuzz_declared!(Publish<Span>, given = (3,));
/// wireview::fuzz_declared!(Publish<Span>, given = (3,), my_laws());
/// ```
#[cfg(feature = "derive")]
#[macro_export]
macro_rules! fuzz_declared {
    ($message:ty $(,)?) => {
        $crate::fuzz_declared!($message, given = (), $crate::laws::Laws::all());
    };
    ($message:ty, given = $given:expr $(,)?) => {
        $crate::fuzz_declared!($message, given = $given, $crate::laws::Laws::all());
    };
    ($message:ty, given = $given:expr, $laws:expr $(,)?) => {
        ::libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            $laws.check_declared_from::<$message>($given, input);
        });
        $crate::fuzz_mutator!();
    };
}

/// The mutator that [`fuzz_codec!`](crate::fuzz_codec) uses, for targets that are written by hand: libFuzzer's own and
/// [`mutate`](crate::laws::mutate) in turn.
#[macro_export]
macro_rules! fuzz_mutator {
    () => {
        ::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            if seed % 2 == 0 {
                return ::libfuzzer_sys::fuzzer_mutate(data, size, max_size);
            }
            let mut bytes = data[..size].to_vec();
            let other = bytes.clone();
            $crate::laws::mutate(&mut bytes, &other, max_size, seed.into());
            data[..bytes.len()].copy_from_slice(&bytes);
            bytes.len()
        });
    };
}
