//! How much of what is written can be known: the measure of evaluation on real configurations.

use smol_str::SmolStr;
use stockade_eval::{EvalBlock, EvalBody, Existence, Step, Value};
use stockade_model::BlockKind;
use stockade_syntax::ast::{Block, Body};

use crate::instance::View;
use crate::module::Module;

/// Written arguments of resources and data sources, by what is known of their values.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// All of them.
    pub arguments: usize,
    /// The value is known, or that the argument does not come to exist.
    pub known: usize,
    /// It is set, to something of a resource or data source that only `apply` tells.
    pub referring: usize,
    /// Neither: folder, address and path.
    pub unknown: Vec<String>,
}

impl Module {
    /// Looks at the arguments of the wanted names.
    pub(crate) fn known(&self, wanted: &dyn Fn(&str) -> bool, known: &mut Known) {
        let Some(view) = self.views().next() else {
            return;
        };
        for (id, entry) in self.sources.index.entries() {
            let (Some(address), Some(block)) = (entry.address(), entry.block()) else {
                continue;
            };
            if !matches!(address.kind, BlockKind::Resource | BlockKind::Data) {
                continue;
            }
            let at = format!("{}: {address}", self.sources.folder.display());
            let bodies = bodies(view, id);
            let bodies: Vec<&EvalBody> = bodies.iter().collect();
            count(&block.body, &bodies, &at, wanted, known);
        }
    }
}

/// What a block comes to, in each instance; empty if it does not exist.
fn bodies(view: View<'_>, id: stockade_model::BlockId) -> Vec<EvalBody> {
    match view.evaluator().subject(id) {
        Some(subject) if subject.existence != Existence::Never => {
            match subject.instances.is_empty() {
                true => vec![subject.body.clone()],
                false => subject.instances.iter().map(|i| i.body.clone()).collect(),
            }
        }
        _ => Vec::new(),
    }
}

fn count(
    written: &Body,
    bodies: &[&EvalBody],
    at: &str,
    wanted: &dyn Fn(&str) -> bool,
    known: &mut Known,
) {
    for attribute in written.attributes().filter(|a| wanted(&a.name.name)) {
        let name = &attribute.name.name;
        known.arguments += 1;
        let states: Vec<State> = bodies.iter().map(|body| state_in(body, name)).collect();
        match states.into_iter().max().unwrap_or(State::Known) {
            State::Known => known.known += 1,
            State::Refers => known.referring += 1,
            State::Unknown => known.unknown.push(format!("{at}.{name}")),
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for block in written.blocks() {
        let name = block.produces();
        let nth = seen.iter().filter(|n| **n == name).count();
        seen.push(name);
        let inner: Vec<&EvalBody> = bodies
            .iter()
            .flat_map(|body| body.blocks_of(name))
            .filter(|b| is_of(b, name, nth))
            .map(|b| &b.body)
            .collect();
        count(
            &content(block).body,
            &inner,
            &format!("{at}.{name}"),
            wanted,
            known,
        );
    }
}

fn content(block: &Block) -> &Block {
    let content = block.body.blocks().find(|b| b.kind.name == "content");
    content.filter(|_| block.is_dynamic()).unwrap_or(block)
}

/// Whether an evaluated block comes from the nth written one of its name.
fn is_of(block: &EvalBlock, name: &str, nth: usize) -> bool {
    let nth = u32::try_from(nth).unwrap_or(u32::MAX);
    block.place == [Step::Block(SmolStr::new(name), nth)]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Known,
    Refers,
    Unknown,
}

fn state_in(body: &EvalBody, name: &str) -> State {
    match body.get(name) {
        Some(value) => state(value),
        None if body.is_open(name) => State::Unknown,
        // Null, or taken for repeated blocks.
        None => State::Known,
    }
}

fn state(value: &Value) -> State {
    let parts = |values: &mut dyn Iterator<Item = &Value>| values.map(state).max();
    if value.is_wholly_known() || value.document.is_some() {
        return State::Known;
    }
    if value.refers.is_some() {
        return State::Refers;
    }
    if let Some(unknown) = value.as_unknown() {
        return parts(&mut unknown.one_of.iter()).unwrap_or(State::Unknown);
    }
    let elements = value.as_list().into_iter().flatten();
    let entries = value.as_object().into_iter().flat_map(|o| o.values());
    parts(&mut elements.chain(entries)).unwrap_or(State::Known)
}
