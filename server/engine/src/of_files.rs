//! Rules about files: pages whose subject is `file`. They see the file's name and what is declared in it, no values.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr};
use stockade_eval::{EvalBody, Existence, SharedSubject, Step, Subject, Value};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_rules::finding::Finding;
use stockade_text::{TextRange, TextSize};

use crate::around::Around;
use crate::module::Module;
use crate::report::{Report, ReportKind, fingerprint};
use crate::source::SourceFile;

/// What they find in a file.
pub(crate) fn reports(module: &Module, source: &SourceFile) -> Vec<Report> {
    let config = &module.sources.config;
    let mut rules = config.catalog.of_files().filter(|rule| config.runs(*rule));
    let Some(first) = rules.next() else {
        return Vec::new();
    };
    let Some(view) = module.views().next() else {
        return Vec::new();
    };
    let path = config.shown(&source.path);
    let blocks = declared(module, source);
    let subject = subject(&path, &blocks);
    let world = Around::new(view);
    let found = std::iter::once(first).chain(rules).flat_map(|rule| {
        let page = config.catalog.rule(rule);
        // A fault in one rule must cost no more than that rule on this file.
        let run = || stockade_rules::run::run_on_file(page, &path, &subject, &world);
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
            tracing::error!(rule = %page.id, file = %path, "the rule failed; it is left out for this file");
            Vec::new()
        })
    });
    let report = |finding| report(module, source, &path, &blocks, finding);
    found.map(report).collect()
}

/// A top-level block or argument of the file.
struct Declared {
    id: BlockId,
    kind: SmolStr,
    labels: Vec<SmolStr>,
    address: SmolStr,
}

fn declared(module: &Module, source: &SourceFile) -> Vec<Declared> {
    let index = &module.sources.index;
    let one = |id: BlockId| {
        let entry = index.get(id)?;
        Some(Declared {
            id,
            kind: match (entry.block(), entry.attribute()) {
                (Some(block), _) => block.kind.name.clone(),
                (None, attribute) => attribute?.name.name.clone(),
            },
            labels: entry
                .block()
                .map(|block| block.labels.iter().map(|l| l.name.clone()).collect())
                .unwrap_or_default(),
            address: entry
                .address()
                .map(ToSmolStr::to_smolstr)
                .unwrap_or_default(),
        })
    };
    let mut all = index.of_file(source.id);
    all.sort_by_cached_key(|id| module.sources.segment(*id).map(|(_, start, _)| start));
    all.into_iter().filter_map(one).collect()
}

/// `attrs` of a rule about files.
fn subject(path: &str, blocks: &[Declared]) -> SharedSubject {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let text = |text: &str| Value::string(text);
    let block = |block: &Declared| {
        let label = |n: usize| block.labels.get(n).map_or("", SmolStr::as_str);
        // `variable "x"` has a name and no type.
        let (ty, name) = match block.labels.len() {
            0 | 1 => ("", label(0)),
            _ => (label(0), label(1)),
        };
        let entries = [
            ("kind", text(&block.kind)),
            ("type", text(ty)),
            ("name", text(name)),
        ];
        Value::object(entries.map(|(name, value)| (name.into(), value)).into())
    };
    Arc::new(Subject {
        address: Address {
            kind: BlockKind::Terraform,
            ty: SmolStr::default(),
            name: name.into(),
        },
        labels: Vec::new(),
        body: EvalBody {
            attributes: vec![
                (
                    "blocks".into(),
                    Value::tuple(blocks.iter().map(block).collect()),
                ),
                ("folder".into(), text(folder)),
                ("name".into(), text(name)),
                ("path".into(), text(path)),
            ],
            ..EvalBody::default()
        },
        instances: Vec::new(),
        existence: Existence::Certain,
        repeated: None,
    })
}

/// Told at the block that it is about, or at the file's first line.
fn report(
    module: &Module,
    source: &SourceFile,
    path: &str,
    blocks: &[Declared],
    finding: Finding,
) -> Report {
    let element = match finding.element.as_slice() {
        [Step::Attr(name), Step::Index(n), ..] if name == "blocks" => blocks.get(*n as usize),
        _ => None,
    };
    let place = |block: &Declared| {
        let (_, start, _) = module.sources.segment(block.id)?;
        let entry = module.sources.index.get(block.id)?;
        let range = match (entry.block(), entry.attribute()) {
            (Some(block), _) => block.header,
            (None, attribute) => attribute?.range,
        };
        Some(range + start)
    };
    let rope = source.document.rope();
    let first_line = || {
        let line = rope.line(0).to_string();
        let end = u32::try_from(line.trim_end().len()).unwrap_or(u32::MAX);
        TextRange::new(TextSize::new(0), TextSize::new(end))
    };
    let severity = module.sources.config.severity(&finding.page.id);
    let mut report = Report::own(
        ReportKind::Finding,
        severity.unwrap_or(finding.severity),
        &source.path,
        element.and_then(place).unwrap_or_else(first_line),
        finding.message,
    );
    report.address = element.map(|e| e.address.clone()).unwrap_or_default();
    report.rule = finding.page.id.clone();
    report.rows = finding.rows;
    report.fingerprint = fingerprint(&[&report.rule, path, &report.address, ""]);
    report.page = Some(finding.page);
    report
}
