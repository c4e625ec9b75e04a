//! Ephemeral values that stand where Terraform stores what it is given: it refuses them, and says so at `plan`.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Symbol};
use stockade_model::{BlockId, BlockKind};
use stockade_schema::{Kind, ephemeral_types, find_anywhere};
use stockade_syntax::ast::{Expr, ExprKind, Item};

use super::Argument;
use super::convert::{self, Context};
use super::uses::{Use, references, uses};
use crate::finding::{Finding, Place};
use crate::page::{Outcome, Page, Verdict};
use crate::world::World;

/// The types of ephemeral resources.
pub(super) fn types() -> impl Iterator<Item = SmolStr> {
    let mut types: Vec<&str> = ephemeral_types().iter().map(|e| e.ty).collect();
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(SmolStr::new)
}

/// Looks at all that reads an ephemeral variable or resource.
pub(super) fn run(
    page: &Arc<Page>,
    block: BlockId,
    subject: &SharedSubject,
    world: &dyn World,
) -> Outcome {
    let address = &subject.address;
    let symbol = match address.kind {
        BlockKind::Variable => {
            let is_ephemeral = subject
                .body
                .get("ephemeral")
                .and_then(stockade_eval::Value::as_bool);
            if is_ephemeral != Some(true) {
                return Outcome::default();
            }
            Symbol::Variable(address.name.clone())
        }
        _ => Symbol::Block(address.clone()),
    };
    let mut findings = Vec::new();
    let mut todo = vec![symbol];
    let mut seen = Vec::new();
    while let Some(symbol) = todo.pop() {
        for reader in world.readers(&symbol) {
            let Some(written) = world.written(reader) else {
                continue;
            };
            let Some(item) = &written.lowered.item else {
                continue;
            };
            for used in uses(item).iter().filter(|used| reads(used.expr, &symbol)) {
                match convert::context(item, used) {
                    Context::Takes => {}
                    Context::Local(name) => {
                        let local = Symbol::Local(name);
                        if !seen.contains(&local) {
                            seen.push(local.clone());
                            todo.push(local);
                        }
                    }
                    Context::Converts(path, row) => {
                        let argument = Argument {
                            block: reader,
                            path,
                            row,
                        };
                        let fix = convert::read(&argument, &used.argument, world).map(|own| {
                            convert::alone(&argument, &used.argument, &own, &[], None, world)
                        });
                        let fixes = fix.into_iter().collect();
                        findings.push(finding(page, block, reader, item, used, &symbol, fixes));
                    }
                    Context::Refuses if is_known(item, used) => {
                        findings.push(finding(
                            page,
                            block,
                            reader,
                            item,
                            used,
                            &symbol,
                            Vec::new(),
                        ));
                    }
                    Context::Refuses => {}
                }
            }
        }
    }
    let verdict = match findings.is_empty() {
        true => Verdict::Pass,
        false => Verdict::Fail,
    };
    Outcome { findings, verdict }
}

/// Whether an expression has the value of something; `ephemeralasnull` takes it away.
fn reads(expr: &Expr, symbol: &Symbol) -> bool {
    match &expr.kind {
        ExprKind::Call { name, .. } if name.name == "ephemeralasnull" => false,
        _ => references(expr).iter().any(|r| r.symbol == *symbol),
    }
}

/// Whether it is certain that what stands there is stored: what another module does with it is its own business.
fn is_known(item: &Item, used: &Use<'_>) -> bool {
    let Item::Block(top) = item else {
        return false;
    };
    let ty = top.labels.first().map_or("", |label| label.name.as_str());
    let path: Vec<&str> = used
        .blocks
        .iter()
        .map(SmolStr::as_str)
        .chain([used.argument.as_str()])
        .collect();
    match top.kind.name.as_str() {
        "resource" => find_anywhere(Kind::Resource, ty, &path).is_some(),
        "data" => find_anywhere(Kind::Data, ty, &path).is_some(),
        "output" => used.argument == "value",
        _ => false,
    }
}

fn finding(
    page: &Arc<Page>,
    block: BlockId,
    reader: BlockId,
    item: &Item,
    used: &Use<'_>,
    symbol: &Symbol,
    fixes: Vec<crate::fix::Fix>,
) -> Finding {
    let what = match symbol {
        Symbol::Variable(name) => format!("var.{name}"),
        Symbol::Local(name) => format!("local.{name}"),
        Symbol::Block(address) => address.to_string(),
    };
    let place = Place {
        block: reader,
        path: used.path.clone(),
    };
    let shown = convert::shown(item, used);
    Finding {
        page: page.clone(),
        rows: Vec::new(),
        block,
        element: vec![stockade_eval::Step::Key(shown.as_str().into())],
        severity: page.severity,
        message: format!(
            "`{what}` is ephemeral, and `{shown}` is stored: Terraform refuses the plan.\nEphemeral values go into write-only arguments, providers, provisioners, ephemeral resources and outputs, and locals."
        ),
        advises: !fixes.is_empty(),
        at: place,
        related: Vec::new(),
        fixes,
        instances: Vec::new(),
    }
}
