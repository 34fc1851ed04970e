//! What all laws cost an input, without a fuzzer: mutants of a few seeds, about twenty bytes long.

use wireview::formats::{Delimited, LengthPrefixed};
use wireview::laws::{self, Laws, Shared};
use wireview::length::U16Be;
use wireview::{Codec, Encode, View};
use wireview_codecs::resp::Replies;

mod support;

const INPUTS: usize = 200;

fn main() {
    let bench = support::Bench::from_args("laws");
    let prefixed = inputs(&[b"\0\x02hi", b"\0\x02hi\0\x05hello", b"\0\x09hello", b"\0\x10sixteen and more"]);
    let delimited = inputs(&[b"one||two|", b"three|", b"four"]);
    let replies = inputs(&[b"+OK\r\n:1\r\n", b"$5\r\nhello\r\n", b"*2\r\n:1\r\n$1\r\na\r\n"]);
    let mut race = bench.race("all laws of reading and writing", "input", INPUTS as u64);
    race.add("length prefixed", || check(|| LengthPrefixed::<U16Be>::new(1000), &prefixed));
    race.add("delimited by a byte", || check(|| Delimited::new(b"|", 1000), &delimited));
    race.add("RESP replies", || check(Replies::new, &replies));
    race.run();
}

fn inputs(seeds: &[&[u8]]) -> Vec<Vec<u8>> {
    let cut = |mut mutant: Vec<u8>| {
        mutant.truncate(64);
        mutant
    };
    laws::mutants(seeds, INPUTS).map(cut).collect()
}

fn check<C>(codec: impl Fn() -> C, inputs: &[Vec<u8>])
where
    C: Codec + for<'a> Encode<View<'a, C>> + Encode<Shared<C>>,
{
    let laws = Laws::all();
    for input in inputs {
        laws.check(&codec, input);
        laws.check_round_trip(&codec, input);
    }
}
