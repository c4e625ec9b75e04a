//! The suppressions of a file: what they cover, what is wrong with them, and what can be done about that.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, ToSmolStr};
use stockade_model::BlockId;
use stockade_rules::finding::Severity;
use stockade_text::{Rope, TextEdit, TextRange, TextSize};

use crate::config::Config;
use crate::foreign;
use crate::index::{Entry, Mark};
use crate::module::{Module, block_id};
use crate::report::{RelatedReport, Report, ReportKind, SUPPRESSION};
use crate::runs::RuleIndex;
use crate::source::SourceFile;
use crate::suppress::{self, Scope, Suppression};

/// The suppressions of a file and which of their names were of use.
pub(crate) struct Suppressions {
    all: Vec<Placed>,
    today: jiff::civil::Date,
    config: Arc<Config>,
    rope: Rope,
}

pub(crate) struct Placed {
    suppression: Suppression,
    /// The block that it stands in or above.
    address: SmolStr,
    /// The rules that look at that block; `None` outside of blocks.
    looked: Option<Vec<SmolStr>>,
    /// Those of which it can't be known whether they find something there.
    silent: Vec<SmolStr>,
    start: TextSize,
    used: FxHashSet<SmolStr>,
}

impl Suppressions {
    pub(crate) fn of(
        module: &Module,
        source: &SourceFile,
        today: jiff::civil::Date,
    ) -> Suppressions {
        let rope = source.document.rope().clone();
        let mut all = Vec::new();
        for (start, segment) in module.marked(Mark::Suppression, source) {
            let Some(lowered) = &segment.lowered else {
                continue;
            };
            let text = source.document.text_at(start, segment);
            let entry = module.sources.index.get(block_id(segment.id));
            let address = entry.and_then(Entry::address);
            let looked: Option<Vec<RuleIndex>> = address.map(|address| {
                let catalog = &module.sources.config.catalog;
                catalog.rules_for(address.kind, &address.ty).collect()
            });
            let silent = looked.iter().flatten().copied();
            let block = block_id(segment.id);
            let silent = silent.filter(|rule| is_silent(module, block, *rule));
            let id_of = |rule: RuleIndex| module.sources.config.catalog.rule(rule).id.clone();
            let silent: Vec<SmolStr> = silent.map(id_of).collect();
            let looked = looked.map(|rules| rules.into_iter().map(id_of).collect::<Vec<_>>());
            let address = address.map(ToSmolStr::to_smolstr).unwrap_or_default();
            let read = suppress::read(lowered, &text).into_iter();
            all.extend(read.map(|suppression| Placed {
                suppression,
                address: address.clone(),
                looked: looked.clone(),
                silent: silent.clone(),
                start,
                used: FxHashSet::default(),
            }));
        }
        Suppressions {
            all,
            today,
            config: module.sources.config.clone(),
            rope,
        }
    }

    /// Marks what is suppressed.
    pub(crate) fn apply(&mut self, reports: &mut [Report]) {
        for report in reports {
            if !self.config.policy.is_empty() {
                let file = self.config.shown(&report.path);
                report.suppressed = self.config.policy.why(report, &file, self.today);
            }
            for placed in &mut self.all {
                let names = placed.names_for(report, &self.rope, self.today);
                if !names.is_empty() {
                    report.suppressed = Some(placed.suppression.reason.clone().unwrap_or_default());
                    placed.used.extend(names);
                }
                let hidden = placed.names_of_hidden(report, &self.rope, &self.config);
                placed.used.extend(hidden);
            }
        }
    }

    /// What is wrong with the suppressions themselves.
    pub(crate) fn reports(&self, source: &SourceFile, today: jiff::civil::Date) -> Vec<Report> {
        let mut reports = Vec::new();
        if !self.config.runs_id(SUPPRESSION) {
            return reports;
        }
        let stated = self.config.severity(SUPPRESSION);
        let severity = stated.unwrap_or(Severity::Low);
        let foreign_ones = self.all.iter().filter(|p| p.suppression.tool.is_some());
        reports.extend(
            foreign_ones.flat_map(|placed| {
                self.of_foreign(placed, source, stated.unwrap_or(Severity::Info))
            }),
        );
        let own_ones = self.all.iter().filter(|p| p.suppression.tool.is_none());
        for placed in own_ones {
            let own = |range: TextRange, message: String| Report {
                address: placed.address.clone(),
                ..Report::own(
                    ReportKind::Suppression,
                    severity,
                    &source.path,
                    range,
                    message,
                )
            };
            let at = placed.suppression.range + placed.start;
            if let Some(fault) = &placed.suppression.fault {
                reports.push(own(
                    at,
                    format!("This suppression covers nothing: it {fault}."),
                ));
                continue;
            }
            if placed.is_expired(today) {
                let until = placed
                    .suppression
                    .until
                    .map(|d| d.to_string())
                    .unwrap_or_default();
                reports.push(own(at, format!("This suppression has expired on {until}: mend what it covers, or set a new date.")));
                continue;
            }
            for named in &placed.suppression.rules {
                let at = named.range + placed.start;
                let id = named.name.split(':').next().unwrap_or_default();
                if self.config.catalog.find(id).is_none() {
                    let hint = crate::config::hint(id, &self.config.catalog.selectable());
                    let end = if hint.is_empty() { "." } else { "" };
                    reports.push(own(at, format!("There is no rule \"{id}\"{hint}{end}")));
                } else if self.config.runs_id(id)
                    && !placed.used.contains(&named.name)
                    && !placed.silent.iter().any(|rule| rule == id)
                {
                    let what = match placed.suppression.rules.len() {
                        1 => "remove the suppression",
                        _ => "take it off the list",
                    };
                    let name = &named.name;
                    reports.push(own(at, format!("\"{name}\" finds nothing here: {what}.")));
                }
            }
        }
        reports
    }
}

impl Suppressions {
    /// What a comment of another scanner no longer covers. An id that no rule of ours stands for is none of our business.
    fn of_foreign(&self, placed: &Placed, source: &SourceFile, severity: Severity) -> Vec<Report> {
        let Some(tool) = placed.suppression.tool else {
            return Vec::new();
        };
        let at = placed.suppression.range + placed.start;
        let own = |message: String| Report {
            address: placed.address.clone(),
            ..Report::own(ReportKind::Suppression, severity, &source.path, at, message)
        };
        if let Some(until) = placed.suppression.until.filter(|until| *until < self.today) {
            return vec![own(format!(
                "This suppression has expired on {until}: mend what it covers, or set a new date."
            ))];
        }
        let comment = self.rope.get_byte_slice(std::ops::Range::<usize>::from(at));
        if comment.is_some_and(|comment| is_commented_out(&comment.to_string())) {
            return Vec::new();
        }
        let names = placed.suppression.rules.iter().map(|named| &named.name);
        // What is told of another block, or in a module that is not here, is none of this one's business.
        let is_known = |name: &str| {
            let pages = || foreign::pages_of(tool, name, &self.config.catalog);
            let looked = placed.looked.as_ref();
            looked.is_none_or(|looked| pages().any(|page| looked.contains(&page.id)))
                && !pages().any(|page| placed.silent.contains(&page.id))
        };
        let idle = names.filter(|name| {
            !placed.used.contains(*name)
                && foreign::is_looked_for(tool, name, &self.config)
                && is_known(name)
        });
        idle.map(|name| own(foreign::idle(tool, name))).collect()
    }

    /// What a policy file accepts at a place and no comment does, with the comment that does so.
    pub(crate) fn accepted(&self, at: TextRange, reports: &[Report]) -> Vec<(Report, String)> {
        let is_commented = |report: &Report| {
            let mut all = self.all.iter();
            all.any(|p| !p.names_for(report, &self.rope, self.today).is_empty())
        };
        let touched = reports
            .iter()
            .filter(|r| r.suppressed.is_some() && r.range.intersect(at).is_some());
        let accepted = touched.filter(|r| r.is_suppressible() && !is_commented(r));
        let written = accepted.filter_map(|report| {
            let file = self.config.shown(&report.path);
            let comment = self.config.policy.comment(report, &file, self.today)?;
            Some((report.clone(), comment))
        });
        written.collect()
    }

    /// What can be done about the comments at a place of a file.
    pub(crate) fn actions(&self, at: TextRange, reports: &[Report]) -> Vec<CommentAction> {
        let mut actions = Vec::new();
        let mut seen: Vec<TextRange> = Vec::new();
        for placed in &self.all {
            let range = placed.suppression.range + placed.start;
            if range.intersect(at).is_none() || seen.contains(&range) {
                continue;
            }
            seen.push(range);
            actions.extend(self.translated(range, reports));
            let is_idle =
                |r: &&Report| r.kind == ReportKind::Suppression && range.contains_range(r.range);
            let idle: Vec<&Report> = reports.iter().filter(is_idle).collect();
            let named: usize = self
                .at(range)
                .map(|p| p.suppression.rules.len().max(1))
                .sum();
            if !idle.is_empty() && idle.len() >= named {
                actions.push(CommentAction {
                    title: "Remove the suppression".to_owned(),
                    edits: vec![self.removal(range)],
                });
            }
        }
        actions
    }

    /// The comments of other scanners, each with what it becomes.
    pub(crate) fn translations(&self, reports: &[Report]) -> Vec<TextEdit> {
        let mut seen: Vec<TextRange> = Vec::new();
        let mut edits = Vec::new();
        for placed in self.all.iter().filter(|p| p.suppression.tool.is_some()) {
            let range = placed.suppression.range + placed.start;
            if !seen.contains(&range) {
                seen.push(range);
                edits.extend(
                    self.translated(range, reports)
                        .into_iter()
                        .flat_map(|a| a.edits),
                );
            }
        }
        edits
    }

    fn at(&self, range: TextRange) -> impl Iterator<Item = &Placed> {
        self.all
            .iter()
            .filter(move |p| p.suppression.range + p.start == range)
    }

    /// A comment of another scanner as ours, if a rule of ours stands for each of its ids.
    fn translated(&self, range: TextRange, reports: &[Report]) -> Option<CommentAction> {
        let mut ids: Vec<SmolStr> = Vec::new();
        for placed in self.at(range) {
            let tool = placed.suppression.tool?;
            for named in &placed.suppression.rules {
                let covered = reports.iter().filter(|r| {
                    r.suppressed.is_some()
                        && foreign::is_meant(tool, &named.name, r)
                        && placed.covers(r, &self.rope)
                });
                let mut own: Vec<SmolStr> = covered.map(|r| r.rule.clone()).collect();
                if own.is_empty() {
                    let pages = foreign::pages_of(tool, &named.name, &self.config.catalog);
                    own.extend(pages.map(|page| page.id.clone()));
                }
                if own.is_empty() {
                    return None;
                }
                ids.extend(own);
            }
        }
        ids.sort();
        ids.dedup();
        let first = self.at(range).next()?;
        let marker = match first.suppression.scope {
            Scope::File => "stockade:ignore-file",
            _ => "stockade:ignore",
        };
        let Suppression { until, reason, .. } = &first.suppression;
        let comment = suppress::comment(marker, &ids.join(", "), *until, reason.as_deref());
        Some(CommentAction {
            title: format!("Write it as {marker}"),
            edits: self.rewritten(range, first, comment),
        })
    }

    /// Ours stands above what it covers, or at the end of the line.
    fn rewritten(&self, range: TextRange, placed: &Placed, comment: String) -> Vec<TextEdit> {
        let in_place = TextEdit {
            range,
            insert: comment.clone(),
        };
        let Scope::Range(covered) = placed.suppression.scope else {
            return vec![in_place];
        };
        let covered = covered + placed.start;
        if range.end() <= covered.start() {
            return vec![in_place];
        }
        let mut edits = crate::fixes::comment_above(&self.rope, covered.start(), &comment);
        edits.push(self.removal(range));
        edits
    }

    /// A comment taken out, with its line if it has one of its own.
    fn removal(&self, range: TextRange) -> TextEdit {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let line = self.rope.byte_to_line(start);
        let from = self.rope.line_to_byte(line);
        let before = self.rope.byte_slice(from..start).to_string();
        let next = self.rope.line_to_byte(line + 1);
        let size = |n: usize| TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
        let range = match before.trim().is_empty() && end <= next {
            true => TextRange::new(size(from), size(next)),
            false => TextRange::new(size(from + before.trim_end().len()), range.end()),
        };
        TextEdit {
            range,
            insert: String::new(),
        }
    }
}

fn is_silent(module: &Module, block: BlockId, rule: RuleIndex) -> bool {
    let mut views = module.views();
    views.any(|view| view.instance.runs.is_silent(block, rule))
}

/// `# #checkov:skip=…`: what it is about is commented out as well.
fn is_commented_out(comment: &str) -> bool {
    let inner = comment
        .strip_prefix('#')
        .or_else(|| comment.strip_prefix("//"));
    let inner = inner.filter(|inner| inner.starts_with([' ', '\t']));
    inner.is_some_and(|inner| inner.trim_start().starts_with(['#', '/']))
}

/// Something to do about a suppression comment.
#[derive(Clone, Debug, PartialEq)]
pub struct CommentAction {
    /// What it does.
    pub title: String,
    /// In bytes of the file's text.
    pub edits: Vec<TextEdit>,
}

/// Whether a suppression's word means a report: its rule, or the only row that was hit.
fn is_named(name: &str, report: &Report) -> bool {
    match name.split_once(':') {
        None => name == report.rule,
        Some((rule, row)) => {
            rule == report.rule && report.rows.iter().all(|r| r == row) && !report.rows.is_empty()
        }
    }
}

/// Whether the header of a policy document stands there.
fn is_document(rope: &Rope, at: TextRange) -> bool {
    let header = rope.get_byte_slice(std::ops::Range::<usize>::from(at));
    let header = header.map(|header| header.to_string()).unwrap_or_default();
    ["aws_iam_policy_document", "google_iam_policy"]
        .iter()
        .any(|ty| header.starts_with(&format!("data \"{ty}\"")))
}

impl Placed {
    fn is_expired(&self, today: jiff::civil::Date) -> bool {
        self.suppression.until.is_some_and(|until| until < today)
            || self.suppression.fault.is_some()
    }

    /// The names by which it suppresses a report.
    fn names_for(&self, report: &Report, rope: &Rope, today: jiff::civil::Date) -> Vec<SmolStr> {
        if self.is_expired(today) || !self.covers(report, rope) {
            return Vec::new();
        }
        let is_meant = |name: &str| match self.suppression.tool {
            None => is_named(name, report),
            Some(tool) => foreign::is_meant(tool, name, report),
        };
        let names = self.suppression.rules.iter().map(|n| &n.name);
        names.filter(|name| is_meant(name)).cloned().collect()
    }

    /// The names of rules that would find something if a finer one had not found it.
    fn names_of_hidden(&self, report: &Report, rope: &Rope, config: &Config) -> Vec<SmolStr> {
        if report.hides.is_empty() || !self.covers(report, rope) {
            return Vec::new();
        }
        let is_hidden = |name: &SmolStr| match self.suppression.tool {
            None => report.hides.contains(name),
            Some(tool) => {
                let mut pages = foreign::pages_of(tool, name, &config.catalog);
                pages.any(|page| report.hides.contains(&page.id))
            }
        };
        let names = self.suppression.rules.iter().map(|n| &n.name);
        names.filter(|name| is_hidden(name)).cloned().collect()
    }

    fn covers(&self, report: &Report, rope: &Rope) -> bool {
        match self.suppression.scope {
            Scope::File => true,
            Scope::Nothing => false,
            Scope::Range(range) => {
                let range = range + self.start;
                let is_within = |at: TextRange| range.contains_range(TextRange::empty(at.start()));
                // What a policy allows is told where the policy is used, and other scanners tell it at the document.
                let is_document = |related: &RelatedReport| {
                    related.path == report.path
                        && is_within(related.range)
                        && is_document(rope, related.range)
                };
                is_within(report.range) || report.related.iter().any(is_document)
            }
            Scope::Line => {
                let comment = self.suppression.range.start() + self.start;
                let line = |at: TextSize| rope.byte_to_line(usize::from(at).min(rope.len_bytes()));
                let comment = line(comment);
                line(report.range.start()) <= comment && comment <= line(report.range.end())
            }
        }
    }
}
