//! The least that a target is: a codec, and all the laws. What a user's looks like, and how fast one is.
#![no_main]

use wireview::formats::LengthPrefixed;
use wireview::length::U16Be;

wireview::fuzz_codec!(LengthPrefixed::<U16Be>::new(1000), round_trip);
