//! What a fix, or several, will make of the files: the changes of each block it touches, and what
//! is added below blocks and at the ends of files.

use std::collections::BTreeMap;
use std::ops::Range;

use smol_str::SmolStr;
use stockade_model::{Address, BlockId, FileId};
use stockade_syntax::ast::Attribute;
use stockade_syntax::format::format;
use stockade_syntax::parse_body;
use stockade_text::{Rope, TextEdit, TextRange};

use super::difference::{difference, size};
use super::names::{self, Renames};
use super::step::{self, Change};
use super::{BlockSource, NotPossible, Sources};
use crate::finding::Place;
use crate::fix::{Fix, FixEdit};

/// Arguments of every resource, which come first.
const META: [&str; 3] = ["count", "for_each", "provider"];

/// The parts of fixes that have been taken on so far.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    sources: &'a dyn Sources,
    blocks: BTreeMap<BlockId, Changed>,
    /// New blocks at the end of a file.
    endings: BTreeMap<FileId, Vec<String>>,
    /// What the fixes declare, as the fix has it and as it came to be called.
    declared: Vec<(FixEdit, Vec<(Address, Address)>)>,
}

/// What becomes of a block and of the place below it.
#[derive(Clone)]
struct Changed {
    source: BlockSource,
    changes: Vec<Change>,
    below: Vec<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(sources: &'a dyn Sources) -> Draft<'a> {
        Draft {
            sources,
            blocks: BTreeMap::new(),
            endings: BTreeMap::new(),
            declared: Vec::new(),
        }
    }

    /// Takes on a fix. What is in the draft already, word for word, is not added again.
    pub(super) fn add(&mut self, fix: &Fix) -> Result<(), NotPossible> {
        let (known, renames) = self.declare(fix);
        let home = self.home(fix);
        for edit in &fix.edits {
            if !known.contains(&edit) {
                self.add_edit(edit, &renames, home)?;
            }
        }
        Ok(())
    }

    /// Finds names for what a fix declares. Returns the declarations that are in the draft already.
    fn declare<'f>(&mut self, fix: &'f Fix) -> (Vec<&'f FixEdit>, Renames) {
        let mut renames = Renames::default();
        let mut known = Vec::new();
        for edit in &fix.edits {
            let addresses = match edit {
                FixEdit::AddVariable { name, .. } => vec![names::variable(name)],
                FixEdit::AddBelow { text, .. } => names::declared(text),
                _ => continue,
            };
            let earlier = self
                .declared
                .iter()
                .find(|(e, _)| declares_the_same(e, edit))
                .map(|(_, names)| names.clone());
            let named = match earlier {
                Some(named) => {
                    known.push(edit);
                    named
                }
                None => {
                    let named: Vec<(Address, Address)> = addresses
                        .into_iter()
                        .map(|a| (names::unique(&a, |x| self.is_taken(x)), a))
                        .map(|(to, from)| (from, to))
                        .collect();
                    self.declared.push((edit.clone(), named.clone()));
                    named
                }
            };
            for (from, to) in &named {
                renames.add(from, to);
            }
        }
        (known, renames)
    }

    fn is_taken(&self, address: &Address) -> bool {
        let in_draft = || {
            self.declared
                .iter()
                .flat_map(|(_, names)| names)
                .any(|(_, to)| to == address)
        };
        self.sources.is_taken(address) || in_draft()
    }

    fn name_of(&self, edit: &FixEdit, from: &Address) -> Address {
        let names = self
            .declared
            .iter()
            .find(|(e, _)| e == edit)
            .map(|(_, names)| names);
        names
            .and_then(|n| n.iter().find(|(f, _)| f == from))
            .map_or_else(|| from.clone(), |(_, to)| to.clone())
    }

    /// The file of the first block that a fix touches.
    fn home(&self, fix: &Fix) -> Option<FileId> {
        fix.edits
            .iter()
            .find_map(|edit| self.place(edit))
            .and_then(|place| self.sources.block(place.block))
            .map(|s| s.file)
    }

    /// The place that an edit is about.
    pub(super) fn place(&self, edit: &FixEdit) -> Option<Place> {
        match edit {
            FixEdit::Set { body: at, .. }
            | FixEdit::AddBlock { body: at, .. }
            | FixEdit::Replace { at, .. }
            | FixEdit::Append { at, .. }
            | FixEdit::Remove { at } => Some(at.clone()),
            FixEdit::AddBelow { block, .. } | FixEdit::Keyword { block, .. } => Some(Place {
                block: *block,
                path: Vec::new(),
            }),
            FixEdit::ReplaceOrigin { symbol, path, .. } => {
                let mut place = self.sources.symbol(symbol)?;
                place.path.extend(path.iter().cloned());
                Some(place)
            }
            FixEdit::AddVariable { .. } | FixEdit::AddLine { .. } => None,
        }
    }

    /// The change that an edit makes within a block.
    pub(super) fn change(&self, edit: &FixEdit) -> Result<Option<(BlockId, Change)>, NotPossible> {
        let Some(Place { block, path }) = self.place(edit) else {
            let has_no_block =
                matches!(edit, FixEdit::AddVariable { .. } | FixEdit::AddLine { .. });
            return if has_no_block {
                Ok(None)
            } else {
                Err(NotPossible::Gone)
            };
        };
        let change = match edit.clone() {
            FixEdit::Set {
                attribute, value, ..
            } => Change::Set {
                body: path,
                name: attribute.to_string(),
                value,
            },
            FixEdit::Replace { value, .. } => Change::Replace { at: path, value },
            FixEdit::ReplaceOrigin { value, .. } => Change::ReplaceLiteral { at: path, value },
            FixEdit::Append { value, .. } => Change::Append { at: path, value },
            FixEdit::AddBlock { text, .. } => Change::AddBlock { body: path, text },
            FixEdit::Remove { .. } => Change::Remove { at: path },
            FixEdit::Keyword { keyword, .. } => Change::Keyword {
                value: keyword.to_string(),
            },
            FixEdit::AddBelow { .. } | FixEdit::AddVariable { .. } | FixEdit::AddLine { .. } => {
                return Ok(None);
            }
        };
        Ok(Some((block, change)))
    }

    fn add_edit(
        &mut self,
        edit: &FixEdit,
        renames: &Renames,
        home: Option<FileId>,
    ) -> Result<(), NotPossible> {
        let renamed = renames.apply_to(edit);
        if let Some((block, change)) = self.change(&renamed)? {
            let changed = self.changed(block)?;
            if !changed.changes.contains(&change) {
                changed.changes.push(change);
            }
            return Ok(());
        }
        match &renamed {
            FixEdit::AddBelow {
                block,
                copied,
                text,
            } => {
                let text = &self.with_copied(*block, copied, text)?;
                let named = names::declared(text)
                    .into_iter()
                    .fold(text.clone(), |text, from| {
                        let to = self.name_of(edit, &from);
                        names::with_name(&text, &from, &to)
                    });
                self.changed(*block)?.below.push(format(named.trim()));
            }
            FixEdit::AddVariable { name, .. } => {
                let to = self.name_of(edit, &names::variable(name));
                let file = self
                    .sources
                    .variables_file()
                    .or(home)
                    .ok_or(NotPossible::Gone)?;
                self.endings
                    .entry(file)
                    .or_default()
                    .push(variable(&renamed, &to.name));
            }
            _ => {}
        }
        Ok(())
    }

    /// The text of new blocks, the first of which begins with arguments of an existing one.
    fn with_copied(
        &self,
        block: BlockId,
        names: &[SmolStr],
        text: &str,
    ) -> Result<String, NotPossible> {
        let (new, _) = parse_body(text);
        let Some(brace) = new
            .blocks()
            .next()
            .map(|b| usize::from(b.braces.start()) + 1)
        else {
            return Ok(text.to_owned());
        };
        let source = self.sources.block(block).ok_or(NotPossible::Gone)?;
        let rope = self.sources.text(source.file).ok_or(NotPossible::Gone)?;
        let range = Range::<usize>::from(source.range);
        let existing = rope.byte_slice(range).to_string().replace("\r\n", "\n");
        let (body, _) = parse_body(&existing);
        let attributes = body
            .blocks()
            .next()
            .into_iter()
            .flat_map(|b| b.body.attributes());
        let (meta, own): (Vec<&Attribute>, Vec<&Attribute>) = attributes
            .filter(|a| names.contains(&a.name.name))
            .partition(|a| META.contains(&a.name.name.as_str()));
        let lines = |all: Vec<&Attribute>| -> String {
            let written = |a: &Attribute| format!("\n{}", &existing[Range::<usize>::from(a.range)]);
            all.into_iter().map(written).collect()
        };
        let gap = if meta.is_empty() { "" } else { "\n" };
        let (head, tail) = text.split_at(brace);
        Ok(format!("{head}{}{gap}{}{tail}", lines(meta), lines(own)))
    }

    fn changed(&mut self, block: BlockId) -> Result<&mut Changed, NotPossible> {
        let source = self.sources.block(block).ok_or(NotPossible::Gone)?;
        Ok(self.blocks.entry(block).or_insert_with(|| Changed {
            source,
            changes: Vec::new(),
            below: Vec::new(),
        }))
    }

    /// The files that the draft changes.
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> {
        self.blocks
            .values()
            .map(|c| c.source.file)
            .chain(self.endings.keys().copied())
    }

    /// Whether the changes of a block can be written.
    pub(super) fn check(&self, block: BlockId) -> Result<(), NotPossible> {
        self.blocks
            .get(&block)
            .map_or(Ok(()), |changed| self.edits_of(changed).map(|_| ()))
    }

    /// The edits of all files.
    pub(super) fn edits(&self) -> Result<Vec<(FileId, Vec<TextEdit>)>, NotPossible> {
        let mut files: BTreeMap<FileId, Vec<TextEdit>> = BTreeMap::new();
        for changed in self.blocks.values() {
            files
                .entry(changed.source.file)
                .or_default()
                .extend(self.edits_of(changed)?);
        }
        for (file, blocks) in &self.endings {
            let rope = self.sources.text(*file).ok_or(NotPossible::Gone)?;
            files.entry(*file).or_default().push(ending(&rope, blocks));
        }
        for edits in files.values_mut() {
            edits.sort_by_key(|e| (e.range.start(), e.range.end()));
            merge_neighbours(edits);
        }
        files.retain(|_, edits| !edits.is_empty());
        Ok(files.into_iter().collect())
    }

    fn edits_of(&self, changed: &Changed) -> Result<Vec<TextEdit>, NotPossible> {
        let rope = self
            .sources
            .text(changed.source.file)
            .ok_or(NotPossible::Gone)?;
        let (start, end) = lines_of(&rope, changed.source.range);
        let old = rope
            .get_byte_slice(start..end)
            .ok_or(NotPossible::Gone)?
            .to_string();
        let mut new = old.replace("\r\n", "\n");
        if !changed.changes.is_empty() {
            new = step::write(&new, &changed.changes)?;
        }
        if !changed.below.is_empty() {
            let ends_line = new.ends_with('\n');
            new.truncate(new.trim_end().len());
            for block in &changed.below {
                new.push_str("\n\n");
                new.push_str(block.trim_end());
            }
            if ends_line {
                new.push('\n');
            }
            let next = rope
                .get_byte_slice(end..)
                .and_then(|rest| rest.chars().next());
            if next.is_some_and(|c| c != '\n' && c != '\r') {
                new.push('\n');
            }
        }
        if new.trim().is_empty() {
            return Ok(vec![without_block(&rope, start, end)]);
        }
        Ok(difference(&old, &new, start, line_end(&rope)))
    }
}

/// A segment in whole lines, without the empty lines at its end.
fn lines_of(rope: &Rope, segment: TextRange) -> (usize, usize) {
    let (start, limit) = (
        usize::from(segment.start()),
        usize::from(segment.end()).min(rope.len_bytes()),
    );
    let text = rope.byte_slice(start..limit).to_string();
    let last = start + text.trim_end().len();
    let start = start + byte_order_mark(&text);
    let line = rope.byte_to_line(last);
    let end = if line + 1 < rope.len_lines() {
        rope.line_to_byte(line + 1)
    } else {
        rope.len_bytes()
    };
    (start, end.max(start))
}

/// A byte order mark belongs to the file, not to the block behind it.
fn byte_order_mark(text: &str) -> usize {
    let mark = '\u{feff}';
    if text.starts_with(mark) {
        mark.len_utf8()
    } else {
        0
    }
}

/// Removes a whole segment, with the empty lines below it if there is one above.
fn without_block(rope: &Rope, start: usize, end: usize) -> TextEdit {
    let above = rope.byte_slice(..start).to_string();
    let blank = |c: &char| *c == '\n' || *c == '\r';
    let below: usize = rope
        .byte_slice(end..)
        .chars()
        .take_while(blank)
        .map(char::len_utf8)
        .sum();
    let stands_apart = above.replace('\r', "").ends_with("\n\n") || above.trim().is_empty();
    let end = if stands_apart { end + below } else { end };
    TextEdit {
        range: TextRange::new(size(start), size(end)),
        insert: String::new(),
    }
}

/// The line ends of a file, told by its first one.
fn line_end(rope: &Rope) -> &'static str {
    let first = rope.line(0);
    let is_crlf = first.len_chars() >= 2 && first.char(first.len_chars() - 2) == '\r';
    if is_crlf { "\r\n" } else { "\n" }
}

/// Whether two edits declare the same thing, wherever it is put.
fn declares_the_same(a: &FixEdit, b: &FixEdit) -> bool {
    match (a, b) {
        // Copied arguments are those of the block that it stands below.
        (
            FixEdit::AddBelow {
                text: a, copied: c, ..
            },
            FixEdit::AddBelow {
                text: b, copied: d, ..
            },
        ) if c.is_empty() && d.is_empty() => a == b,
        _ => a == b,
    }
}

fn variable(edit: &FixEdit, name: &str) -> String {
    let FixEdit::AddVariable {
        ty,
        description,
        sensitive,
        ephemeral,
        ..
    } = edit
    else {
        return String::new();
    };
    let mut lines = vec![
        format!("description = {}", quoted(description)),
        format!("type = {ty}"),
        "nullable = false".to_owned(),
    ];
    if *sensitive {
        lines.push("sensitive = true".to_owned());
    }
    if *ephemeral {
        lines.push("ephemeral = true".to_owned());
    }
    format(&format!(
        "variable \"{name}\" {{\n  {}\n}}",
        lines.join("\n  ")
    ))
}

/// A string literal.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace("${", "$${")
        .replace("%{", "%%{")
        .replace('\n', " ");
    format!("\"{escaped}\"")
}

/// New blocks at the end of a file, each after an empty line.
fn ending(rope: &Rope, blocks: &[String]) -> TextEdit {
    let text = blocks
        .iter()
        .map(|b| b.trim_end())
        .collect::<Vec<_>>()
        .join("\n\n");
    let tail: String = rope
        .slice(rope.len_chars().saturating_sub(4)..)
        .to_string()
        .replace("\r\n", "\n");
    let insert = match tail.as_str() {
        "" => format!("{text}\n"),
        t if t.ends_with("\n\n") => format!("{text}\n"),
        t if t.ends_with('\n') => format!("\n{text}\n"),
        _ => format!("\n\n{text}\n"),
    };
    let end = size(rope.len_bytes());
    TextEdit {
        range: TextRange::empty(end),
        insert: insert.replace('\n', line_end(rope)),
    }
}

/// Makes one edit of those that touch, so that their order can't be mistaken.
fn merge_neighbours(edits: &mut Vec<TextEdit>) {
    edits.dedup_by(|next, edit| {
        let touches = edit.range.end() == next.range.start();
        if touches {
            edit.range = edit.range.cover(next.range);
            edit.insert.push_str(&next.insert);
        }
        touches
    });
}
