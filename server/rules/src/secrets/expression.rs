//! Expressions that give a secret away, or take what they are given for code.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::BlockId;
use stockade_syntax::ast::{Expr, ExprKind, For, Item, TemplatePart};
use stockade_syntax::{Lowered, walk};
use stockade_text::TextRange;

use super::{name, walk as strings};
use crate::finding::{Finding, Place, Severity};
use crate::page::Page;
use crate::write_only::uses::{Use, references, uses};

/// The code of the page about `nonsensitive`.
pub const UNMASKED: &str = "nonsensitive";
/// The code of the page about commands that are put together.
pub const COMMAND: &str = "provisioner-command";

/// What the pages with these codes find in a segment.
pub(super) fn find(pages: &[Arc<Page>], block: BlockId, lowered: &Lowered) -> Vec<Finding> {
    let Some(item) = &lowered.item else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for page in pages {
        for used in uses(item) {
            let found = match page.code.as_deref() {
                Some(UNMASKED) => unmasked(&used),
                _ => command(item, &used),
            };
            findings.extend(found.map(|(at, severity, message)| Finding {
                page: page.clone(),
                rows: Vec::new(),
                block,
                element: used.path.clone(),
                severity: severity.unwrap_or(page.severity),
                message,
                advises: false,
                at: Place {
                    block,
                    path: strings::place_of(lowered, &used.path, at.range),
                },
                related: Vec::new(),
                fixes: Vec::new(),
                instances: Vec::new(),
            }));
        }
    }
    findings
}

type Found<'a> = (&'a Expr, Option<Severity>, String);

/// `nonsensitive(var.password)`
fn unmasked<'a>(used: &Use<'a>) -> Option<Found<'a>> {
    let mut found = None;
    let hidden = hidden(used.expr);
    let is_hidden = |at: TextRange| hidden.iter().any(|range| range.contains_range(at));
    walk(used.expr, &mut |expr| {
        if let ExprKind::Call { name, args, .. } = &expr.kind
            && name.name == "nonsensitive"
            && !is_hidden(expr.range)
            && let Some(secret) = args.iter().find_map(|arg| secret_in(arg, &is_hidden))
        {
            found = Some((expr, secret));
        }
        found.is_none()
    });
    let (expr, secret) = found?;
    let message = format!(
        "`nonsensitive` shows `{secret}` in plans, in the logs of pipelines and in outputs.\nLeave it out, and mark what shows the value as sensitive."
    );
    Some((expr, None, message))
}

/// `command = "curl -u ${var.user} …"` of a `local-exec`: the shell reads what is put in.
fn command<'a>(item: &Item, used: &Use<'a>) -> Option<Found<'a>> {
    let is_provisioner = used.blocks.first().is_some_and(|b| b == "provisioner");
    let is_text = matches!(used.argument.as_str(), "command" | "inline");
    let Item::Block(top) = item else {
        return None;
    };
    if !is_provisioner || !is_text || used.blocks.len() != 1 {
        return None;
    }
    let nth = used.path.iter().find_map(|step| match step {
        Step::Block(_, nth) => Some(*nth as usize),
        _ => None,
    })?;
    let kind = top.body.blocks_of("provisioner").nth(nth)?.labels.first()?;
    let interpolated = interpolation(used.expr)?;
    let secret = secret_in(interpolated, &|_| false);
    let what = match kind.name.as_str() {
        "local-exec" => "the machine that runs Terraform",
        _ => "the instance",
    };
    let (severity, message) = match secret {
        Some(secret) => (
            Some(Severity::Medium),
            format!(
                "`{secret}` is written into a command: it stands in the list of processes of {what}, and in the log if the command fails.\nPass it in `environment`."
            ),
        ),
        None if kind.name != "local-exec" => return None,
        None => (
            None,
            format!(
                "What is put into the command is read by the shell of {what} as code.\nPass it in `environment`, and write `\"$NAME\"` in the command."
            ),
        ),
    };
    Some((interpolated, severity, message))
}

/// The first interpolation that reads something.
fn interpolation(expr: &Expr) -> Option<&Expr> {
    let mut found = None;
    walk(expr, &mut |inner| {
        if let ExprKind::Template(template) = &inner.kind {
            let mut parts = template.parts.iter().filter_map(|part| match part {
                TemplatePart::Interpolation { expr, .. } => Some(expr),
                _ => None,
            });
            found = found.or_else(|| parts.find(|expr| !references(expr).is_empty()));
        }
        found.is_none()
    });
    found
}

/// The parts of an expression of which nothing shows in its value: what is compared, counted, hashed, or only decides.
fn hidden(expr: &Expr) -> Vec<TextRange> {
    let mut all = Vec::new();
    walk(expr, &mut |inner| {
        match &inner.kind {
            ExprKind::Binary { op, .. } if !op.is_arithmetic() => all.push(inner.range),
            ExprKind::Call { name, .. } if HIDING.contains(&name.name.as_str()) => {
                all.push(inner.range);
            }
            ExprKind::Conditional { condition, .. } => all.push(condition.range),
            ExprKind::For(each) => {
                all.extend(each.condition.as_ref().map(|condition| condition.range));
                if !shows_elements(each) {
                    all.push(each.collection.range);
                }
            }
            _ => {}
        }
        true
    });
    all
}

/// Functions that give nothing of a secret away; of an object, its keys.
const HIDING: [&str; 12] = [
    "alltrue",
    "anytrue",
    "bcrypt",
    "can",
    "contains",
    "endswith",
    "issensitive",
    "keys",
    "length",
    "sha256",
    "sha512",
    "startswith",
];

/// Whether what a `for` makes has the elements in it, or what is a secret of them.
fn shows_elements(each: &For) -> bool {
    let is_element =
        |expr: &Expr| matches!(&expr.kind, ExprKind::Variable(name) if *name == each.value.name);
    let mut shows = false;
    for made in each.result_key.iter().chain([&each.result]) {
        walk(made, &mut |expr| match &expr.kind {
            ExprKind::GetAttr { of, name } if is_element(of) => {
                shows |= name.name == "value" || name::promise(&name.name).is_some();
                false
            }
            _ => {
                shows |= is_element(expr);
                true
            }
        });
    }
    shows
}

/// What is called a secret among the things that an expression reads where it is not hidden.
fn secret_in(expr: &Expr, is_hidden: &dyn Fn(TextRange) -> bool) -> Option<String> {
    let is_secret = |name: &SmolStr| name::promise(name).is_some();
    let shown = references(expr).into_iter().filter(|r| !is_hidden(r.range));
    shown.into_iter().find_map(|reference| {
        let (shown, own) = match &reference.symbol {
            Symbol::Variable(name) => (format!("var.{name}"), Some(name.clone())),
            Symbol::Local(name) => (format!("local.{name}"), Some(name.clone())),
            Symbol::Block(address) => (address.to_string(), None),
        };
        let is_random = match &reference.symbol {
            Symbol::Block(address) => address.ty == "random_password",
            _ => false,
        };
        let is_one = own.iter().chain(&reference.attribute).any(is_secret) || is_random;
        let attribute = reference.attribute.map(|a| format!(".{a}"));
        is_one.then(|| format!("{shown}{}", attribute.unwrap_or_default()))
    })
}
