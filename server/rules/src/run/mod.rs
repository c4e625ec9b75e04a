//! What the words of a page do: a check block is run on a block of the module, word by word.
//!
//! A word's answer is pass, silence or hits ([`hit::Judged`]); those of all rows and words are put
//! together into findings here. A file a word; `secure` and `insecure` share [`pattern`].

mod companion;
mod draft;
mod fixes;
mod frame;
mod hit;
mod instance;
mod matching;
mod new_block;
mod origin;
mod pattern;
mod policy;
mod render;
mod safety;
mod scope;
mod value;
mod view;
mod words;

use std::sync::Arc;

use stockade_eval::SharedSubject;
use stockade_model::{BlockId, BlockKind};

use crate::check::{Check, CheckBlock, Row, SubjectKind};
use crate::finding::Finding;
use crate::page::{Outcome, Page, Verdict};
use crate::world::World;

pub(crate) use frame::{Frame, Run};
pub(crate) use policy::Policy;
pub use render::is_literal;
pub use safety::fix_safety;
pub(crate) use scope::placed;
pub use value::literal;
pub(crate) use value::{entry, is_empty, parts};

use hit::{Hit, Judged};
use instance::OfInstance;
use view::View;

/// Runs all checks of a page on a block.
pub fn run(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    if !requirements_hold(page, world) {
        return Outcome::default();
    }
    let mut outcome = Outcome::default();
    for check in page.checks.iter().filter(|c| looks_at(c, subject)) {
        let (hits, silent) = of_all_instances(page, check, block, subject, world);
        let verdict = match (hits.is_empty(), silent) {
            (false, _) => Verdict::Fail,
            (true, true) => Verdict::Silent,
            (true, false) => Verdict::Pass,
        };
        outcome.verdict = outcome.verdict.max(verdict);
        outcome.findings.extend(
            hits.into_iter()
                .map(|(hit, rows)| finding(page, block, hit, &rows)),
        );
    }
    outcome
}

fn requirements_hold(page: &Page, world: &dyn World) -> bool {
    page.requires.iter().all(|(of, required)| {
        let allowed = if of == "terraform" {
            world.terraform_versions()
        } else {
            world.provider_versions(of)
        };
        required.holds_on_whole(&allowed)
    })
}

fn looks_at(check: &Check, subject: &SharedSubject) -> bool {
    let selector = &check.selector;
    if selector.kind.block_kind() != Some(subject.address.kind) {
        return false;
    }
    match subject.address.kind {
        BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral | BlockKind::Provider => {
            selector.types.contains(&subject.address.ty)
        }
        BlockKind::Module if !selector.types.is_empty() => {
            let source = subject.body.get("source").and_then(|v| v.as_str());
            source.is_some_and(|s| selector.types.iter().any(|t| t == s))
        }
        _ => true,
    }
}

type RowHits<'p> = Vec<(Hit, Vec<&'p Row>)>;

/// Runs a check on each instance of a block. A mistake in several is one.
fn of_all_instances<'p>(
    page: &'p Arc<Page>,
    check: &'p Check,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> (RowHits<'p>, bool) {
    if subject.instances.is_empty() {
        return of_all_rows(page, check, block, subject, world);
    }
    let mut merged: RowHits<'p> = Vec::new();
    let mut silent = false;
    for instance in &subject.instances {
        let subject = Arc::new(subject.of_instance(instance));
        let world = OfInstance {
            world,
            block,
            subject: &subject,
        };
        let (hits, is_silent) = of_all_rows(page, check, block, &subject, &world);
        silent |= is_silent;
        for (mut hit, rows) in hits {
            hit.is_in(&instance.key);
            match merged.iter_mut().find(|(h, _)| h.is_same_as(&hit)) {
                Some((first, all)) => {
                    first.merge_instance(hit);
                    let new: Vec<&Row> = rows.into_iter().filter(|r| !all.contains(r)).collect();
                    all.extend(new);
                }
                None => merged.push((hit, rows)),
            }
        }
    }
    (merged, silent)
}

/// Runs a check once for each row. A mistake that several rows hit is one.
fn of_all_rows<'p>(
    page: &'p Arc<Page>,
    check: &'p Check,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> (RowHits<'p>, bool) {
    let rows: Vec<Option<&Row>> = if page.rows.is_empty() {
        vec![None]
    } else {
        page.rows.iter().map(Some).collect()
    };
    let mut merged: RowHits<'p> = Vec::new();
    let mut silent = false;
    for row in rows {
        let judged = of_row(page, check, block, subject, world, row, Vec::new());
        silent |= judged.silent;
        for hit in judged.hits {
            match merged.iter_mut().find(|(h, _)| h.is_same_as(&hit)) {
                Some((first, rows)) if row.is_none_or(|row| rows.contains(&row)) => {
                    first.merge_instance(hit);
                }
                Some((first, rows)) => {
                    first.merge(hit);
                    rows.extend(row);
                }
                None => merged.push((hit, row.into_iter().collect())),
            }
        }
    }
    for (hit, rows) in merged.iter_mut().filter(|(_, rows)| !rows.is_empty()) {
        *hit = told_with_rows(page, check, block, subject, world, hit, rows);
    }
    (merged, silent)
}

/// The hit of the most severe row again, its message told with the names of all rows.
fn told_with_rows(
    page: &Arc<Page>,
    check: &Check,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
    hit: &Hit,
    rows: &[&Row],
) -> Hit {
    let severity = |row: &Row| row.severity.unwrap_or(page.severity);
    let Some(worst) = rows.iter().rev().max_by_key(|r| severity(r)) else {
        return hit.clone();
    };
    let judged = of_row(
        page,
        check,
        block,
        subject,
        world,
        Some(worst),
        rows.iter().map(|r| title(r)).collect(),
    );
    let same = judged.hits.into_iter().find(|h| h.is_same_as(hit));
    same.map_or_else(
        || hit.clone(),
        |h| Hit {
            severity: h.severity.max(hit.severity),
            instances: hit.instances.clone(),
            ..h
        },
    )
}

/// What a row is called: its `title`, else its name.
fn title(row: &Row) -> String {
    let stated = row
        .values
        .iter()
        .find(|(n, _)| n == "title")
        .and_then(|(_, e)| e.literal_string());
    stated.unwrap_or_else(|| row.name.clone()).to_string()
}

fn of_row(
    page: &Arc<Page>,
    check: &Check,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
    row: Option<&Row>,
    rows: Vec<String>,
) -> Judged {
    let run = Run {
        page,
        world,
        row,
        rows,
    };
    let whole = run.frame(&check.block, block, subject, None);
    if check.selector.kind != SubjectKind::Backend {
        return run.check(&whole);
    }
    // `backend "s3"` is a nested block with a label.
    let mut judged = Judged::default();
    let outside = CheckBlock::default();
    let outer = run.frame(&outside, block, subject, None);
    for backend in subject.body.blocks_of("backend") {
        if !backend
            .labels
            .iter()
            .any(|l| check.selector.types.contains(l))
        {
            continue;
        }
        let inner = Frame {
            check: &check.block,
            block,
            subject,
            path: backend.place.clone(),
            view: View::Body(&backend.body),
            parent: Some(&outer),
            is_element: false,
            instance: None,
            defaults: run.defaults(&check.block, ""),
        };
        judged.add(run.check(&inner));
    }
    judged
}

fn finding(page: &Arc<Page>, block: BlockId, hit: Hit, rows: &[&Row]) -> Finding {
    Finding {
        page: page.clone(),
        rows: rows.iter().map(|r| r.name.clone()).collect(),
        block,
        element: hit.element,
        severity: hit.severity,
        message: hit.message,
        at: hit.at,
        related: hit.related,
        fixes: hit.fixes,
        instances: hit.instances,
    }
}
