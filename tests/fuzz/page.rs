//! A rule's page is read, or its mistakes are told.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(mistakes) = stockade_rules::reader::read("fuzz.md", text) {
        assert!(!mistakes.is_empty());
    }
});
