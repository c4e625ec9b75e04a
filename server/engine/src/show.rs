//! Makes a file's reports from a module's findings.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use stockade_eval::{Origin, Step, Symbol, Value, locate, locate_expr};
use stockade_model::{Address, BlockKind, FileId};
use stockade_rules::finding::{Finding, Place, RelatedPlace, Severity};
use stockade_syntax::{Segment, State};
use stockade_text::{Rope, TextRange, TextSize};

use crate::catalog;
use crate::index::Entry;
use crate::memo::Key;
use crate::module::{Module, block_id};
use crate::report::{FixSummary, RelatedReport, Report, ReportKind, fingerprint};
use crate::scope::Evaluator;
use crate::source::SourceFile;
use crate::suppress::{self, Scope, Suppression};

/// All reports of a file, by position. `today` decides on `until=`.
pub(crate) fn reports(module: &Module, file: FileId, today: jiff::civil::Date) -> Vec<Report> {
    let Some(source) = module.sources.files.get(&file) else {
        return Vec::new();
    };
    if module.sources.config.excludes(&source.path) {
        return Vec::new();
    }
    let mut reports = findings(module, file);
    let mut unused = Suppressions::of(module, source, today);
    unused.apply(&mut reports);
    reports.extend(unused.reports(source, today));
    reports.extend(syntax_errors(source));
    reports.extend(source.unreadable.as_ref().map(|why| {
        Report::own(
            ReportKind::Limit,
            Severity::Medium,
            &source.path,
            TextRange::empty(TextSize::new(0)),
            why.to_string(),
        )
    }));
    reports.sort_by(|a, b| {
        (a.range.start(), a.range.end(), &a.rule, &a.element).cmp(&(
            b.range.start(),
            b.range.end(),
            &b.rule,
            &b.element,
        ))
    });
    reports
}

fn findings(module: &Module, file: FileId) -> Vec<Report> {
    let mut reports = Vec::new();
    for id in module.runs.subjects_shown_in(file) {
        let all = module.runs.of_block(id);
        for finding in stockade_rules::supersede(&all) {
            let shown = module.sources.index.get(finding.at.block);
            if shown.is_some_and(|e| e.file == file) {
                reports.extend(report(module, finding));
            }
        }
    }
    reports
}

fn report(module: &Module, finding: &Arc<Finding>) -> Option<Report> {
    let (source, range) = place(module, &finding.at)?;
    let entry = module.sources.index.get(finding.block)?;
    let address = entry.address().map(ToString::to_string).unwrap_or_default();
    let element = shown_path(&finding.element);
    let severity = module
        .sources
        .config
        .severity(&finding.page.id)
        .unwrap_or(finding.severity);
    let is_broken = module
        .sources
        .segment(finding.block)
        .is_some_and(|(_, _, s)| is_broken(s));
    let fixes = if is_broken {
        Vec::new()
    } else {
        finding
            .fixes
            .iter()
            .map(|f| FixSummary {
                title: f.title.clone(),
                safety: f.safety,
            })
            .collect()
    };
    Some(Report {
        kind: ReportKind::Finding,
        rule: finding.page.id.clone(),
        severity,
        message: finding.message.clone(),
        path: source.path.clone(),
        range,
        fingerprint: fingerprint(&[&finding.page.id, &source.name, &address, &element]),
        related: related(module, finding),
        rows: finding.rows.clone(),
        instances: finding.instances.clone(),
        fixes,
        suppressed: None,
        address,
        element,
        finding: Some(finding.clone()),
    })
}

fn is_broken(segment: &Segment) -> bool {
    !matches!(segment.state, State::Good)
}

/// Where a place stands now, in bytes of its file.
pub(crate) fn place<'m>(module: &'m Module, place: &Place) -> Option<(&'m SourceFile, TextRange)> {
    let (source, start, segment) = module.sources.segment(place.block)?;
    let entry = module.sources.index.get(place.block)?;
    let relative = match (entry.block(), entry.attribute()) {
        (Some(block), _) => locate(block, &place.path),
        (None, Some(attribute)) => match place.path.split_first() {
            Some((Step::Attr(name), rest)) if *name == attribute.name.name => {
                locate_expr(&attribute.value, rest).0
            }
            _ => locate_expr(&attribute.value, &place.path).0,
        },
        (None, None) => return None,
    };
    Some((source, segment.moved(relative) + start))
}

/// The places that explain a finding, the chain of origins behind each symbol included.
fn related(module: &Module, finding: &Finding) -> Vec<RelatedReport> {
    let mut all = Vec::new();
    for related in &finding.related {
        match &related.at {
            RelatedPlace::Block(at) => {
                if let Some((source, range)) = place(module, at) {
                    all.push(RelatedReport {
                        message: related.message.clone(),
                        path: source.path.clone(),
                        range,
                    });
                }
            }
            RelatedPlace::Symbol(symbol, path) => {
                for (hop, at) in chain(module, symbol, path) {
                    let Some((source, range)) = place(module, &at) else {
                        continue;
                    };
                    let message = if all.is_empty() {
                        related.message.clone()
                    } else {
                        format!("which is {hop}")
                    };
                    all.push(RelatedReport {
                        message,
                        path: source.path.clone(),
                        range,
                    });
                }
            }
        }
    }
    all
}

/// The definitions that a symbol's value comes from, the nearest first.
pub(crate) fn chain(module: &Module, symbol: &Symbol, path: &[Step]) -> Vec<(String, Place)> {
    let mut hops = Vec::new();
    let mut seen = FxHashSet::default();
    let mut next = Some((symbol.clone(), path.to_vec()));
    while let Some((symbol, path)) = next.take() {
        if !seen.insert((symbol.clone(), path.clone())) {
            break;
        }
        let Some(at) = definition(module, &symbol, &path) else {
            break;
        };
        hops.push((shown_symbol(&symbol), at));
        next = origin(module, &symbol, &path).map(|o| (o.symbol.clone(), o.path.clone()));
    }
    hops
}

/// Where a symbol is defined: the block and the way into it.
pub(crate) fn definition(module: &Module, symbol: &Symbol, path: &[Step]) -> Option<Place> {
    let sources = &module.sources;
    let (block, mut steps) = match symbol {
        Symbol::Variable(name) => match sources.assignment(name).filter(|_| !sources.has_inputs) {
            Some((id, _)) => (id, Vec::new()),
            None => {
                let address = Address {
                    kind: BlockKind::Variable,
                    ty: SmolStr::default(),
                    name: name.clone(),
                };
                let id = sources.first_named(&address)?;
                let default = sources
                    .index
                    .get(id)
                    .and_then(Entry::block)?
                    .body
                    .attribute("default");
                (
                    id,
                    default
                        .map(|_| Step::Attr("default".into()))
                        .into_iter()
                        .collect(),
                )
            }
        },
        Symbol::Local(name) => (sources.local(name)?.0, vec![Step::Attr(name.clone())]),
        Symbol::Block(address) => {
            let attribute = path.first().map(|step| match step {
                Step::Key(name) => Step::Attr(name.clone()),
                other => other.clone(),
            });
            return Some(Place {
                block: sources.first_named(address)?,
                path: attribute
                    .into_iter()
                    .chain(path.iter().skip(1).cloned())
                    .collect(),
            });
        }
    };
    steps.extend(path.iter().cloned());
    Some(Place { block, path: steps })
}

/// What the definition of a symbol in turn was read from.
fn origin(module: &Module, symbol: &Symbol, path: &[Step]) -> Option<Arc<Origin>> {
    let evaluator = Evaluator {
        sources: &module.sources,
        memo: &module.memo,
    };
    match symbol {
        Symbol::Local(name) => descend(&evaluator.value(&Key::Local(name.clone())), path)?
            .origin
            .clone(),
        Symbol::Block(address) => {
            let subject = evaluator.subject(module.sources.first_named(address)?)?;
            let (first, rest) = path.split_first()?;
            match first {
                Step::Attr(name) | Step::Key(name) => {
                    descend(subject.body.get(name)?, rest)?.origin.clone()
                }
                _ => None,
            }
        }
        Symbol::Variable(_) => None,
    }
}

fn descend<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| value.child(step))
}

fn shown_symbol(symbol: &Symbol) -> String {
    match symbol {
        Symbol::Variable(name) => format!("var.{name}"),
        Symbol::Local(name) => format!("local.{name}"),
        Symbol::Block(address) => address.to_string(),
    }
}

/// `ingress[0].cidr_blocks[1]`.
pub(crate) fn shown_path(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Attr(name) | Step::Key(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Block(name, n) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&format!("{name}[{n}]"));
            }
            Step::Index(n) => text.push_str(&format!("[{n}]")),
            Step::Json => {}
        }
    }
    text
}

fn syntax_errors(source: &SourceFile) -> Vec<Report> {
    let mut reports = Vec::new();
    for (start, segment) in source.document.segments() {
        let State::Broken(broken) = &segment.state else {
            continue;
        };
        for error in &broken.errors {
            let range = error.range + start;
            reports.push(Report::own(
                ReportKind::SyntaxError,
                Severity::High,
                &source.path,
                range,
                error.message.clone(),
            ));
        }
    }
    reports
}

/// The suppressions of a file and which of their names were of use.
struct Suppressions {
    all: Vec<Placed>,
    today: jiff::civil::Date,
    selected: FxHashSet<SmolStr>,
    rope: Rope,
}

struct Placed {
    suppression: Suppression,
    start: TextSize,
    used: FxHashSet<SmolStr>,
}

impl Suppressions {
    fn of(module: &Module, source: &SourceFile, today: jiff::civil::Date) -> Suppressions {
        let rope = source.document.rope().clone();
        let mut all = Vec::new();
        for (start, segment) in source.document.segments() {
            let Some(lowered) = segment.lowered.as_ref().filter(|l| suppress::has_any(l)) else {
                continue;
            };
            if !matches!(segment.state, State::Good)
                && module.sources.index.get(block_id(segment.id)).is_none()
            {
                continue;
            }
            let end = start + segment.len;
            let text = rope
                .byte_slice(usize::from(start)..usize::from(end))
                .to_string();
            let read = suppress::read(lowered, &text).into_iter();
            all.extend(read.map(|suppression| Placed {
                suppression,
                start,
                used: FxHashSet::default(),
            }));
        }
        let selected = catalog::all()
            .filter(|p| module.sources.config.selects(catalog::selectable_of(p)))
            .map(|p| p.id.clone())
            .collect();
        Suppressions {
            all,
            today,
            selected,
            rope,
        }
    }

    /// Marks what is suppressed.
    fn apply(&mut self, reports: &mut [Report]) {
        for report in reports {
            for placed in &mut self.all {
                if placed.is_expired(self.today) || !placed.covers(report, &self.rope) {
                    continue;
                }
                let names = placed
                    .suppression
                    .rules
                    .iter()
                    .filter(|n| is_named(&n.name, report));
                let names: Vec<SmolStr> = names.map(|n| n.name.clone()).collect();
                if !names.is_empty() {
                    report.suppressed = Some(placed.suppression.reason.clone().unwrap_or_default());
                    placed.used.extend(names);
                }
            }
        }
    }

    /// What is wrong with the suppressions themselves.
    fn reports(&self, source: &SourceFile, today: jiff::civil::Date) -> Vec<Report> {
        let own = |range: TextRange, message: String| {
            Report::own(
                ReportKind::Suppression,
                Severity::Low,
                &source.path,
                range,
                message,
            )
        };
        let mut reports = Vec::new();
        for placed in &self.all {
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
                if catalog::find(id).is_none() {
                    let hint = crate::config::suggestion(id, catalog::all().map(|p| p.id.as_str()));
                    reports.push(own(at, format!("There is no rule \"{id}\"{hint}.")));
                } else if self.selected.contains(id) && !placed.used.contains(&named.name) {
                    reports.push(own(
                        at,
                        format!(
                            "\"{}\" finds nothing here: remove the suppression.",
                            named.name
                        ),
                    ));
                }
            }
        }
        reports
    }
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

impl Placed {
    fn is_expired(&self, today: jiff::civil::Date) -> bool {
        self.suppression.until.is_some_and(|until| until < today)
            || self.suppression.fault.is_some()
    }

    fn covers(&self, report: &Report, rope: &Rope) -> bool {
        match self.suppression.scope {
            Scope::File => true,
            Scope::Nothing => false,
            Scope::Range(range) => {
                (range + self.start).contains_range(TextRange::empty(report.range.start()))
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
