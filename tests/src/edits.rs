//! Random edit scripts: what people, formatters, version control and accidents do to a folder of Terraform.
//!
//! A script is data, made from a seed before it is played. It keeps its own picture of the folder, so that it never asks
//! for what an editor could not do.

mod snippets;

use std::collections::BTreeMap;

pub use snippets::FIXTURES;
use snippets::{ARGUMENTS, BLOCKS, NOISE, SWAPS};

/// What happens to a file.
#[derive(Clone, Debug)]
pub enum Action {
    /// A buffer with this text is opened.
    Open(String, String),
    /// These bytes of a buffer are replaced, one after the other, in one notification.
    Change(String, Vec<(usize, usize, String)>),
    /// The whole text of a buffer is replaced.
    Rewrite(String, String),
    /// A buffer is saved.
    Save(String),
    /// A buffer is closed.
    Close(String),
    /// A file is written by somebody else.
    Write(String, String),
    /// A file is deleted by somebody else.
    Delete(String),
    /// The analysis is waited for.
    Settle,
}

/// Files that a script may make beside the [`FIXTURES`].
pub const EXTRA: [&str; 2] = ["extra.tf", "more.tf"];

/// Longer texts are cut back, so that a script stays about as fast as the last.
const LONGEST: usize = 9_000;

/// The script of a seed.
pub fn script(seed: u64) -> Vec<Action> {
    let mut writer = Writer::new(seed);
    for _ in 0..8 + writer.random.below(16) {
        writer.step();
    }
    writer.actions
}

/// The texts of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// In buffers.
    pub open: BTreeMap<String, String>,
    /// On disk.
    pub disk: BTreeMap<String, String>,
}

impl Texts {
    /// What every script starts with: the fixtures on disk, nothing open.
    pub fn at_first() -> Texts {
        let disk = FIXTURES
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
            .collect();
        Texts {
            open: BTreeMap::new(),
            disk,
        }
    }

    /// What an action makes of them.
    pub fn take(&mut self, action: &Action) {
        match action {
            Action::Open(file, text) | Action::Rewrite(file, text) => {
                self.open.insert(file.clone(), text.clone());
            }
            Action::Change(file, changes) => {
                if let Some(text) = self.open.get_mut(file) {
                    changes
                        .iter()
                        .for_each(|(from, to, new)| text.replace_range(from..to, new));
                }
            }
            Action::Save(file) => {
                if let Some(text) = self.open.get(file) {
                    self.disk.insert(file.clone(), text.clone());
                }
            }
            Action::Close(file) => {
                self.open.remove(file);
            }
            Action::Write(file, text) => {
                self.disk.insert(file.clone(), text.clone());
            }
            Action::Delete(file) => {
                self.disk.remove(file);
            }
            Action::Settle => {}
        }
    }
}

struct Writer {
    random: Random,
    actions: Vec<Action>,
    texts: Texts,
    /// The text before the last change of a buffer.
    before: BTreeMap<String, String>,
}

impl Writer {
    /// The fixtures are on disk; most of them are opened.
    fn new(seed: u64) -> Writer {
        let (random, actions, before) = (Random(seed), Vec::new(), BTreeMap::new());
        let mut writer = Writer {
            random,
            actions,
            texts: Texts::at_first(),
            before,
        };
        for (file, text) in FIXTURES {
            if writer.random.percent(80) {
                writer.open(file, text);
            }
        }
        writer
    }

    fn step(&mut self) {
        let Some(file) = self.some_open() else {
            return self.open_something();
        };
        match self.random.below(100) {
            0..20 => self.insert(&file),
            20..35 => self.delete(&file),
            35..45 => self.paste(&file),
            45..58 => self.break_something(&file),
            58..70 => self.mend(&file),
            70..80 => self.swap(&file),
            80..83 => self.change_line_end(&file),
            83..86 => self.act(Action::Save(file)),
            86..89 => self.act(Action::Close(file)),
            89..93 => self.open_something(),
            93..95 => self.write_something(),
            95..97 => self.delete_something(),
            97..98 => self.rewrite(&file),
            _ => self.act(Action::Settle),
        }
    }

    /// Records an action and keeps the picture of the folder up to date.
    fn act(&mut self, action: Action) {
        if let Action::Change(file, _) = &action {
            self.before.insert(file.clone(), self.text(file).to_owned());
        }
        self.texts.take(&action);
        self.actions.push(action);
    }

    fn open(&mut self, file: &str, text: &str) {
        self.act(Action::Open(file.to_owned(), text.to_owned()));
    }

    fn change(&mut self, file: &str, from: usize, to: usize, new: &str) {
        self.act(Action::Change(
            file.to_owned(),
            vec![(from, to, new.to_owned())],
        ));
    }

    fn some_open(&mut self) -> Option<String> {
        let files: Vec<String> = self.texts.open.keys().cloned().collect();
        self.random.pick(&files).cloned()
    }

    fn text(&self, file: &str) -> &str {
        self.texts.open.get(file).map_or("", String::as_str)
    }

    /// A block between lines, an argument between lines, or something small anywhere.
    fn insert(&mut self, file: &str) {
        if self.text(file).len() > LONGEST {
            return self.rewrite(file);
        }
        let (at, new) = match self.random.below(4) {
            0 => (self.line_start(file), *self.random.one_of(BLOCKS)),
            1 => (self.line_start(file), *self.random.one_of(ARGUMENTS)),
            _ => (self.anywhere(file), *self.random.one_of(NOISE)),
        };
        if self.random.percent(30) {
            return self.type_slowly(file, at, new);
        }
        let new = if self.random.percent(10) {
            new.replace('\n', "\r\n")
        } else {
            new.to_owned()
        };
        self.change(file, at, at, &new);
    }

    /// Character by character, as a person types; several in one notification, as a fast one does. Nobody types between
    /// the two of a line end: there is no such position.
    fn type_slowly(&mut self, file: &str, mut at: usize, new: &str) {
        let mut changes = Vec::new();
        let is_before_line_end = self.text(file)[at..].starts_with('\n');
        for key in keys(new).take(40) {
            changes.push((at, at, key.to_owned()));
            at += key.len();
            if is_before_line_end && key.ends_with('\r') {
                break;
            }
            if self.random.percent(60) {
                self.act(Action::Change(
                    file.to_owned(),
                    std::mem::take(&mut changes),
                ));
            }
        }
        if !changes.is_empty() {
            self.act(Action::Change(file.to_owned(), changes));
        }
    }

    fn delete(&mut self, file: &str) {
        let (from, to) = match self.random.below(3) {
            0 => {
                let from = self.anywhere(file);
                (from, from + 1 + self.random.below(12))
            }
            1 => {
                let from = self.line_start(file);
                (from, self.line_after(file, from))
            }
            _ => {
                let from = self.line_start(file);
                let length = self.random.below(200);
                (from, self.line_after(file, from + length))
            }
        };
        let to = boundary(self.text(file), to);
        self.change(file, from, to, "");
    }

    /// Lines of some buffer, once more in this one.
    fn paste(&mut self, file: &str) {
        let Some(source) = self.some_open() else {
            return;
        };
        let from = self.line_start(&source);
        let length = self.random.below(300);
        let to = self.line_after(&source, from + length);
        let lines = self.text(&source)[from..to].to_owned();
        let at = self.line_start(file);
        self.change(file, at, at, &lines);
    }

    /// Takes away one of the characters that hold a block together.
    fn break_something(&mut self, file: &str) {
        let text = self.text(file);
        let holding: Vec<usize> = text
            .match_indices(['"', '{', '}', '[', ']', '(', ')', '='])
            .map(|(at, _)| at)
            .collect();
        if let Some(&at) = self.random.pick(&holding) {
            self.change(file, at, at + 1, "");
        }
    }

    /// Takes the last change back.
    fn mend(&mut self, file: &str) {
        let Some(before) = self.before.get(file).cloned() else {
            return;
        };
        let (from, to, new) = difference(self.text(file), &before);
        let new = new.to_owned();
        self.change(file, from, to, &new);
    }

    /// One value for another.
    fn swap(&mut self, file: &str) {
        let text = self.text(file);
        let swaps = SWAPS.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
        let found: Vec<(usize, &str, &str)> = swaps
            .flat_map(|(old, new)| text.match_indices(old).map(move |(at, _)| (at, old, new)))
            .collect();
        if let Some(&(at, old, new)) = self.random.pick(&found) {
            self.change(file, at, at + old.len(), new);
        }
    }

    fn change_line_end(&mut self, file: &str) {
        let text = self.text(file);
        let ends = text
            .match_indices('\n')
            .map(|(at, _)| (at, text[..at].ends_with('\r')));
        let ends: Vec<(usize, bool)> = ends.collect();
        match self.random.pick(&ends) {
            Some(&(at, true)) => self.change(file, at - 1, at + 1, "\n"),
            Some(&(at, false)) => self.change(file, at, at, "\r"),
            None => {}
        }
    }

    /// A file of the folder that is not open, as it is on disk or as a buffer that was never saved.
    fn open_something(&mut self) {
        let names = FIXTURES.iter().map(|(file, _)| *file).chain(EXTRA);
        let closed: Vec<&str> = names
            .filter(|file| !self.texts.open.contains_key(*file))
            .collect();
        let Some(file) = self.random.pick(&closed).copied() else {
            return;
        };
        let text = match self.texts.disk.get(file) {
            Some(text) if self.random.percent(80) => text.clone(),
            _ => self.new_text(),
        };
        self.open(file, &text);
    }

    fn write_something(&mut self) {
        let names: Vec<&str> = FIXTURES
            .iter()
            .map(|(file, _)| *file)
            .chain(EXTRA)
            .collect();
        let file = *self.random.one_of(&names);
        let text = self.new_text();
        self.act(Action::Write(file.to_owned(), text));
    }

    fn delete_something(&mut self) {
        let names: Vec<String> = self.texts.disk.keys().cloned().collect();
        if let Some(file) = self.random.pick(&names).cloned() {
            self.act(Action::Delete(file));
        }
    }

    fn rewrite(&mut self, file: &str) {
        let text = self.new_text();
        self.act(Action::Rewrite(file.to_owned(), text));
    }

    fn new_text(&mut self) -> String {
        let count = 1 + self.random.below(4);
        let blocks: Vec<&str> = (0..count).map(|_| *self.random.one_of(BLOCKS)).collect();
        blocks.join("\n")
    }

    fn anywhere(&mut self, file: &str) -> usize {
        let length = self.text(file).len();
        let at = self.random.below(length + 1);
        boundary(self.text(file), at)
    }

    fn line_start(&mut self, file: &str) -> usize {
        let at = self.anywhere(file);
        self.text(file)[..at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_after(&self, file: &str, at: usize) -> usize {
        let text = self.text(file);
        let at = boundary(text, at);
        text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
    }
}

/// The nearest place at or before a byte that a position of the protocol can name: not within a character, nor between
/// the two that end a line.
fn boundary(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at.min(text.len()));
    if within_line_end(text, at) {
        at - 1
    } else {
        at
    }
}

fn within_line_end(text: &str, at: usize) -> bool {
    text[..at].ends_with('\r') && text[at..].starts_with('\n')
}

/// The change that makes `old` into `new`: what it replaces, and with what.
pub fn difference<'new>(old: &str, new: &'new str) -> (usize, usize, &'new str) {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        let mut length = 0;
        while let (Some(a), Some(b)) = (a.next(), b.next()) {
            if a != b {
                break;
            }
            length += a.len_utf8();
        }
        length
    };
    let head = boundary(old, same(&mut old.chars(), &mut new.chars()));
    let mut tail = same(
        &mut old[head..].chars().rev(),
        &mut new[head..].chars().rev(),
    );
    if within_line_end(old, old.len() - tail) {
        tail -= 1;
    }
    (head, old.len() - tail, &new[head..new.len() - tail])
}

/// What a person types a text with: characters, and line ends whole.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = match rest.starts_with("\r\n") {
            true => 2,
            false => rest.chars().next()?.len_utf8(),
        };
        let (key, after) = rest.split_at(length);
        rest = after;
        Some(key)
    })
}

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'list, T>(&mut self, list: &'list [T]) -> Option<&'list T> {
        let at = self.below(list.len());
        list.get(at)
    }

    fn one_of<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        &list[self.below(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_script() {
        assert_eq!(format!("{:?}", script(7)), format!("{:?}", script(7)));
        assert_ne!(format!("{:?}", script(7)), format!("{:?}", script(8)));
    }

    #[test]
    fn a_line_end_is_one_key() {
        let typed: Vec<&str> = keys("ä\r\nb\r").collect();
        assert_eq!(typed, ["ä", "\r\n", "b", "\r"]);
    }

    #[test]
    fn a_difference_is_small_and_right() {
        for (old, new, expected) in [
            ("abc", "abc", (3, 3, "")),
            ("abc", "aXc", (1, 2, "X")),
            ("aä", "aö", (1, 3, "ö")),
            ("aa", "a", (1, 2, "")),
            ("", "x", (0, 0, "x")),
            ("a\r\nb", "a\r", (1, 4, "\r")),
            ("a\r\n", "a\n", (1, 3, "\n")),
        ] {
            assert_eq!(difference(old, new), expected, "{old} {new}");
        }
    }
}
