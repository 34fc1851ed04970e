#![no_main]
wireview::fuzz_codec!(notes::Notes, round_trip);
