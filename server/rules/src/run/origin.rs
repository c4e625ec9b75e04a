//! Where a value that is used in a block is written.

use stockade_eval::{EvalBody, Step, Symbol, Value};

use super::frame::Run;

/// The value at a path in a body, with the origin that it has there; for a path that leads further
/// than the value goes, the value that it stands in.
pub(crate) fn value_at(body: &EvalBody, path: &[Step]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    // The longest place of a nested block that the path begins with.
    let nested = body
        .blocks
        .iter()
        .find(|b| path.starts_with(&b.place) && path.len() > b.place.len());
    if let Some(nested) = nested {
        return value_at(&nested.body, &path[nested.place.len()..]);
    }
    let (Step::Attr(name) | Step::Key(name)) = first else {
        return None;
    };
    let mut value = body.get(name)?.clone();
    for step in rest {
        let Some(child) = value.child(step) else {
            break;
        };
        value = value.part(child, step.clone());
    }
    Some(value)
}

impl Run<'_> {
    /// The literal that a value was read from through variables and locals: `None` where it is
    /// written in place, or computed on the way. Where a call passes a variable, it is the call's argument.
    pub(crate) fn source_of(&self, value: &Value) -> Option<(Symbol, Vec<Step>)> {
        const LONGEST: usize = 16;
        let mut origin = value.origin.as_deref()?.clone();
        for _ in 0..LONGEST {
            if origin.derived {
                return None;
            }
            let Symbol::Local(name) = &origin.symbol else {
                break;
            };
            let mut at = self.world.local(name);
            for step in &origin.path {
                let Some(child) = at.child(step) else { break };
                at = at.part(child, step.clone());
            }
            match at.origin.as_deref() {
                Some(next) if next.symbol != origin.symbol => origin = next.clone(),
                _ => break,
            }
        }
        let is_editable =
            matches!(origin.symbol, Symbol::Variable(_) | Symbol::Local(_)) && !origin.derived;
        is_editable.then_some((origin.symbol, origin.path))
    }
}
