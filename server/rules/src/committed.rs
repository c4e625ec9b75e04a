//! What is in a git repository, or would be with the next commit, and should not be: state, plans, the values of sensitive
//! variables.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Step, Value};
use stockade_model::git::{Beside, BesideKind};
use stockade_model::{BlockId, BlockKind};
use stockade_syntax::ast::{ExprKind, Item};

use crate::finding::{Finding, Place, Severity};
use crate::fix::{Fix, FixEdit, Safety};
use crate::page::{Outcome, Page, Verdict};
use crate::secrets::is_called_secret;
use crate::world::World;

/// The code of the page about state and plan files.
pub(crate) const STATE: &str = "committed-state";
/// The code of the page about `.tfvars` files with the values of sensitive variables.
pub(crate) const VARIABLES: &str = "committed-variables";

/// The blocks that a page looks at.
pub(crate) fn subjects(page: &Page) -> Vec<(BlockKind, SmolStr)> {
    let kinds: &[BlockKind] = match page.code.as_deref() {
        Some(VARIABLES) => &[BlockKind::Variable],
        _ => &[BlockKind::Terraform, BlockKind::Provider],
    };
    let of = |kind: &BlockKind| (*kind, SmolStr::default());
    kinds.iter().map(of).collect()
}

/// Runs one of the pages on a block.
pub(crate) fn run(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    let findings: Vec<Finding> = match page.code.as_deref() {
        Some(VARIABLES) => variables(page, block, subject, world),
        _ => states(page, block, world),
    };
    let verdict = match findings.is_empty() {
        true => Verdict::Pass,
        false => Verdict::Fail,
    };
    Outcome { findings, verdict }
}

fn states(page: &Arc<Page>, block: BlockId, world: &dyn World) -> Vec<Finding> {
    let exposed: Vec<(Beside, Option<FixEdit>)> = world
        .exposed()
        .into_iter()
        .filter(|(file, _)| file.kind != BesideKind::Variables)
        .collect();
    // A module has many blocks, and tells it once.
    if exposed.is_empty() || world.anchor() != Some(block) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for is_tracked in [true, false] {
        let files: Vec<&(Beside, Option<FixEdit>)> = exposed
            .iter()
            .filter(|(file, _)| file.is_tracked == is_tracked)
            .collect();
        if files.is_empty() {
            continue;
        }
        let names: Vec<String> = files.iter().map(|(f, _)| format!("`{}`", f.name)).collect();
        let names = names.join(", ");
        let edits = files.iter().filter_map(|(_, edit)| edit.clone());
        let at = Place {
            block,
            path: Vec::new(),
        };
        let message = match is_tracked {
            true => format!(
                "{names} is in the git repository, with every password and key of the state in clear text.\nTake it out with `git rm --cached`, have git ignore it, and replace what it held: the history keeps it."
            ),
            false => format!(
                "The next `git add .` takes {names} into the repository, with every password and key of the state in clear text."
            ),
        };
        let edits: Vec<FixEdit> = edits.collect();
        let fix = (!edits.is_empty()).then(|| ignored(&names.replace('`', ""), edits));
        let element = if is_tracked { "tracked" } else { "untracked" };
        findings.push(Finding {
            element: vec![Step::Key(element.into())],
            fixes: fix.into_iter().collect(),
            ..finding(page, at, message, is_tracked)
        });
    }
    findings
}

fn variables(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Vec<Finding> {
    let is_true = |name: &str| subject.body.get(name).and_then(Value::as_bool) == Some(true);
    if !is_true("sensitive") && !is_true("ephemeral") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for line in world.assignments(&subject.address.name) {
        let Some((file, edit)) = world.exposure(line) else {
            continue;
        };
        if !gives_something(line, world) {
            continue;
        }
        let at = Place {
            block: line,
            path: vec![Step::Attr(subject.address.name.clone())],
        };
        let (name, of) = (&subject.address.name, &file.name);
        let message = match file.is_tracked {
            true => format!(
                "`{of}` is in the git repository and gives the sensitive variable `{name}` its value.\nTake it out with `git rm --cached`, have git ignore it, and replace the value: the history keeps it."
            ),
            false => format!(
                "The next `git add .` takes `{of}` into the repository, with the value of the sensitive variable `{name}`."
            ),
        };
        findings.push(Finding {
            block,
            element: vec![Step::Key(file.name.as_str().into())],
            fixes: of_line(name, line, &file, edit),
            ..finding(page, at, message, file.is_tracked)
        });
    }
    findings
}

/// Whether a line of a `.tfvars` file says more than `null` or `""`. A text whose name calls it a secret has a rule of its own.
fn gives_something(line: BlockId, world: &dyn World) -> bool {
    let Some(written) = world.written(line) else {
        return false;
    };
    let Some(Item::Attribute(attribute)) = &written.lowered.item else {
        return false;
    };
    let value = &attribute.value;
    match value.literal_string() {
        Some(text) => !text.is_empty() && !is_called_secret(&attribute.name.name),
        None => !matches!(value.kind, ExprKind::Null),
    }
}

fn of_line(name: &str, line: BlockId, file: &Beside, edit: Option<FixEdit>) -> Vec<Fix> {
    let ignored = edit.map(|edit| ignored(&file.name, vec![edit]));
    let removed = Fix {
        title: format!("Remove the line (give the value with TF_VAR_{name} where Terraform runs)"),
        safety: Safety::Review,
        edits: vec![FixEdit::Remove {
            at: Place {
                block: line,
                path: vec![Step::Attr(name.into())],
            },
        }],
    };
    ignored.into_iter().chain([removed]).collect()
}

fn ignored(names: &str, edits: Vec<FixEdit>) -> Fix {
    Fix {
        title: format!("Have git ignore {names} (in .gitignore)"),
        safety: Safety::Review,
        edits,
    }
}

fn finding(page: &Arc<Page>, at: Place, message: String, is_tracked: bool) -> Finding {
    let severity = match is_tracked {
        true => Severity::High.max(page.severity),
        false => page.severity,
    };
    Finding {
        page: page.clone(),
        rows: Vec::new(),
        block: at.block,
        element: Vec::new(),
        severity,
        message,
        advises: false,
        at,
        related: Vec::new(),
        fixes: Vec::new(),
        instances: Vec::new(),
    }
}
