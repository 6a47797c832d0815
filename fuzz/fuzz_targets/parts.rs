#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    bulla_fuzz::parts::check(input);
});
