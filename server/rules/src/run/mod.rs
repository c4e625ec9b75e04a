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
mod shared;
mod skeleton;
mod value;
mod view;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use globset::Glob;
use smol_str::SmolStr;
use stockade_eval::{EvalBlock, EvalBody, SharedSubject, Value};
use stockade_model::{BlockId, BlockKind};
use stockade_schema::terraform;

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
use shared::Shared;
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
    let checks = page.checks.iter().filter(|c| looks_at(c, subject));
    run_checks(page, checks, block, subject, world)
}

/// Runs the checks of a page that look at a file of this path, from the root of the workspace. `file` holds what `attrs`
/// says; it stands in no block, and a finding is told by its element.
pub fn run_on_file(
    page: &Arc<Page>,
    path: &str,
    file: &SharedSubject,
    world: &dyn World,
) -> Vec<Finding> {
    if !requirements_hold(page, world) {
        return Vec::new();
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_meant = |glob: &SmolStr| {
        let of = if glob.contains('/') { path } else { name };
        Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(of))
    };
    let checks = page.checks.iter().filter(|check| {
        let types = &check.selector.types;
        check.selector.kind == SubjectKind::File && (types.is_empty() || types.iter().any(is_meant))
    });
    run_checks(page, checks, BlockId(u64::MAX), file, world).findings
}

fn run_checks<'p>(
    page: &'p Arc<Page>,
    checks: impl Iterator<Item = &'p Check>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    let mut outcome = Outcome::default();
    for check in checks {
        let look = Look {
            page,
            check,
            block,
            subject,
            world,
        };
        let (hits, silent) = look.at_all_instances();
        let verdict = match (hits.is_empty(), silent) {
            (false, _) => Verdict::Fail,
            (true, true) => Verdict::Silent,
            (true, false) => Verdict::Pass,
        };
        outcome.verdict = outcome.verdict.max(verdict);
        outcome.findings.extend(
            hits.into_iter()
                .map(|(hit, rows)| finding(page, block, subject, hit, &rows)),
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

/// A check of a page, and the block that it looks at.
#[derive(Clone, Copy)]
struct Look<'p, 'a> {
    page: &'p Arc<Page>,
    check: &'p Check,
    block: BlockId,
    subject: &'a SharedSubject,
    world: &'a dyn World,
}

impl<'p> Look<'p, '_> {
    /// Runs the check on each instance of the block. A mistake in several is one.
    fn at_all_instances(self) -> (RowHits<'p>, bool) {
        if self.subject.instances.is_empty() || self.subject.is_only() {
            return self.at_all_rows();
        }
        let mut merged: RowHits<'p> = Vec::new();
        let mut silent = false;
        for instance in &self.subject.instances {
            let subject = Arc::new(self.subject.of_instance(instance));
            let world = OfInstance {
                world: self.world,
                block: self.block,
                subject: &subject,
                key: &instance.key,
            };
            let look = Look {
                page: self.page,
                check: self.check,
                block: self.block,
                subject: &subject,
                world: &world,
            };
            let (hits, is_silent) = look.at_all_rows();
            silent |= is_silent;
            for (mut hit, rows) in hits {
                hit.is_in(&instance.key);
                match merged.iter_mut().find(|(h, _)| h.is_same_as(&hit)) {
                    Some((first, all)) => {
                        first.merge_instance(hit);
                        let new: Vec<&Row> =
                            rows.into_iter().filter(|r| !all.contains(r)).collect();
                        all.extend(new);
                    }
                    None => merged.push((hit, rows)),
                }
            }
        }
        (merged, silent)
    }

    /// Runs the check once for each row. A mistake that several rows hit is one.
    fn at_all_rows(self) -> (RowHits<'p>, bool) {
        let rows: Vec<Option<&Row>> = if self.page.rows.is_empty() {
            vec![None]
        } else {
            self.page.rows.iter().map(Some).collect()
        };
        let shared = Shared::default();
        let mut merged: RowHits<'p> = Vec::new();
        let mut silent = false;
        for row in rows {
            let judged = self.at_row(row, Vec::new(), &shared);
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
            self.tell_with_rows(hit, rows, &shared);
        }
        (merged, silent)
    }

    /// Tells a hit as that of its most severe row, with the names of all.
    fn tell_with_rows(self, hit: &mut Hit, rows: &[&Row], shared: &Shared) {
        let severity = |row: &Row| row.severity.unwrap_or(self.page.severity);
        let Some(worst) = rows.iter().rev().max_by_key(|r| severity(r)) else {
            return;
        };
        let names = rows.iter().map(|r| title(r)).collect();
        let judged = self.at_row(Some(worst), names, shared);
        if let Some(same) = judged.hits.into_iter().find(|h| h.is_same_as(hit)) {
            hit.severity = same.severity.max(hit.severity);
            hit.message = same.message;
            hit.related = same.related;
        }
    }

    fn at_row(self, row: Option<&Row>, rows: Vec<String>, shared: &Shared) -> Judged {
        let run = Run {
            page: self.page,
            world: self.world,
            row,
            rows,
            shared,
        };
        let block = &self.check.block;
        let whole = run.frame(block, self.block, self.subject, None);
        if self.check.selector.kind != SubjectKind::Backend {
            return run.check(&whole);
        }
        // `backend "s3"` is a nested block with a label.
        let mut judged = Judged::default();
        let outside = CheckBlock::default();
        let outer = run.frame(&outside, self.block, self.subject, None);
        let types = &self.check.selector.types;
        let backends = self.subject.body.blocks_of("backend");
        for backend in backends.filter(|b| b.labels.iter().any(|l| types.contains(l))) {
            let body = as_initialized(backend);
            let inner = Frame {
                check: block,
                block: self.block,
                subject: self.subject,
                path: backend.place.clone(),
                view: View::Body(&body),
                parent: Some(&outer),
                is_element: false,
                instance: None,
                defaults: run.defaults(block, ""),
            };
            judged.add(run.check(&inner));
        }
        judged
    }
}

/// What is known of a backend when Terraform runs: without an argument that is required it is a partial configuration, and what isn't
/// written may come with `terraform init -backend-config`.
fn as_initialized(backend: &EvalBlock) -> Cow<'_, EvalBody> {
    let written = Cow::Borrowed(&backend.body);
    let schema = backend.labels.first().and_then(|ty| terraform::backend(ty));
    let Some(schema) = schema else { return written };
    let absent = |a: &stockade_schema::Attribute| backend.body.get(a.name).is_none();
    if !schema.attributes().any(|a| a.required && absent(&a)) {
        return written;
    }
    let mut body = backend.body.clone();
    let unknown = schema.attributes().filter(absent);
    body.attributes
        .extend(unknown.map(|a| (a.name.into(), Value::unknown())));
    body.attributes
        .sort_by(|(one, _), (other, _)| one.cmp(other));
    Cow::Owned(body)
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

fn finding(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    mut hit: Hit,
    rows: &[&Row],
) -> Finding {
    let label = &subject.address.name;
    let more = hit.fixes.first();
    let more = more.and_then(|fix| skeleton::instead_of_variable(fix, block, label));
    hit.fixes.extend(more);
    Finding {
        page: page.clone(),
        rows: rows.iter().map(|r| r.name.clone()).collect(),
        block,
        element: hit.element,
        severity: hit.severity,
        message: hit.message,
        advises: hit.advises,
        at: hit.at,
        related: hit.related,
        fixes: hit.fixes,
        instances: hit.instances,
    }
}
