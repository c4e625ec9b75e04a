//! Fixes where a value is written: at module calls, and at what those in turn pass on.

use stockade_eval::{Step, Symbol};
use stockade_rules::finding::Place;
use stockade_rules::fix::{Fix, FixEdit};
use stockade_rules::run::is_literal;

use crate::instance::View;
use crate::module::Modules;
use crate::show;

/// A literal in some module, and what it is called: `module.db's encrypted`.
struct Written {
    at: Place,
    name: String,
}

/// A fix whose edits of what calls pass are moved to where that is written; `None` when one of them is computed.
pub(crate) fn moved(
    modules: &Modules,
    view: View<'_>,
    mut fix: Fix,
    is_passed: &dyn Fn(&FixEdit) -> bool,
) -> Option<Fix> {
    let mut edits = Vec::new();
    for edit in std::mem::take(&mut fix.edits) {
        match &edit {
            FixEdit::ReplaceOrigin {
                symbol,
                path,
                value,
            } if is_passed(&edit) => {
                let mut written = Vec::new();
                find(modules, view, symbol, path, LONGEST, &mut written)?;
                let old = show::shown_origin(symbol, path);
                fix.title = fix.title.replacen(&old, &told(&written)?, 1);
                let value = value.clone();
                edits.extend(written.into_iter().map(|written| FixEdit::Replace {
                    at: written.at,
                    value: value.clone(),
                }));
            }
            _ => edits.push(edit),
        }
    }
    fix.edits = edits;
    Some(fix)
}

/// Longer ways through calls and locals are not followed.
const LONGEST: usize = 32;

/// The literals that a symbol's value comes from, one for each call.
fn find(
    modules: &Modules,
    view: View<'_>,
    symbol: &Symbol,
    path: &[Step],
    further: usize,
    all: &mut Vec<Written>,
) -> Option<()> {
    let further = further.checked_sub(1)?;
    if let Symbol::Variable(name) = symbol
        && view.instance.given.inputs.argument(name).is_some()
    {
        let sites = &view.instance.callers;
        for site in sites {
            let caller = show::caller(modules, site)?;
            let subject = caller.evaluator().subject(site.block)?;
            let value = subject.body.get(name).and_then(|v| v.at(path));
            match value.and_then(|v| v.origin) {
                Some(origin) if origin.derived => return None,
                Some(origin) => find(modules, caller, &origin.symbol, &origin.path, further, all)?,
                None => {
                    let steps = std::iter::once(Step::Attr(name.clone()));
                    let at = Place {
                        block: site.block,
                        path: steps.chain(path.iter().cloned()).collect(),
                    };
                    let name = show::below(&format!("{}'s {name}", subject.address), path);
                    add(all, literal(caller, at, name)?);
                }
            }
        }
        return (!sites.is_empty()).then_some(());
    }
    if matches!(symbol, Symbol::Block(_)) {
        return None;
    }
    match show::origin(view, symbol, path) {
        Some(origin) if origin.derived => None,
        Some(origin) => find(modules, view, &origin.symbol, &origin.path, further, all),
        None => {
            let at = show::definition(view, symbol, path)?;
            add(all, literal(view, at, show::shown_origin(symbol, path))?);
            Some(())
        }
    }
}

/// Calls may share what they pass on.
fn add(all: &mut Vec<Written>, new: Written) {
    if all.iter().all(|written| written.at != new.at) {
        all.push(new);
    }
}

fn literal(view: View<'_>, at: Place, name: String) -> Option<Written> {
    let (source, range) = show::place(view.sources, &at)?;
    let text = source
        .document
        .rope()
        .get_byte_slice(std::ops::Range::<usize>::from(range))?;
    is_literal(&text.to_string()).then_some(Written { at, name })
}

/// `module.a's encrypted`, `module.a's encrypted and module.b's encrypted`
fn told(written: &[Written]) -> Option<String> {
    let mut names: Vec<&str> = written.iter().map(|written| &*written.name).collect();
    names.dedup();
    match names.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        [one, other] => Some(format!("{one} and {other}")),
        [one, rest @ ..] => Some(format!("{one} and {} more", rest.len())),
    }
}
