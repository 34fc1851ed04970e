#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wireview_fuzz::targets::declared(bytes));
wireview::fuzz_mutator!();
