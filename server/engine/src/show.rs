//! Makes a file's reports from a module's findings.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr};
use stockade_eval::{Origin, Step, Symbol, locate, locate_expr};
use stockade_model::workspace::local_source;
use stockade_model::{Address, BlockId, BlockKind, FileId, FileKind};
use stockade_rules::finding::{Finding, Place, RelatedPlace, Severity};
use stockade_rules::fix::{Fix, FixEdit};
use stockade_syntax::{Segment, State};
use stockade_text::{TextRange, TextSize};

use crate::index::Mark;
use crate::instance::{CallSite, View};
use crate::memo::Key;
use crate::module::{Module, Modules, Sources};
use crate::of_files;
use crate::origins;
use crate::report::{FixSummary, RelatedReport, Report, ReportKind, fingerprint};
use crate::rotate;
use crate::source::{Notation, SourceFile, Unreadable};
use crate::suppressions::Suppressions;
use crate::told::{Offer, Told};
use crate::workspace::reached;

/// All reports of a file, by position. `today` decides on `until=`; `modules` are those that a call may stand in;
/// `fetched` is what was found in the modules that `terraform init` fetched for this one.
pub(crate) fn reports(
    modules: &Modules,
    module: &Module,
    file: FileId,
    today: jiff::civil::Date,
    fetched: &[Report],
) -> Vec<Report> {
    let Some(source) = module.sources.files.get(&file) else {
        return Vec::new();
    };
    if module.sources.config.excludes(&source.path) {
        return Vec::new();
    }
    let mut reports = findings(modules, module, file);
    reports.extend(at_calls(module, source, fetched));
    reports.extend(of_files::reports(module, source));
    let mut unused = Suppressions::of(module, source, today);
    unused.apply(&mut reports);
    reports.extend(unused.reports(source, today));
    reports.extend(syntax_errors(source));
    reports.extend(rotations(module, source));
    reports.extend(call_faults(modules, module, source));
    // The settings that name a file say that it is missing.
    let unreadable = source
        .unreadable
        .as_ref()
        .filter(|why| source.kind != FileKind::NamedVariables || !matches!(why, Unreadable::Io(_)))
        .filter(|_| source.hidden().is_none());
    reports.extend(unreadable.map(|why| {
        Report::own(
            ReportKind::Limit,
            Severity::Medium,
            &source.path,
            TextRange::empty(TextSize::new(0)),
            why.to_string(),
        )
    }));
    reports.sort_by(in_order);
    reports
}

/// Write-only values that the provider will not read, since their version is the saved one.
fn rotations(module: &Module, source: &SourceFile) -> Vec<Report> {
    let (Some(saved), Notation::Hcl) = (&source.saved, source.notation()) else {
        return Vec::new();
    };
    let found = module.marked(Mark::WriteOnly, source).into_iter();
    let good = found.filter(|(_, segment)| !is_broken(segment));
    let found = good.flat_map(|(start, segment)| {
        let Some(lowered) = &segment.lowered else {
            return Vec::new();
        };
        let text = source.document.text_at(start, segment);
        let found = rotate::forgotten(lowered, &text, saved).into_iter();
        found.map(|(at, version)| (at + start, version)).collect()
    });
    let report = |(range, version): (TextRange, &str)| {
        let message = format!(
            "The value is another one than in the saved file, and {version} is not: it would not be sent.\nRaise {version} in the same change."
        );
        Report::own(
            ReportKind::Rotation,
            Severity::Info,
            &source.path,
            range,
            message,
        )
    };
    found.map(report).collect()
}

/// By position. Several subjects may share a place, such as the statement of a policy document, and in a faulty module
/// an address.
fn in_order(a: &Report, b: &Report) -> Ordering {
    let place = |r: &Report| (r.range.start(), r.range.end());
    fn related(report: &Report) -> Vec<(&Path, TextSize)> {
        let places = report.related.iter();
        places.map(|p| (&*p.path, p.range.start())).collect()
    }
    let names = || (&a.rule, &a.address, &a.element).cmp(&(&b.rule, &b.address, &b.element));
    let order = place(a).cmp(&place(b));
    order
        .then_with(names)
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| related(a).cmp(&related(b)))
}

/// What was found in fetched modules, told at the calls in a file: nobody edits those modules.
fn at_calls<'r>(
    module: &'r Module,
    source: &'r SourceFile,
    fetched: &'r [Report],
) -> impl Iterator<Item = Report> {
    let calls = module.sources.index.of_type(BlockKind::Module, "");
    let calls = calls.filter_map(|id| {
        let (file, start, segment) = module.sources.segment(id)?;
        let address = module.sources.index.get(id)?.address()?;
        (file.id == source.id).then(|| (address, TextRange::at(start, segment.len)))
    });
    calls.flat_map(move |(address, range)| {
        let within = move |place: &&RelatedReport| {
            place.path == source.path && range.contains_range(place.range)
        };
        fetched.iter().filter_map(move |report| {
            let at = report.related.iter().find(within)?;
            Some(report_at_call(module, report, address, at))
        })
    })
}

fn report_at_call(module: &Module, report: &Report, call: &Address, at: &RelatedReport) -> Report {
    let address = format!("{call}.{}", report.address);
    let (fixes, finding) = at_call_only(module, report);
    let inside = RelatedReport {
        message: SmolStr::new_static("found in the module"),
        path: report.path.clone(),
        range: report.range,
    };
    let others = report.related.iter().filter(|place| *place != at);
    let file = module.sources.config.shown(&at.path);
    Report {
        path: at.path.clone(),
        range: at.range,
        message: finding
            .as_ref()
            .map_or_else(|| report.message.clone(), |f| f.told().into()),
        related: std::iter::once(inside).chain(others.cloned()).collect(),
        fixes,
        finding,
        fingerprint: fingerprint(&[&report.rule, &file, &address, &report.element]),
        address: address.into(),
        ..report.clone()
    }
}

/// The fixes that edit nothing in the fetched module.
fn at_call_only(module: &Module, report: &Report) -> (Arc<[FixSummary]>, Option<Arc<Finding>>) {
    let is_here = |edit: &FixEdit| matches!(edit, FixEdit::Replace { at, .. } if module.sources.segment(at.block).is_some());
    let Some(finding) = &report.finding else {
        return (Arc::default(), None);
    };
    let fixes = finding
        .fixes
        .iter()
        .filter(|fix| fix.edits.iter().all(is_here));
    let finding = Finding {
        fixes: fixes.cloned().collect(),
        ..Finding::clone(finding)
    };
    let fixes = finding.fixes.iter().map(FixSummary::of).collect();
    (fixes, Some(Arc::new(finding)))
}

/// The findings of all instances; what several find alike is one report.
fn findings(modules: &Modules, module: &Module, file: FileId) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let has_several = module.instances.len() > 1;
    let in_text: Vec<BlockId> = module
        .written
        .found()
        .filter(|id| {
            module
                .sources
                .index
                .get(*id)
                .is_some_and(|e| e.file == file)
        })
        .collect();
    for (n, view) in module.views().enumerate() {
        let mut subjects = view.instance.runs.subjects_shown_in(file);
        // What stands in the text is told once, however often the module is called.
        if n == 0 {
            subjects.extend(&in_text);
            subjects.sort_unstable();
            subjects.dedup();
        }
        for id in subjects {
            let in_text = module.written.of(id);
            for told in &*view.instance.runs.told(&module.sources, id, in_text) {
                let shown = module.sources.index.get(told.finding.at.block);
                if shown.is_none_or(|e| e.file != file) {
                    continue;
                }
                let Some(new) = report(modules, view, told) else {
                    continue;
                };
                let alike = reports.iter_mut().filter(|_| has_several);
                match alike.into_iter().find(|old| old.is_alike(&new)) {
                    Some(old) => old.take_alike(new),
                    None => reports.push(new),
                }
            }
        }
    }
    reports
}

fn report(modules: &Modules, view: View<'_>, told: &Told) -> Option<Report> {
    let sources = view.sources;
    let at = &told.finding.at;
    let found = sources.segment(at.block)?;
    let (source, range) = place_in(sources, at, found)?;
    let entry = sources.index.get(told.finding.block)?;
    let own = match at.block == told.finding.block {
        true => Some(found),
        false => sources.segment(told.finding.block),
    };
    let is_broken = own.is_some_and(|(_, _, segment)| is_broken(segment));
    let finding = writable(modules, view, at_origins(modules, view, &told.finding));
    let offer = match Arc::ptr_eq(&finding, &told.finding) {
        true => told.offer.clone(),
        false => Offer::of(&finding),
    };
    // In a block that override files change, what is written need not be what counts.
    let overrides = entry.address().map(|a| sources.index.overrides(a));
    let is_fixable = !is_broken && overrides.is_none_or(<[_]>::is_empty);
    Some(Report {
        kind: ReportKind::Finding,
        rule: finding.page.id.clone(),
        severity: told.severity,
        message: offer.message,
        path: source.path.clone(),
        range,
        fingerprint: told.fingerprint.clone(),
        related: related(modules, view, &finding),
        rows: finding.rows.clone(),
        instances: finding.instances.clone(),
        fixes: match is_fixable {
            true => offer.fixes,
            false => Arc::default(),
        },
        suppressed: None,
        address: told.address.clone(),
        element: told.element.clone(),
        hides: told.hides.clone(),
        page: Some(finding.page.clone()),
        finding: Some(finding),
    })
}

/// Where fixes edit what a call passes, they do it at the call, or where that in turn comes from. A fix that can't,
/// since something is computed on the way, is left out.
fn at_origins(modules: &Modules, view: View<'_>, finding: &Arc<Finding>) -> Arc<Finding> {
    let is_passed = |edit: &FixEdit| match edit {
        FixEdit::ReplaceOrigin {
            symbol: Symbol::Variable(name),
            ..
        } => view.instance.given.inputs.argument(name).is_some(),
        _ => false,
    };
    if !finding
        .fixes
        .iter()
        .flat_map(|fix| &fix.edits)
        .any(is_passed)
    {
        return finding.clone();
    }
    let mut finding = Finding::clone(finding);
    let fixes = std::mem::take(&mut finding.fixes).into_iter();
    finding.fixes = fixes
        .filter_map(|fix| origins::moved(modules, view, fix, &is_passed))
        .collect();
    Arc::new(finding)
}

/// A finding with those of its fixes that write plain HCL: in other notations nothing is laid out.
fn writable(modules: &Modules, view: View<'_>, finding: Arc<Finding>) -> Arc<Finding> {
    let is_other = |block: BlockId| {
        let all = std::iter::once(view.sources).chain(modules.values().map(|m| &*m.sources));
        let mut files = all.filter_map(|s| s.files.get(&s.index.get(block)?.file));
        let file = files.next();
        file.is_some_and(|file| file.notation() != Notation::Hcl)
    };
    let block_of = |edit: &FixEdit| match edit {
        FixEdit::ReplaceOrigin { symbol, path, .. } => {
            definition(view, symbol, path).map(|at| at.block)
        }
        _ => edit.block(),
    };
    let is_elsewhere = |edit: &FixEdit| block_of(edit).is_some_and(is_other);
    let has_other = |fix: &Fix| fix.edits.iter().any(is_elsewhere);
    if !finding.fixes.iter().any(has_other) {
        return finding;
    }
    let mut finding = Finding::clone(&finding);
    finding.fixes.retain(|fix| !has_other(fix));
    Arc::new(finding)
}

fn is_broken(segment: &Segment) -> bool {
    !matches!(segment.state, State::Good)
}

/// Where a place stands now, in bytes of its file.
pub(crate) fn place<'m>(
    sources: &'m Sources,
    place: &Place,
) -> Option<(&'m SourceFile, TextRange)> {
    place_in(sources, place, sources.segment(place.block)?)
}

/// The same where its segment has been found.
fn place_in<'m>(
    sources: &'m Sources,
    place: &Place,
    (source, start, segment): (&'m SourceFile, TextSize, &'m Segment),
) -> Option<(&'m SourceFile, TextRange)> {
    let entry = sources.index.get(place.block)?;
    if let [Step::Text(at, length)] = place.path.as_slice() {
        let range = TextRange::at((*at).into(), (*length).into());
        return Some((source, segment.moved(range) + start));
    }
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

/// The places that explain a finding: the chain of origins behind each symbol, and the calls of the module.
fn related(modules: &Modules, view: View<'_>, finding: &Finding) -> Vec<RelatedReport> {
    let mut all: Vec<RelatedReport> = Vec::new();
    let mut add = |sources: &Sources, at: &Place, message: &dyn Fn(bool) -> SmolStr| {
        if let Some((source, range)) = place(sources, at) {
            let related = RelatedReport {
                message: message(all.is_empty()),
                path: source.path.clone(),
                range,
            };
            // Two instances of a caller share their text.
            if !all.contains(&related) {
                all.push(related);
            }
        }
    };
    for related in &finding.related {
        let message = |_: bool| related.message.clone();
        match &related.at {
            RelatedPlace::Block(at) => add(view.sources, at, &message),
            RelatedPlace::Symbol(symbol, path) => {
                for hop in chain(modules, view, symbol, path) {
                    let which = |is_first: bool| match is_first {
                        true => related.message.clone(),
                        false => format!("which is {}", hop.name).into(),
                    };
                    add(hop.view.sources, &hop.at, &which);
                }
            }
        }
    }
    for (caller, site) in callers(modules, view) {
        let at = Place {
            block: site.block,
            path: Vec::new(),
        };
        add(caller.sources, &at, &|_| {
            SmolStr::new_static("the module is called here")
        });
    }
    all
}

/// The calls of a module, and those of the modules that they stand in.
fn callers<'m>(modules: &'m Modules, view: View<'m>) -> Vec<(View<'m>, &'m CallSite)> {
    const MOST: usize = 32;
    let mut all: Vec<(View<'_>, &CallSite)> = Vec::new();
    let mut todo: std::collections::VecDeque<View<'_>> = [view].into();
    while let Some(view) = todo.pop_front() {
        for site in &view.instance.callers {
            if all.len() == MOST || all.iter().any(|(_, known)| *known == site) {
                continue;
            }
            if let Some(caller) = caller(modules, site) {
                all.push((caller, site));
                todo.push_back(caller);
            }
        }
    }
    all
}

/// A definition on the way of a value.
pub(crate) struct Hop<'m> {
    /// What is defined there, as it is written: `var.name`.
    pub(crate) name: String,
    pub(crate) view: View<'m>,
    pub(crate) at: Place,
}

/// The definitions that a symbol's value comes from, the nearest first, through module calls.
pub(crate) fn chain<'m>(
    modules: &'m Modules,
    view: View<'m>,
    symbol: &Symbol,
    path: &[Step],
) -> Vec<Hop<'m>> {
    const LONGEST: usize = 32;
    let mut hops = Vec::new();
    let mut next = Some((view, symbol.clone(), path.to_vec()));
    while let Some((view, symbol, path)) = next.take() {
        let Some((hop, origin)) = hop(modules, view, &symbol, &path) else {
            break;
        };
        next = origin.map(|o| (hop.view, o.symbol.clone(), o.path.clone()));
        hops.push(hop);
        if hops.len() == LONGEST {
            break;
        }
    }
    hops
}

/// Where a symbol is defined, and what its definition in turn was read from.
fn hop<'m>(
    modules: &'m Modules,
    view: View<'m>,
    symbol: &Symbol,
    path: &[Step],
) -> Option<(Hop<'m>, Option<Arc<Origin>>)> {
    if let Symbol::Variable(name) = symbol
        && view.instance.given.inputs.argument(name).is_some()
    {
        let site = view.instance.callers.first()?;
        let view = caller(modules, site)?;
        let subject = view.evaluator().subject(site.block)?;
        let origin = subject.body.get(name)?.at(path).and_then(|v| v.origin);
        let mut steps = vec![Step::Attr(name.clone())];
        steps.extend(path.iter().cloned());
        let at = Place {
            block: site.block,
            path: steps,
        };
        let name = format!("{name} of {}", subject.address);
        return Some((Hop { name, view, at }, origin));
    }
    let hop = Hop {
        name: shown_symbol(symbol),
        view,
        at: definition(view, symbol, path)?,
    };
    Some((hop, origin(view, symbol, path)))
}

/// The instance that a call stands in.
pub(crate) fn caller<'m>(modules: &'m Modules, site: &CallSite) -> Option<View<'m>> {
    modules.get(&*site.folder)?.views().nth(site.instance)
}

/// Where a symbol is defined in its module: the block and the way into it.
pub(crate) fn definition(view: View<'_>, symbol: &Symbol, path: &[Step]) -> Option<Place> {
    let is_root = view.instance.given.inputs.is_root();
    view.sources.definition(symbol, path, is_root)
}

/// What the definition of a symbol in turn was read from.
pub(crate) fn origin(view: View<'_>, symbol: &Symbol, path: &[Step]) -> Option<Arc<Origin>> {
    let evaluator = view.evaluator();
    match symbol {
        Symbol::Local(name) => evaluator.value(&Key::Local(name.clone())).at(path)?.origin,
        Symbol::Block(address) => {
            let subject = evaluator.subject(view.sources.first_named(address)?)?;
            let (first, rest) = path.split_first()?;
            match first {
                Step::Attr(name) | Step::Key(name) => subject.body.get(name)?.at(rest)?.origin,
                _ => None,
            }
        }
        Symbol::Variable(_) => None,
    }
}

/// `var.flags.encrypted`
pub(crate) fn shown_origin(symbol: &Symbol, path: &[Step]) -> String {
    below(&shown_symbol(symbol), path)
}

/// A name and the way to a part of what it means.
pub(crate) fn below(name: &str, path: &[Step]) -> String {
    match shown_path(path) {
        path if path.is_empty() || path.starts_with('[') => format!("{name}{path}"),
        path => format!("{name}.{path}"),
    }
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
            Step::Json | Step::Text(..) => {}
        }
    }
    text
}

fn syntax_errors(source: &SourceFile) -> Vec<Report> {
    let whole = source.document.error().map(|e| (e.range, &e.message));
    let own = |(range, message): (TextRange, &String)| {
        Report::own(
            ReportKind::SyntaxError,
            Severity::High,
            &source.path,
            range,
            message.clone(),
        )
    };
    let mut reports: Vec<Report> = whole.map(own).into_iter().collect();
    for (start, segment) in source.document.broken() {
        let State::Broken(broken) = &segment.state else {
            continue;
        };
        let errors = broken.errors.iter();
        reports.extend(errors.map(|e| own((e.range + start, &e.message))));
    }
    reports
}

/// Calls of local modules that can't be followed.
fn call_faults(modules: &Modules, module: &Module, source: &SourceFile) -> Vec<Report> {
    let calls = module.sources.index.of_type(BlockKind::Module, "");
    let fault = |id| {
        let entry = module
            .sources
            .index
            .get(id)
            .filter(|e| e.file == source.id)?;
        let block = entry.block()?;
        let written = &block.body.attribute("source")?.value;
        let named = written.literal_string()?;
        let callee = local_source(&module.sources.folder, &named)?;
        let message = if !modules.contains_key(&callee) {
            format!(
                "There is no module in {named}: nothing in it is looked at. Mend the path, or create the folder."
            )
        } else if calls_back(modules, &callee, &module.sources.folder) {
            format!(
                "The module in {named} calls this one, directly or not: Terraform refuses modules that contain themselves. What goes in a circle is not followed."
            )
        } else {
            return None;
        };
        let at = Place {
            block: id,
            path: vec![Step::Attr("source".into())],
        };
        let (_, range) = place(&module.sources, &at)?;
        let report = Report::own(
            ReportKind::Limit,
            Severity::Medium,
            &source.path,
            range,
            message,
        );
        let address = entry.address().map(ToSmolStr::to_smolstr);
        Some(Report {
            address: address.unwrap_or_default(),
            ..report
        })
    };
    // A module by itself, such as a copy for a proof, has nobody to call.
    let is_alone = modules.is_empty();
    calls.filter(|_| !is_alone).filter_map(fault).collect()
}

/// Whether a module calls another, directly or not, or is it.
fn calls_back(modules: &Modules, from: &Path, to: &Path) -> bool {
    let callees = |folder: &Path| {
        let module = modules.get(folder).into_iter();
        module.flat_map(|m| m.sources.callees().flatten()).collect()
    };
    reached([from.to_path_buf()].into(), callees).contains(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RelatedReport;

    /// Two trails with one name, each in a file of its own, that write to one bucket.
    #[test]
    fn reports_that_differ_in_a_related_file_alone_have_an_order() {
        let of = |file: &str| {
            let nowhere = TextRange::empty(TextSize::new(0));
            let mut report = Report::own(
                ReportKind::Finding,
                Severity::Low,
                &Path::new("main.tf").into(),
                nowhere,
                "The trail's bucket keeps no access log",
            );
            report.related.push(RelatedReport {
                message: "used by aws_cloudtrail.main".into(),
                path: Path::new(file).into(),
                range: nowhere,
            });
            report
        };
        let (a, b) = (of("a.tf"), of("b.tf"));
        assert_eq!(in_order(&a, &b), Ordering::Less);
        assert_eq!(in_order(&b, &a), Ordering::Greater);
    }
}
