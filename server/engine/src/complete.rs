//! What could be typed next: rules in suppression comments and `stockade.toml`, values that rules accept, secure resources
//! to begin with. Works on text that does not parse yet.

use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_catalog::snippets;
use stockade_model::{Address, FileKind};
use stockade_rules::accepted::Accepted;
use stockade_rules::page::{Category, Page};
use stockade_syntax::cursor::{Cursor, Typed, cursor};
use stockade_text::{TextRange, TextSize};

use crate::catalog::Catalog;
use crate::config::{SECTIONS, Section};
use crate::report::{Report, ReportKind};
use crate::snapshot::Snapshot;
use crate::source::Notation;
use crate::{Severity, suppress};

/// What could be typed in a place.
#[derive(Clone, Debug, Default)]
pub struct Completions {
    /// What is typed already, bytes of the file's text.
    pub replaces: TextRange,
    /// The likeliest first.
    pub items: Vec<Completion>,
}

/// Something that could be typed.
#[derive(Clone, Debug)]
pub struct Completion {
    /// As it is listed.
    pub label: String,
    /// What takes the place of what is typed.
    pub insert: Insert,
    /// What it is.
    pub kind: CompletionKind,
    /// What it is, in a few words.
    pub detail: String,
    /// The rule that it is about.
    pub page: Option<Arc<Page>>,
}

/// The text of a [`Completion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Insert {
    /// As it is.
    Text(String),
    /// HCL with labels `main` and names beginning with `example`, which the user chooses.
    Template(String),
}

/// What a [`Completion`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// The id of a rule.
    Rule,
    /// Of rules.
    Category,
    /// A table or key of `stockade.toml`.
    Setting,
    /// Of an argument or setting.
    Value,
    /// With what it needs beside it.
    Resource,
}

impl Completions {
    fn of(typed: &str, at: TextSize, items: Vec<Completion>) -> Completions {
        let length = TextSize::of(typed);
        let start = at.checked_sub(length).unwrap_or_default();
        Completions {
            replaces: TextRange::new(start, at),
            items,
        }
    }
}

impl Snapshot {
    /// What could be typed at a place of a file that is looked at.
    pub fn completions(&self, path: &Path, at: TextSize) -> Completions {
        let (Some(kind), Some(text)) = (FileKind::of(path), self.text(path)) else {
            return Completions::default();
        };
        let Some(before) = text.get_byte_slice(..usize::from(at)) else {
            return Completions::default();
        };
        if kind == FileKind::Settings {
            return in_settings(&before.to_string(), at, &self.catalog_of(path));
        }
        if Notation::of(path) != Notation::Hcl {
            return Completions::default();
        }
        let Some(file) = self.file(path) else {
            return Completions::default();
        };
        let start = file
            .document
            .segment_at(at)
            .map_or(TextSize::new(0), |s| s.0);
        let typed = before.byte_slice(usize::from(start.min(at))..).to_string();
        let catalog = self.catalog_of(path);
        let around = cursor(&typed);
        // An editor closes what it sees opened.
        let is_closed =
            !typed.ends_with(char::is_whitespace) && text.get_byte(usize::from(at)) == Some(b'"');
        let mut completions = match &around.typed {
            Typed::Comment(comment) => in_comment(comment, at, &self.reports(path), &catalog),
            Typed::Value(argument, typed) => {
                value(&around, argument, typed, at, catalog.accepted())
            }
            Typed::Words(words) if around.blocks.is_empty() => resources(words, &typed, at),
            _ => Completions::default(),
        };
        let is_quoted = matches!(&around.typed, Typed::Value(_, typed) if typed.starts_with('"'))
            || matches!(&around.typed, Typed::Words(words) if words.len() > 1);
        if is_closed && is_quoted {
            let end = completions.replaces.end() + TextSize::of('"');
            completions.replaces = TextRange::new(completions.replaces.start(), end);
        }
        completions
    }
}

fn rule(page: &Arc<Page>) -> Completion {
    Completion {
        label: page.id.to_string(),
        insert: Insert::Text(page.id.to_string()),
        kind: CompletionKind::Rule,
        detail: page.title.clone(),
        page: Some(page.clone()),
    }
}

fn word(label: &str, detail: &str, kind: CompletionKind) -> Completion {
    Completion {
        label: label.to_owned(),
        insert: Insert::Text(label.to_owned()),
        kind,
        detail: detail.to_owned(),
        page: None,
    }
}

/// The end of a text that may be part of a rule's id.
fn id_at_end(text: &str) -> &str {
    let is_id = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '*');
    let start = text.trim_end_matches(is_id).len();
    &text[start..]
}

/// Rules after `stockade:ignore`, those that find something in the file first.
fn in_comment(comment: &str, at: TextSize, reports: &[Report], catalog: &Catalog) -> Completions {
    let Some(named) = suppress::named_in(comment).filter(|named| !named.contains("--")) else {
        return Completions::default();
    };
    let found = |page: &Page| {
        let mut own = reports.iter().filter(|r| r.kind == ReportKind::Finding);
        own.any(|r| r.rule == page.id && r.suppressed.is_none())
    };
    let (first, rest): (Vec<_>, Vec<_>) = catalog.all().partition(|page| found(page));
    let items = first.into_iter().chain(rest).map(rule);
    Completions::of(id_at_end(named), at, items.collect())
}

/// The values that rules accept for an argument.
fn value(
    around: &Cursor,
    argument: &str,
    typed: &str,
    at: TextSize,
    accepted: &Accepted,
) -> Completions {
    let Some((header, nested)) = around.blocks.split_first() else {
        return Completions::default();
    };
    // Of an expression no part is replaced.
    if typed.contains(char::is_whitespace) {
        return Completions::default();
    }
    let kind = header.first().and_then(|k| Address::kind_of_keyword(k));
    let (Some(kind), Some(ty)) = (kind, header.get(1)) else {
        return Completions::default();
    };
    let name = |header: &Vec<String>| match (header.first()?.as_str(), header.get(1)) {
        ("content", _) => None,
        ("dynamic", Some(block)) => Some(SmolStr::new(block)),
        (block, _) => Some(SmolStr::new(block)),
    };
    let path: Vec<SmolStr> = nested
        .iter()
        .filter_map(name)
        .chain([SmolStr::new(argument)])
        .collect();
    let choices = accepted.choices(kind, ty, &path).iter();
    let items = choices.map(|choice| Completion {
        label: choice.value.to_string(),
        insert: Insert::Text(choice.value.to_string()),
        kind: CompletionKind::Value,
        detail: format!("accepted by {}", choice.page.id),
        page: Some(choice.page.clone()),
    });
    Completions::of(typed, at, items.collect())
}

/// Secure resources, where a block could begin.
fn resources(words: &[String], text: &str, at: TextSize) -> Completions {
    let typed = match words {
        [] => "",
        [word] => word,
        [keyword, ty] if keyword == "resource" => ty,
        _ => return Completions::default(),
    };
    let line = text.rsplit('\n').next().unwrap_or_default().trim_start();
    let begun = snippets()
        .iter()
        .filter(|s| s.ty.starts_with(typed) || "resource".starts_with(typed));
    let items = begun.map(|snippet| Completion {
        label: snippet.ty.to_owned(),
        insert: Insert::Template(snippet.text.clone()),
        kind: CompletionKind::Resource,
        detail: snippet.title.to_owned(),
        page: None,
    });
    Completions::of(line, at, items.collect())
}

/// Sections, keys, rules and severities of `stockade.toml`.
fn in_settings(before: &str, at: TextSize, catalog: &Catalog) -> Completions {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let word_typed = id_at_end(line);
    if line.contains('#') {
        return Completions::default();
    }
    if let Some(header) = line.trim_start().strip_prefix('[') {
        let items = match header.strip_prefix("rules.") {
            Some(_) => catalog.all().map(rule).collect(),
            None => SECTIONS
                .iter()
                .map(|s| word(s.name, s.says, CompletionKind::Setting))
                .collect(),
        };
        return Completions::of(word_typed, at, items);
    }
    let headers = before.lines().rev().skip(usize::from(!line.is_empty()));
    let header = headers
        .map(str::trim)
        .find_map(|l| l.strip_prefix('[')?.strip_suffix(']'));
    let (section, is_of_rule) = match header {
        Some(header) if header.starts_with("rules.") => ("rules", true),
        Some(header) => (header, false),
        None => return Completions::default(),
    };
    let Some(section) = SECTIONS.iter().find(|s| s.name == section) else {
        return Completions::default();
    };
    let items = match value_of(before, line) {
        None if is_of_rule => vec![word(
            "severity",
            "how bad it is here",
            CompletionKind::Setting,
        )],
        None => keys(section),
        Some("select" | "ignore") => names(catalog),
        Some("severity" | "fail-on") => severities(),
        Some(_) => Vec::new(),
    };
    let is_in_string = line.matches('"').count() % 2 == 1;
    let items = items
        .into_iter()
        .map(|item| match (is_in_string, item.kind) {
            (false, CompletionKind::Rule | CompletionKind::Category | CompletionKind::Value) => {
                Completion {
                    insert: Insert::Text(format!("\"{}\"", item.label)),
                    ..item
                }
            }
            _ => item,
        });
    Completions::of(word_typed, at, items.collect())
}

/// The key whose value, perhaps a list over several lines, is being typed.
fn value_of<'t>(before: &'t str, line: &'t str) -> Option<&'t str> {
    if let Some((key, _)) = line.split_once('=') {
        return Some(key.trim());
    }
    let open = before
        .rfind('[')
        .filter(|open| before[*open..].find(']').is_none())?;
    let opener = before[..open].rsplit('\n').next()?;
    Some(opener.split_once('=')?.0.trim())
}

fn keys(section: &Section) -> Vec<Completion> {
    let keys = section.keys.iter();
    keys.map(|(key, says)| word(key, says, CompletionKind::Setting))
        .collect()
}

fn names(catalog: &Catalog) -> Vec<Completion> {
    let categories = Category::NAMES.iter();
    let categories = categories
        .map(|(name, _)| word(name, "every rule of the category", CompletionKind::Category));
    let pages = catalog.all().map(rule);
    categories.chain(pages).collect()
}

fn severities() -> Vec<Completion> {
    let all = Severity::ALL.iter().rev();
    all.map(|severity| word(severity.name(), "", CompletionKind::Value))
        .collect()
}
