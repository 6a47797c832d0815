#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    bulla_fuzz::private::check(input);
});
