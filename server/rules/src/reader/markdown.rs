//! The Markdown of a page: title, description, sections and their fences.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::source::{Source, suggestion};
use crate::page::{Example, ExampleFile, Mark, Section};

/// What a page says, apart from the meaning of its rule.
#[derive(Default)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) notes: String,
    pub(super) examples: Vec<Example>,
    /// The `hcl rule` fences: bytes of the page.
    pub(super) fences: Vec<Range<usize>>,
}

const SECTIONS: [&str; 5] = ["Bad", "Fixed", "Good", "Unknown", "Notes"];

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    BeforeTitle,
    Description,
    Examples(Section),
    Notes,
    Unknown,
}

struct Reader<'s, 'a> {
    source: &'s Source<'a>,
    start: usize,
    document: Document,
    part: Part,
    part_start: usize,
    summary_end: Option<usize>,
    /// The next fence begins a new example even if it names a file.
    fresh: bool,
    seen: Vec<&'static str>,
}

/// Reads the page from `start` on.
pub(super) fn read(source: &Source<'_>, start: usize) -> Document {
    let mut reader = Reader {
        source,
        start,
        document: Document::default(),
        part: Part::BeforeTitle,
        part_start: start,
        summary_end: None,
        fresh: true,
        seen: Vec::new(),
    };
    let events: Vec<(Event<'_>, Range<usize>)> =
        Parser::new_ext(&source.text[start..], Options::ENABLE_TABLES)
            .into_offset_iter()
            .collect();
    let mut i = 0;
    while let Some((event, range)) = events.get(i) {
        let at = range.start + start;
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let text = text_until(&events[i..], TagEnd::Heading(*level));
                reader.heading(*level, text, at, range.end + start);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let code =
                    code_range(&events[i + 1..]).map_or(at..at, |r| r.start + start..r.end + start);
                reader.fence(info, at, code);
            }
            _ => {}
        }
        i += 1;
    }
    reader.end()
}

fn text_until(events: &[(Event<'_>, Range<usize>)], end: TagEnd) -> String {
    let inside = events.iter().take_while(|(e, _)| *e != Event::End(end));
    inside
        .filter_map(|(e, _)| {
            if let Event::Text(t) | Event::Code(t) = e {
                Some(t.as_ref())
            } else {
                None
            }
        })
        .collect()
}

/// The range of the texts of a code block.
fn code_range(events: &[(Event<'_>, Range<usize>)]) -> Option<Range<usize>> {
    let texts = events
        .iter()
        .take_while(|(e, _)| matches!(e, Event::Text(_)));
    texts.map(|(_, r)| r.clone()).reduce(|a, b| a.start..b.end)
}

impl Reader<'_, '_> {
    fn heading(&mut self, level: HeadingLevel, text: String, at: usize, end: usize) {
        match level {
            HeadingLevel::H1 if self.part == Part::BeforeTitle => {
                self.document.title = text;
                self.part = Part::Description;
                self.part_start = end;
            }
            HeadingLevel::H1 => self
                .source
                .error(at, "a page has one title; sections begin with `##`"),
            HeadingLevel::H2 => self.section(&text, at, end),
            _ => self.fresh = true,
        }
    }

    fn section(&mut self, name: &str, at: usize, end: usize) {
        self.close(at);
        self.fresh = true;
        self.part_start = end;
        self.part = match name {
            "Bad" => Part::Examples(Section::Bad),
            "Fixed" => Part::Examples(Section::Fixed),
            "Good" => Part::Examples(Section::Good),
            "Unknown" => Part::Examples(Section::Unknown),
            "Notes" => Part::Notes,
            _ => {
                let hint = suggestion(name, SECTIONS);
                self.source.error(
                    at,
                    format!(
                        "unknown section `{name}`{hint} The sections are `{}`.",
                        SECTIONS.join("`, `")
                    ),
                );
                Part::Unknown
            }
        };
        let Some(known) = SECTIONS.iter().find(|s| **s == name) else {
            return;
        };
        if self.seen.contains(known) {
            self.source.error(at, format!("the section `{known}` is there twice; further examples of it go under a `###` heading"));
        }
        self.seen.push(known);
    }

    /// Ends the part that is being read.
    fn close(&mut self, at: usize) {
        let text = self
            .source
            .text
            .get(self.part_start..at)
            .unwrap_or_default()
            .trim();
        match self.part {
            Part::Notes => self.document.notes = text.to_owned(),
            Part::Description => {
                let end = self.summary_end.unwrap_or(at);
                self.document.summary = self
                    .source
                    .text
                    .get(self.part_start..end)
                    .unwrap_or_default()
                    .trim()
                    .to_owned();
            }
            _ => {}
        }
    }

    fn fence(&mut self, info: &str, at: usize, code: Range<usize>) {
        let (language, rest) = info.split_once([' ', ',']).unwrap_or((info, ""));
        if language == "hcl" && rest.trim() == "rule" {
            if self.part != Part::Description {
                self.source.error(
                    at,
                    "the rule stands below the description, before the sections",
                );
            }
            self.summary_end.get_or_insert(at);
            self.document.fences.push(code);
            return;
        }
        let Part::Examples(section) = self.part else {
            return;
        };
        let Some(words) = self.words(rest, at) else {
            return;
        };
        let word = |name: &str| {
            words
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone())
        };
        let name = word("file");
        let continues = name.is_some()
            && !self.fresh
            && self
                .document
                .examples
                .last()
                .is_some_and(|e| e.section == section);
        if !continues {
            self.document.examples.push(Example {
                section,
                files: Vec::new(),
                provider: None,
                terraform: None,
                line: self.source.position(at).0,
            });
        }
        self.fresh = name.is_none();
        let text = self.source.text.get(code).unwrap_or_default();
        let (text, marks) = strip_markers(text);
        if section != Section::Bad && !marks.is_empty() {
            self.source.error(
                at,
                "findings are expected in `Bad` only; take the markers out",
            );
        }
        if let Some(example) = self.document.examples.last_mut() {
            example.provider = word("provider").map(Into::into).or(example.provider.take());
            example.terraform = word("terraform")
                .map(Into::into)
                .or(example.terraform.take());
            example.files.push(ExampleFile {
                name: name.unwrap_or_else(|| "main.tf".to_owned()),
                text,
                marks,
            });
        }
    }

    /// `file="x.tf" provider="< 4"`
    fn words(&self, mut info: &str, at: usize) -> Option<Vec<(String, String)>> {
        let mut words = Vec::new();
        loop {
            info = info.trim_start();
            if info.is_empty() {
                return Some(words);
            }
            let parsed = info
                .split_once("=\"")
                .and_then(|(name, rest)| Some((name, rest.split_once('"')?)));
            let Some((name, (value, rest))) = parsed else {
                self.source.error(
                    at,
                    format!(
                        "expected `name=\"value\"` after the language of the fence, found `{info}`"
                    ),
                );
                return None;
            };
            let known = ["file", "provider", "terraform"];
            if !known.contains(&name) {
                let hint = suggestion(name, known);
                self.source.error(
                    at,
                    format!(
                        "unknown word `{name}` of a fence{hint} The words are `{}`.",
                        known.join("`, `")
                    ),
                );
            }
            words.push((name.to_owned(), value.to_owned()));
            info = rest;
        }
    }

    fn end(mut self) -> Document {
        let end = self.source.text.len();
        self.close(end);
        if self.document.title.is_empty() {
            self.source
                .error(self.start, "the page lacks a title: `# What is wrong`");
        }
        if self.document.fences.is_empty() {
            self.source.error(
                self.start,
                "the page lacks a rule: a fence ```hcl rule below the description",
            );
        }
        if !self
            .document
            .examples
            .iter()
            .any(|e| e.section == Section::Bad)
        {
            self.source.error(
                self.start,
                "the page lacks an example in a section `## Bad`",
            );
        }
        self.document
    }
}

const MARKER: &str = "# finding";

/// A text without its markers, and where they stood.
fn strip_markers(text: &str) -> (String, Vec<Mark>) {
    let mut out = String::with_capacity(text.len());
    let mut marks = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let line_number = u32::try_from(number).unwrap_or(u32::MAX);
        let (content, ending) = match line.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (line, ""),
        };
        let (kept, found) = markers(content);
        marks.extend(found.into_iter().map(|message| Mark {
            line: line_number,
            message,
        }));
        out.push_str(kept);
        out.push_str(ending);
    }
    (out, marks)
}

/// The line before its markers, and what each says of its finding's message.
fn markers(line: &str) -> (&str, Vec<Option<String>>) {
    let is_marker = |at: usize| {
        let after = &line[at + MARKER.len()..];
        after.is_empty() || after.starts_with(':') || after.starts_with(' ')
    };
    let Some(first) = line
        .match_indices(MARKER)
        .map(|(at, _)| at)
        .find(|at| is_marker(*at))
    else {
        return (line, Vec::new());
    };
    let texts = line[first..].split(MARKER).skip(1);
    let messages = texts
        .map(|t| t.strip_prefix(':').map(|m| m.trim().to_owned()))
        .collect();
    (line[..first].trim_end(), messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_stripped_and_kept() {
        let cases: [(&str, &str, &[Option<&str>]); 6] = [
            ("a = 1 # finding", "a = 1", &[None]),
            ("a = 1 # finding: not set", "a = 1", &[Some("not set")]),
            ("x { # finding # finding: b", "x {", &[None, Some("b")]),
            (
                "a = 1 # findings are many",
                "a = 1 # findings are many",
                &[],
            ),
            ("a = 1", "a = 1", &[]),
            ("# finding", "", &[None]),
        ];
        for (line, kept, messages) in cases {
            let expected: Vec<Option<String>> =
                messages.iter().map(|m| m.map(str::to_owned)).collect();
            assert_eq!(markers(line), (kept, expected), "{line}");
        }
    }
}
