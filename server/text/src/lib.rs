//! Text: byte ranges, positions in the three encodings of the Language Server Protocol, edits.
//! Knows nothing of HCL, trees or the protocol itself.

mod edit;
mod position;

pub use edit::{Overlap, TextEdit, apply};
pub use position::{Encoding, Position, offset, position};
pub use ropey::Rope;
pub use text_size::{TextRange, TextSize};
