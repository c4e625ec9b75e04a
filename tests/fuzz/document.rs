//! An edited document is what a fresh one of its text is. Input: a text, then edits, with NUL between them: two bytes for the place,
//! one for how much goes, the rest comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{Document, State};
use stockade_text::TextRange;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0);
    let first = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let mut document = Document::new(&first);
    for edit in parts.take(20) {
        let [high, low, removed, new @ ..] = edit else {
            continue;
        };
        let length = document.rope().len_bytes() as u32;
        let start = u32::from(u16::from_be_bytes([*high, *low])) % (length + 1);
        let range = TextRange::at(start.into(), u32::from(*removed).into());
        document.edit(range, &String::from_utf8_lossy(new));
        while document.pending() {
            document.finish();
        }
        let text = document.rope().to_string();
        assert_eq!(shape(&document), shape(&Document::closed(&text)), "{text:?}");
    }
});

/// What matters of a document: cuts, states, good lowerings.
fn shape(document: &Document) -> Vec<String> {
    let segments = document.segments().map(|(start, s)| match &s.state {
        State::Good => format!("{start:?} {:?} {:?}", s.len, s.lowered),
        State::Broken(broken) => format!("{start:?} {:?} {broken:?}", s.len),
    });
    segments.collect()
}
