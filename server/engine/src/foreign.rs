//! The suppression comments of other scanners, so that a team can move without touching its code.
//!
//! Each has the scope that its own tool gives it. Its ids are matched through `same-as`; one that no
//! rule of ours stands for is another tool's business and left alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use stockade_rules::page::{Page, plain_id};
use stockade_syntax::ast::{Block, Item};
use stockade_syntax::{Comment, Lowered};
use stockade_text::TextRange;

use crate::catalog::Catalog;
use crate::config::Config;
use crate::report::Report;
use crate::runs::RuleIndex;
use crate::suppress::{Named, Scope, Suppression, first_below, size};

/// A scanner whose comments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Checkov,
    /// tfsec as well: Trivy has taken it over, ids included.
    Trivy,
    Kics,
    Terrascan,
    Tflint,
    /// It has no comments, but a file: [`crate::snyk`].
    Snyk,
}

/// What begins a comment of a tool, and what it covers.
const MARKERS: [(&str, Tool, Reach); 12] = [
    ("checkov:skip=", Tool::Checkov, Reach::Block),
    ("bridgecrew:skip=", Tool::Checkov, Reach::Block),
    ("cortex:skip=", Tool::Checkov, Reach::Block),
    ("trivy:ignore:", Tool::Trivy, Reach::Below),
    ("tfsec:ignore:", Tool::Trivy, Reach::Below),
    ("ts:skip=", Tool::Terrascan, Reach::Block),
    ("tflint-ignore-file:", Tool::Tflint, Reach::File),
    ("tflint-ignore:", Tool::Tflint, Reach::Lines),
    ("kics-scan ignore-line", Tool::Kics, Reach::Lines),
    ("kics-scan ignore-block", Tool::Kics, Reach::Below),
    ("kics-scan disable=", Tool::Kics, Reach::File),
    ("kics-scan ignore", Tool::Kics, Reach::File),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The block that the comment stands in.
    Block,
    /// What begins on its line or on the one below, with all that is in it.
    Below,
    /// Its line, or the one below.
    Lines,
    File,
}

/// What stands for the reason of a comment that gives none.
pub(crate) const NO_REASON: &str = "ignored for another scanner";

/// Any rule.
const ALL: &str = "*";

/// Whether a comment may be one of another tool's.
pub(crate) fn is_any(text: &str) -> bool {
    MARKERS.iter().any(|(marker, ..)| text.contains(marker))
}

/// The suppressions in a comment.
pub(crate) fn read(comment: &Comment, lowered: &Lowered, text: &str) -> Vec<Suppression> {
    let range = usize::from(comment.range.start())..usize::from(comment.range.end());
    let Some(raw) = text.get(range) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut from = 0;
    while let Some((at, (marker, tool, reach))) = next_marker(&raw[from..]) {
        let start = from + at + marker.len();
        let rest = &raw[start..];
        let end = next_marker(rest).map_or(rest.len(), |(at, _)| at);
        all.extend(suppression(
            comment,
            lowered,
            text,
            (*tool, *reach),
            &rest[..end],
            start,
        ));
        from = start + end;
    }
    all
}

fn next_marker(text: &str) -> Option<(usize, &'static (&'static str, Tool, Reach))> {
    let found = MARKERS.iter().filter_map(|m| Some((text.find(m.0)?, m)));
    // `ignore` is the start of `ignore-line`: of those that begin together the longest is meant.
    found.min_by_key(|(at, m)| (*at, std::cmp::Reverse(m.0.len())))
}

fn suppression(
    comment: &Comment,
    lowered: &Lowered,
    text: &str,
    (tool, reach): (Tool, Reach),
    rest: &str,
    start: usize,
) -> Option<Suppression> {
    let rest = rest.trim_end_matches("*/");
    let (ids, more) = match tool {
        Tool::Kics if reach != Reach::File || rest.trim().is_empty() => (ALL, rest),
        Tool::Tflint => rest.split_once('#').unwrap_or((rest, "")),
        Tool::Checkov => rest.split_once(':').unwrap_or((rest, "")),
        _ => rest
            .trim_start()
            .split_once(char::is_whitespace)
            .unwrap_or((rest, "")),
    };
    let mut until = None;
    let mut rules = Vec::new();
    for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let id = match tool {
            Tool::Trivy => {
                let mut parts = id.split(':');
                let name = parts.next()?;
                if let Some(date) = parts.skip_while(|p| *p != "exp").nth(1) {
                    // A date that can't be read makes it void.
                    until = Some(date.parse().ok()?);
                }
                name.split('[').next()?
            }
            _ => id.split_whitespace().next()?,
        };
        rules.push(Named {
            name: id.into(),
            range: TextRange::at(comment.range.start() + size(start), size(0)),
        });
    }
    let reason = more.trim();
    Some(Suppression {
        rules,
        until,
        reason: Some(if reason.is_empty() { NO_REASON } else { reason }.into()),
        scope: scope(comment, lowered, text, reach),
        range: comment.range,
        fault: None,
        tool: Some(tool),
    })
}

fn scope(comment: &Comment, lowered: &Lowered, text: &str, reach: Reach) -> Scope {
    let whole = lowered.item.as_ref().map(item_range);
    match reach {
        Reach::File => Scope::File,
        Reach::Block => match whole.filter(|range| range.contains_range(comment.range)) {
            Some(range) => Scope::Range(range),
            None => Scope::Nothing,
        },
        Reach::Below | Reach::Lines if comment.own_line => {
            first_below(comment, lowered, text).map_or(Scope::Nothing, Scope::Range)
        }
        Reach::Below => {
            let line = line_start(text, comment.range);
            let item = lowered.item.as_ref();
            item.and_then(|item| block_on_line(item, line, comment.range))
                .map_or(Scope::Line, Scope::Range)
        }
        Reach::Lines => Scope::Line,
    }
}

fn item_range(item: &Item) -> TextRange {
    match item {
        Item::Block(block) => block.range,
        Item::Attribute(attribute) => attribute.range,
    }
}

fn line_start(text: &str, range: TextRange) -> usize {
    let before = text.get(..usize::from(range.start())).unwrap_or_default();
    before.rfind('\n').map_or(0, |at| at + 1)
}

/// The block whose header ends in the comment.
fn block_on_line(item: &Item, line: usize, comment: TextRange) -> Option<TextRange> {
    let Item::Block(block) = item else {
        return None;
    };
    let begins_here =
        |b: &Block| (line..usize::from(comment.start())).contains(&usize::from(b.range.start()));
    if begins_here(block) && block.range.contains_range(comment) {
        return Some(block.range);
    }
    block
        .body
        .items
        .iter()
        .find_map(|item| block_on_line(item, line, comment))
}

/// Whether an id of a tool means a report: its rule's, or that of each row that was hit.
pub(crate) fn is_meant(tool: Tool, id: &str, report: &Report) -> bool {
    if id == ALL {
        return report.page.as_ref().is_some();
    }
    let spellings = spellings(tool, id);
    let is_one = |same_as: &str| spellings.iter().any(|s| s.eq_ignore_ascii_case(same_as));
    let of_rows = |page: &Page| {
        let hit = page
            .rows
            .iter()
            .filter(|row| report.rows.contains(&row.name));
        let mut hit = hit.peekable();
        hit.peek().is_some() && hit.all(|row| row.same_as.iter().any(|id| is_one(id)))
    };
    let of_page = |page: &Page| page.same_as.iter().any(|id| is_one(id)) || of_rows(page);
    report.page.as_ref().is_some_and(|page| of_page(page))
}

/// The rules that an id of a tool stands for, or rows of which do.
pub(crate) fn pages_of<'c>(
    tool: Tool,
    id: &str,
    catalog: &'c Catalog,
) -> impl Iterator<Item = &'c Arc<Page>> {
    let spellings = spellings(tool, id).into_iter();
    let found: BTreeSet<RuleIndex> = spellings.flat_map(|s| catalog.same_as(&s)).collect();
    found.into_iter().map(|rule| catalog.rule(rule))
}

/// What finds more than ours on purpose: these want a commit of modules from a registry too, which can't be named there.
const BROADER: [&str; 2] = ["CKV_TF_1", "CKV_TF_2"];

/// Whether rules of ours stand for an id of a tool, all of which run: that it finds nothing can be told.
pub(crate) fn is_looked_for(tool: Tool, id: &str, config: &Config) -> bool {
    if BROADER.contains(&id) {
        return false;
    }
    let mut pages = pages_of(tool, id, &config.catalog).peekable();
    pages.peek().is_some() && pages.all(|page| config.runs_id(&page.id))
}

/// What is said of an id that covers nothing.
pub(crate) fn idle(tool: Tool, id: &str) -> String {
    let name = tool.name();
    format!("\"{id}\" finds nothing here: remove it, if {name} finds nothing either.")
}

impl Tool {
    /// As its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Checkov => "Checkov",
            Tool::Trivy => "Trivy",
            Tool::Kics => "KICS",
            Tool::Terrascan => "Terrascan",
            Tool::Tflint => "tflint",
            Tool::Snyk => "Snyk",
        }
    }
}

/// How `same-as` may spell the id of a tool.
fn spellings(tool: Tool, id: &str) -> Vec<String> {
    match tool {
        Tool::Checkov => vec![id.to_owned()],
        Tool::Trivy => {
            vec![plain_id(id).to_owned(), format!("tfsec:{id}")]
        }
        Tool::Kics => vec![format!("kics:{id}")],
        Tool::Terrascan => vec![format!("terrascan:{id}")],
        Tool::Tflint => vec![format!("tflint:{id}")],
        Tool::Snyk => vec![format!("snyk:{id}")],
    }
}
