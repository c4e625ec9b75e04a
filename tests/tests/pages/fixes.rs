//! Contract 3: each fix, applied alone, makes the rule pass, brings nothing new, is laid out as
//! `terraform fmt` would, is idempotent, and writes what the schema has.

use std::collections::BTreeSet;

use stockade_engine::examples::{self, Texts};
use stockade_engine::{FixEdits, Report, ReportKind, Safety, Snapshot};
use stockade_rules::page::{Example, Page, Section, Verdict};
use stockade_schema::{Kind, known_anywhere, terraform};
use stockade_syntax::ast::{Block, Body};
use stockade_syntax::format::format;
use stockade_syntax::parse_body;

use crate::{everything, fault, shown, with_verdict};

/// What is wrong with the fixes of a bad example.
pub(crate) fn proof(page: &Page, example: &Example) -> Vec<String> {
    let texts = examples::texts(example);
    let snapshot = examples::look(page, example, &texts);
    let mut faults = Vec::new();
    for report in examples::findings(&snapshot, &page.id, &texts) {
        for (fix, edits) in report.fixes.iter().zip(snapshot.fixes(&report)) {
            let tell = |what: String| {
                fault(
                    page,
                    example,
                    format!("`{}` for {}\n  {what}", fix.title, shown(&report, &texts)),
                )
            };
            match edits {
                Err(error) => faults.push(tell(error.to_string())),
                Ok(edits) => faults.extend(
                    of_fix(page, example, (&texts, &snapshot), &report, &edits)
                        .into_iter()
                        .map(tell),
                ),
            }
        }
    }
    faults.extend(idempotence(page, example, &texts).map(|what| fault(page, example, what)));
    faults
}

fn of_fix(
    page: &Page,
    example: &Example,
    (texts, snapshot): (&Texts, &Snapshot),
    report: &Report,
    edits: &FixEdits,
) -> Vec<String> {
    let mut after = texts.clone();
    if let Err(error) = examples::apply(edits, &mut after) {
        return vec![error];
    }
    let result = examples::look(page, example, &after);
    let told = || {
        after
            .iter()
            .map(|(name, text)| format!("{name}:\n{text}"))
            .collect::<String>()
    };
    let mut faults = Vec::new();
    let before = everything(snapshot, texts);
    let found = everything(&result, &after);
    if found.iter().any(|r| is_same(r, report)) {
        faults.push(format!("the finding is still there:\n{}", told()));
    }
    let is_new = |r: &&Report| count(&found, r) > count(&before, r) && !was_hidden(&before, r);
    faults.extend(
        found
            .iter()
            .filter(is_new)
            .map(|r| format!("brings {}: {}\n{}", r.rule, shown(r, &after), told())),
    );
    let silent = with_verdict(&result, page, &after, Verdict::Silent);
    if silent.iter().any(|a| *a == report.address)
        && !asks_for_what_only_the_user_knows(page, edits)
    {
        faults.push(format!(
            "the rule is silent on {} instead of passing:\n{}",
            report.address,
            told()
        ));
    }
    for ((name, old), (_, new)) in texts.iter().zip(&after) {
        if name == ".gitignore" {
            continue;
        }
        let (old, new) = (unformatted(old), unformatted(new));
        if new > old {
            faults.push(format!(
                "{name}: terraform fmt would change {new} lines, {old} before:\n{}",
                told()
            ));
        }
    }
    let written = arguments(&after);
    let new = written
        .difference(&arguments(texts))
        .cloned()
        .collect::<Vec<_>>();
    faults.extend(
        new.iter()
            .filter(|a| !a.is_known())
            .map(|a| format!("writes what no schema has: {a:?}")),
    );
    faults
}

/// The same finding, wherever it stands now.
fn is_same(a: &Report, b: &Report) -> bool {
    a.rule == b.rule
        && a.address == b.address
        && a.element == b.element
        && a.kind == b.kind
        && a.message == b.message
}

/// Whether it is the finer point of another finding, which hid it, or would have.
pub(crate) fn was_hidden(before: &[Report], report: &Report) -> bool {
    before.iter().any(|b| b.uncovers(report))
}

/// How many findings of a rule there are in a block.
pub(crate) fn count(reports: &[Report], like: &Report) -> usize {
    let is_alike =
        |r: &&Report| r.kind == like.kind && r.rule == like.rule && r.address == like.address;
    match like.kind {
        ReportKind::SyntaxError => reports.iter().filter(|r| r.kind == like.kind).count(),
        _ => reports.iter().filter(is_alike).count(),
    }
}

/// Whether a fix leaves a value to the user, and the page says which.
fn asks_for_what_only_the_user_knows(page: &Page, edits: &FixEdits) -> bool {
    let inserted = edits
        .edits
        .iter()
        .flat_map(|(_, edits)| edits)
        .map(|e| e.insert.as_str());
    let variables: Vec<&str> = inserted
        .flat_map(|text| text.split("variable \"").skip(1))
        .filter_map(|t| t.split('"').next())
        .collect();
    edits.safety == Safety::Review
        && variables
            .iter()
            .any(|name| page.notes.contains(&format!("`{name}`")))
}

/// Applying the safe fixes of a page twice is applying them once.
fn idempotence(page: &Page, example: &Example, texts: &Texts) -> Option<String> {
    let once = safe_fixes(page, example, texts)?;
    let twice = safe_fixes(page, example, &once)?;
    let changed = once.iter().zip(&twice).find(|(a, b)| a != b);
    changed.map(|((name, once), (_, twice))| {
        format!("fixing twice changes {name} again:\n{once}\n{twice}")
    })
}

fn safe_fixes(page: &Page, example: &Example, texts: &Texts) -> Option<Texts> {
    let snapshot = examples::look(page, example, texts);
    let fixed = texts.iter().map(|(name, text)| {
        let edits = snapshot.fix_where(&examples::path_of(name), |r| r.rule == page.id);
        Some((name.clone(), stockade_text::apply(text, &edits).ok()?))
    });
    fixed.collect()
}

/// How many lines `terraform fmt` would change.
fn unformatted(text: &str) -> usize {
    let formatted = format(text);
    let (mut ours, mut theirs) = (text.lines(), formatted.lines());
    let mut count = 0;
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return count,
            (a, b) => count += usize::from(a != b),
        }
    }
}

/// An argument or nested block: the kind, type and name of the top-level block, and the path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    kind: String,
    ty: String,
    name: String,
    path: Vec<String>,
}

fn arguments(texts: &Texts) -> BTreeSet<Written> {
    let mut written = BTreeSet::new();
    for (_, text) in texts {
        let (body, _) = parse_body(text);
        for block in body.blocks() {
            let label = |n: usize| {
                block
                    .labels
                    .get(n)
                    .map(|l| l.name.to_string())
                    .unwrap_or_default()
            };
            let (ty, name) = match block.kind.name.as_str() {
                "variable" | "module" | "output" => (String::new(), label(0)),
                _ => (label(0), label(1)),
            };
            let top = Written {
                kind: block.kind.name.to_string(),
                ty,
                name,
                path: Vec::new(),
            };
            below(&block.body, &top, &mut written);
        }
    }
    written
}

fn below(body: &Body, outer: &Written, written: &mut BTreeSet<Written>) {
    let at = |name: &str| {
        let mut path = outer.path.clone();
        path.push(name.to_owned());
        Written {
            path,
            ..outer.clone()
        }
    };
    written.extend(body.attributes().map(|a| at(&a.name.name)));
    for block in body.blocks() {
        let here = at(block.produces());
        below(&content(block).body, &here, written);
        written.insert(here);
    }
}

fn content(block: &Block) -> &Block {
    let inner = if block.is_dynamic() {
        block.body.blocks().find(|b| b.kind.name == "content")
    } else {
        None
    };
    inner.unwrap_or(block)
}

impl Written {
    fn is_known(&self) -> bool {
        let typed = |kind: Kind| {
            known_anywhere(kind, &self.ty, &self.path)
                || terraform::meta(kind).is_some_and(|meta| meta.allows(&self.path))
        };
        match self.kind.as_str() {
            "resource" => typed(Kind::Resource),
            "data" => typed(Kind::Data),
            "ephemeral" => typed(Kind::Ephemeral),
            "provider" => stockade_schema::Provider::named(&self.ty).is_none_or(|p| {
                p.schemas()
                    .any(|s| s.provider_body().is_some_and(|b| b.allows(&self.path)))
            }),
            // What a module takes is its own; so is what stands in locals.
            "module" | "locals" => true,
            "terraform" if self.path.first().is_some_and(|p| p == "backend") => true,
            kind => terraform::block(kind).is_some_and(|body| body.allows(&self.path)),
        }
    }
}

/// The texts of each bad example and of what its fixes make of it, fix by fix.
pub(crate) fn before_and_after(page: &Page) -> Vec<(String, Texts, Texts)> {
    let mut pairs = Vec::new();
    for example in page.examples_of(Section::Bad) {
        let texts = examples::texts(example);
        let snapshot = examples::look(page, example, &texts);
        for report in examples::findings(&snapshot, &page.id, &texts) {
            for edits in snapshot.fixes(&report).into_iter().flatten() {
                let mut after = texts.clone();
                if examples::apply(&edits, &mut after).is_ok() {
                    pairs.push((
                        format!(
                            "{} ({}:{}): {}",
                            page.id, page.path, example.line, edits.title
                        ),
                        texts.clone(),
                        after,
                    ));
                }
            }
        }
    }
    pairs
}
