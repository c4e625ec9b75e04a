//! The module calls of a file, by a scan of its lines: fast enough for a whole workspace.

use smol_str::SmolStr;
use stockade_text::Rope;

use crate::ast::Item;
use crate::cut::Scanner;
use crate::segment::lower;

/// The name and literal source of each `module` block. A block that does not parse is read as far
/// as its lines tell.
pub fn module_calls(text: &str) -> Vec<(SmolStr, SmolStr)> {
    if memchr::memmem::find(text.as_bytes(), b"module").is_none() {
        return Vec::new();
    }
    let rope = Rope::from_str(text);
    let mut scanner = Scanner::new(&rope);
    let (mut at, mut calls) = (0, Vec::new());
    while at < text.len() {
        let end = scanner.next(at).end;
        let segment = &text[at..end];
        if memchr::memmem::find(segment.as_bytes(), b"module").is_some() {
            calls.extend(call(segment));
        }
        at = end;
    }
    calls
}

fn call(segment: &str) -> Option<(SmolStr, SmolStr)> {
    let Ok(lowered) = lower(segment) else {
        return None;
    };
    let Some(Item::Block(block)) = lowered.item else {
        return None;
    };
    let name = block
        .labels
        .first()
        .filter(|_| block.kind.name == "module")?
        .name
        .clone();
    Some((
        name,
        block.body.attribute("source")?.value.literal_string()?,
    ))
}
