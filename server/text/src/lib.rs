//! Text: byte ranges, positions in the three encodings of the Language Server Protocol, edits.
pub use ropey::Rope;
pub use text_size::{TextRange, TextSize};
