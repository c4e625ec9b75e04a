//! Says which of the files given are not laid out as the formatter would.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]
fn main() {
    for path in std::env::args().skip(1) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if stockade_syntax::format::format(&text) != text {
            println!("{path}");
        }
    }
}
