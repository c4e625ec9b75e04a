//! Secrets that are written in a configuration: tokens by their form, other values by what they are called.
//!
//! A segment is looked at by itself, whatever it evaluates to: what is in the text is in the repository. The text
//! of a secret never leaves this module: findings name the place and the kind.

mod checksum;
mod expression;
mod fix;
mod name;
mod plain;
mod script;
mod token;
mod walk;

use std::ops::Range;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::Step;
use stockade_model::BlockId;
use stockade_syntax::Lowered;

use crate::finding::{Finding, Place, Severity};
use crate::page::Page;

pub use expression::{COMMAND, UNMASKED};
use name::Promise;
pub(crate) use plain::is_placeholder;
use token::{Hit, Tokens};
use walk::{FileRead, Written};

/// Whether what goes by a name is a secret, by its name.
pub fn is_called_secret(name: &str) -> bool {
    name::promise(name).is_some()
}

/// The code of a page whose rows are forms of tokens.
pub const TOKEN: &str = "secret-token";
/// The code of the page about values that are called secrets.
pub const VALUE: &str = "secret-value";

/// What looks for secrets in text, made of the pages of a catalog.
#[derive(Debug, Default)]
pub struct Scanner {
    tokens: Tokens,
    value: Option<Arc<Page>>,
    /// The pages about expressions.
    expressions: Vec<Arc<Page>>,
}

/// What is asked about the surroundings of a segment.
pub trait Files {
    /// The text of a file, by its path from the module's folder.
    fn text(&self, path: &str) -> Option<Arc<str>>;
}

/// What is found in a segment, before it is told.
struct Secret {
    kind: Found,
    /// In the segment's text.
    place: Vec<Step>,
    /// It is all of an argument, element or entry.
    is_whole: bool,
    path: Vec<Step>,
    /// What it is called.
    name: SmolStr,
    /// The file that it stands in, and the line, if not this one.
    file: Option<(String, usize)>,
}

/// A secret within a text.
struct Part {
    range: Range<usize>,
    kind: Found,
    name: SmolStr,
}

enum Found {
    Token(Hit),
    /// The row of the page about values.
    Value(&'static str),
}

impl Scanner {
    /// Of the pages of a catalog.
    ///
    /// # Errors
    /// A row that can't be used, and why.
    pub fn of<'p>(pages: impl Iterator<Item = &'p Arc<Page>> + Clone) -> Result<Scanner, String> {
        let with = |code: &'static str| {
            let pages = pages.clone();
            pages.filter(move |page| page.code.as_deref() == Some(code))
        };
        Ok(Scanner {
            tokens: Tokens::of(with(TOKEN))?,
            value: with(VALUE).next().cloned(),
            expressions: with(UNMASKED).chain(with(COMMAND)).cloned().collect(),
        })
    }

    /// Whether all forms are regular expressions.
    ///
    /// # Errors
    /// The first one that isn't.
    pub fn check(&self) -> Result<(), String> {
        self.tokens.check()
    }

    /// Whether a text has a token or a password in it.
    pub fn is_in(&self, text: &str) -> bool {
        let mut hits = Vec::new();
        self.tokens.find(text, &mut hits);
        let mut assigned = script::find(text).into_iter();
        !hits.is_empty() || assigned.any(|a| script::is_secret(&text[a.value], a.name))
    }

    /// A text without the tokens in it, if it has any.
    pub fn masked(&self, text: &str) -> Option<String> {
        let mut hits = Vec::new();
        self.tokens.find(text, &mut hits);
        let mut masked = text.to_owned();
        for hit in hits.iter().rev() {
            masked.replace_range(hit.range.clone(), "********");
        }
        (!hits.is_empty()).then_some(masked)
    }

    /// The secrets in a segment, and in the files that it has functions read.
    pub fn find(&self, block: BlockId, lowered: &Lowered, files: &dyn Files) -> Vec<Finding> {
        let mut secrets = Vec::new();
        let found = walk::walk(lowered);
        for written in &found.strings {
            self.in_string(lowered, written, &mut secrets);
        }
        self.in_comments(lowered, &mut secrets);
        for read in &found.files {
            self.in_file(lowered, read, files, &mut secrets);
        }
        secrets.truncate(MOST);
        let mut seen: Vec<(&[Step], usize)> = Vec::new();
        let mut findings = Vec::new();
        for secret in &secrets {
            let nth = match seen.iter_mut().find(|(path, _)| *path == secret.path) {
                Some((_, n)) => {
                    *n += 1;
                    *n
                }
                None => {
                    seen.push((&secret.path, 0));
                    0
                }
            };
            findings.extend(self.told(block, lowered, secret, nth));
        }
        findings.extend(expression::find(&self.expressions, block, lowered));
        findings
    }

    fn in_string(&self, lowered: &Lowered, written: &Written, secrets: &mut Vec<Secret>) {
        let name = self.name_of(written);
        let mut hits = Vec::new();
        self.tokens.find(&written.text.text, &mut hits);
        if let Some(kind) = self.whole(written, &hits) {
            let place = match written.is_whole {
                true => written.path.clone(),
                false => written.place_of(lowered, written.range),
            };
            return secrets.push(Secret {
                kind,
                place,
                is_whole: written.is_whole,
                path: written.path.clone(),
                name,
                file: None,
            });
        }
        let is_prose = name::is_prose(&written.argument);
        for part in self.parts(&written.text.text, hits, &name, !is_prose) {
            let Some(source) = written.text.source(part.range) else {
                continue;
            };
            secrets.push(Secret {
                kind: part.kind,
                place: written.place_of(lowered, source),
                is_whole: false,
                path: written.path.clone(),
                name: part.name,
                file: None,
            });
        }
    }

    /// What a string is called. A key may be a token itself, which nothing may be called by.
    fn name_of(&self, written: &Written) -> SmolStr {
        let sayable = |name: &&SmolStr| name.len() < SHORTEST_TOKEN || self.masked(name).is_none();
        let mut telling = written.names.iter().filter(|name| !walk::is_value(name));
        let name = telling.find(sayable);
        let name = name.or_else(|| written.names.iter().find(sayable));
        name.cloned().unwrap_or_default()
    }

    /// What a string is as a whole, with these tokens in it.
    fn whole(&self, written: &Written, hits: &[Hit]) -> Option<Found> {
        let text = &written.text.text;
        match hits {
            [hit] if hit.range == (0..text.len()) => Some(Found::Token(hit.clone())),
            [] => {
                let names = written.names.iter().filter(|_| !written.text.has_holes);
                let mut called = names.filter_map(|name| self.tokens.find_named(text, name));
                match called.next() {
                    Some(hit) => Some(Found::Token(hit)),
                    None => value_row(written).map(Found::Value),
                }
            }
            _ => None,
        }
    }

    /// The secrets that are parts of a text: these tokens, and what a script assigns.
    fn parts(&self, text: &str, hits: Vec<Hit>, name: &str, is_script: bool) -> Vec<Part> {
        // They are in order, and none overlaps with another.
        let is_token = |value: &Range<usize>| {
            let before = hits.partition_point(|hit| hit.range.start < value.end);
            before
                .checked_sub(1)
                .is_some_and(|at| value.start < hits[at].range.end)
        };
        let mut assigned = match is_script {
            true => script::find(text),
            false => Vec::new(),
        };
        assigned.retain(|a| !is_token(&a.value));
        let of_script = assigned.into_iter().filter_map(|assigned| {
            let value = &text[assigned.value.clone()];
            let kind = match self.tokens.find_named(value, assigned.name) {
                Some(hit) => Found::Token(hit),
                None if script::is_secret(value, assigned.name) => Found::Value(SCRIPT),
                None => return None,
            };
            Some(Part {
                range: assigned.value,
                kind,
                name: assigned.name.into(),
            })
        });
        let of_form = hits.iter().map(|hit| Part {
            range: hit.range.clone(),
            kind: Found::Token(hit.clone()),
            name: self.tokens.form(hit).name_in(name),
        });
        let mut parts: Vec<Part> = of_script.chain(of_form).collect();
        parts.sort_by_key(|part| part.range.start);
        parts.truncate(MOST);
        parts
    }

    /// Only what has a form: comments are full of examples.
    fn in_comments(&self, lowered: &Lowered, secrets: &mut Vec<Secret>) {
        for comment in &lowered.comments {
            let mut hits = Vec::new();
            self.tokens.find(&comment.text, &mut hits);
            let place = || {
                let range = comment.range;
                vec![Step::Text(range.start().into(), range.len().into())]
            };
            secrets.extend(hits.into_iter().map(|hit| Secret {
                kind: Found::Token(hit),
                place: place(),
                is_whole: false,
                path: Vec::new(),
                name: SmolStr::new_static(COMMENT),
                file: None,
            }));
        }
    }

    fn in_file(
        &self,
        lowered: &Lowered,
        read: &FileRead,
        files: &dyn Files,
        secrets: &mut Vec<Secret>,
    ) {
        let Some(text) = files.text(&read.file) else {
            return;
        };
        let mut hits = Vec::new();
        self.tokens.find(&text, &mut hits);
        for Part { range, kind, .. } in self.parts(&text, hits, "", true) {
            let line = text[..range.start].matches('\n').count() + 1;
            secrets.push(Secret {
                kind,
                place: walk::place_of(lowered, &read.path, read.range),
                is_whole: false,
                path: read.path.clone(),
                name: SmolStr::default(),
                file: Some((read.file.clone(), line)),
            });
        }
    }

    fn told(
        &self,
        block: BlockId,
        lowered: &Lowered,
        secret: &Secret,
        nth: usize,
    ) -> Option<Finding> {
        let (page, row, severity, what) = match &secret.kind {
            Found::Token(hit) => {
                let form = self.tokens.form(hit);
                let row = form.row();
                let severity = row.severity.unwrap_or(form.page.severity);
                let what = article(&form.title);
                match hit.is_doubtful {
                    false => (&form.page, &row.name, severity, format!("{what} is")),
                    true => {
                        let what = format!(
                            "What has the form of {} (but not its checksum) is",
                            uncapitalized(&what)
                        );
                        (&form.page, &row.name, severity.min(Severity::Medium), what)
                    }
                }
            }
            Found::Value(row) => {
                let page = self.value.as_ref()?;
                let row = page.row(row)?;
                let severity = row.severity.unwrap_or(page.severity);
                let what = match secret.file {
                    Some(_) => "A password or key is".to_owned(),
                    None => format!("The value of `{}` is", secret.name),
                };
                (page, &row.name, severity, what)
            }
        };
        let place = match &secret.file {
            Some((file, line)) => format!("in `{file}`, line {line}"),
            None if secret.name == COMMENT => "in a comment".to_owned(),
            None => "in the configuration".to_owned(),
        };
        let mut element = secret.path.clone();
        if nth > 0 {
            element.push(Step::Index(u32::try_from(nth).unwrap_or(u32::MAX)));
        }
        let fixes = fix::of(block, lowered, secret);
        Some(Finding {
            page: page.clone(),
            rows: vec![row.clone()],
            block,
            element,
            severity,
            message: format!(
                "{what} written {place}: whoever can read the code, its history or a clone has it.\nReplace it where it comes from, since it counts as published."
            ),
            advises: !fixes.is_empty(),
            at: Place {
                block,
                path: secret.place.clone(),
            },
            related: Vec::new(),
            fixes,
            instances: Vec::new(),
        })
    }
}

/// No form of a token is shorter.
const SHORTEST_TOKEN: usize = 16;

/// More of them in a block are told when these are mended.
const MOST: usize = 200;

const COMMENT: &str = "a comment";
const SENSITIVE: &str = "sensitive-argument";
const NAMED: &str = "name";
const SCRIPT: &str = "script";

/// Why the whole of a string is a secret: by its argument, or by its name.
fn value_row(written: &Written) -> Option<&'static str> {
    let text = written.text.text.trim();
    if written.text.has_holes || name::is_prose(&written.argument) {
        return None;
    }
    let by_name = || {
        let mut names = written.names.iter();
        names.any(|name| name::promise(name).is_some_and(|p| plain::keeps(p, text, name)))
    };
    if written.is_sensitive && !name::is_more(&written.argument) && is_by_argument(written) {
        let name = written.names.first().map_or("", SmolStr::as_str);
        return plain::keeps(Promise::Password, text, name).then_some(SENSITIVE);
    }
    by_name().then_some(NAMED)
}

/// Whether the schema's word is enough: some arguments are sensitive because they may hold anything.
fn is_by_argument(written: &Written) -> bool {
    let is_map = written.path.iter().any(|s| matches!(s, Step::Key(_)));
    let is_any = is_map || matches!(written.argument.as_str(), "value" | "data");
    let key = written.names.first();
    !is_any || key.is_some_and(|key| name::promise(key).is_some())
}

fn article(title: &str) -> String {
    let is_vowel = title.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    let is_bare = title.starts_with("User and");
    match (is_bare, is_vowel) {
        (true, _) => title.to_owned(),
        (_, true) => format!("An {title}"),
        (_, false) => format!("A {}", uncapitalized_word(title)),
    }
}

/// `Private key` within a sentence; names of products stay.
fn uncapitalized_word(title: &str) -> String {
    const COMMON: [&str; 5] = ["Private", "Signed", "Bearer", "Password", "User"];
    match COMMON.iter().any(|word| title.starts_with(word)) {
        true => uncapitalized(title),
        false => title.to_owned(),
    }
}

fn uncapitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
