//! Module calls: what a caller passes becomes inputs of the callee, and what the callee's outputs are
//! comes back.
//!
//! Values cross in rounds, each after the modules of the last one were evaluated, until nothing new is
//! given. A round per call on the longest way is enough, since what goes in circles is not followed: modules
//! that call themselves, directly or not, and calls whose arguments are made of what they yield.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_eval::{Existence, Subject, Value};
use stockade_model::workspace::local_source;
use stockade_model::{Address, BlockId, BlockKind};

use crate::instance::{CallSite, Given, Inputs, Reach, View};
use crate::memo::Key;
use crate::module::{Module, Modules};

/// More distinct inputs of one module than these are not told apart.
const MAX_INSTANCES: usize = 64;

/// Longer ways are not followed to their end.
const MAX_ROUNDS: usize = 1_000;

/// Arguments of a `module` block that are not inputs of the module.
const META: [&str; 6] = [
    "source",
    "version",
    "providers",
    "count",
    "for_each",
    "depends_on",
];

/// A call as one instance of the caller makes it.
#[derive(Clone, Debug, PartialEq)]
struct Call {
    callee: PathBuf,
    address: Address,
    site: CallSite,
    inputs: Inputs,
    /// `count` or `for_each`: its outputs are those of several.
    is_repeated: bool,
    /// Its arguments are made of what it yields.
    is_cyclic: bool,
}

/// Who calls whom with what, in all modules that are loaded.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_caller: BTreeMap<PathBuf, Vec<Call>>,
    callers: FxHashMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Calls {
    /// Passes values on until nobody is given something new. `dirty` has been evaluated; returns all that was.
    pub(crate) fn settle(
        &mut self,
        modules: &mut Modules,
        dirty: &BTreeSet<PathBuf>,
    ) -> BTreeSet<PathBuf> {
        let mut all = dirty.clone();
        let mut evaluated = dirty.clone();
        for _ in 0..MAX_ROUNDS {
            evaluated = self.exchange(modules, &evaluated);
            if evaluated.is_empty() {
                return all;
            }
            for folder in &evaluated {
                if let Some(module) = modules.get_mut(folder) {
                    module.evaluate();
                }
            }
            all.extend(evaluated.iter().cloned());
        }
        tracing::warn!("module calls nest too deep; what they pass is not followed further");
        all
    }

    /// The modules that show calls of these: their findings stand beside text that may have moved.
    pub(crate) fn callees_of(&self, folders: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let mut all = BTreeSet::new();
        let mut todo: Vec<&PathBuf> = folders.iter().collect();
        while let Some(folder) = todo.pop() {
            for call in self.by_caller.get(folder).into_iter().flatten() {
                if all.insert(call.callee.clone()) {
                    todo.push(&call.callee);
                }
            }
        }
        all
    }

    /// One round. Returns the modules that are given something new.
    fn exchange(
        &mut self,
        modules: &mut Modules,
        evaluated: &BTreeSet<PathBuf>,
    ) -> BTreeSet<PathBuf> {
        let mut concerned = evaluated.clone();
        for folder in evaluated {
            concerned.extend(self.update(folder, modules.get(folder)));
            concerned.extend(self.callers.get(folder).into_iter().flatten().cloned());
        }
        let mut given_new = BTreeSet::new();
        for folder in concerned {
            let Some(module) = modules.get(&folder) else {
                continue;
            };
            let (given, callers): (Vec<Given>, Vec<Vec<CallSite>>) =
                self.given(modules, &folder, module).into_iter().unzip();
            if let Some(module) = modules.get_mut(&folder)
                && module.give(given, callers)
            {
                given_new.insert(folder);
            }
        }
        given_new
    }

    /// Notes the calls of a module. Returns the folders that it calls or called.
    fn update(&mut self, folder: &Path, module: Option<&Module>) -> BTreeSet<PathBuf> {
        let calls = module.map(calls_of).unwrap_or_default();
        let called = |calls: &[Call]| {
            calls
                .iter()
                .map(|c| c.callee.clone())
                .collect::<BTreeSet<_>>()
        };
        let new = called(&calls);
        let old = match calls.is_empty() {
            true => self.by_caller.remove(folder),
            false => self.by_caller.insert(folder.to_path_buf(), calls),
        };
        let old = called(&old.unwrap_or_default());
        for callee in old.difference(&new) {
            if let Some(callers) = self.callers.get_mut(callee) {
                callers.remove(folder);
            }
        }
        for callee in new.difference(&old) {
            let callers = self.callers.entry(callee.clone()).or_default();
            callers.insert(folder.to_path_buf());
        }
        old.union(&new).cloned().collect()
    }

    /// What each instance of a module is given, and by whom.
    fn given(
        &self,
        modules: &Modules,
        folder: &Path,
        module: &Module,
    ) -> Vec<(Given, Vec<CallSite>)> {
        let mut inputs: Vec<(Inputs, Vec<CallSite>)> = Vec::new();
        if !module.is_called {
            inputs.push((Inputs::Own, Vec::new()));
        }
        for call in self.calls_to(folder) {
            let wanted = if inputs.len() < MAX_INSTANCES {
                call.inputs.clone()
            } else {
                Inputs::Unknown
            };
            match inputs.iter_mut().find(|(inputs, _)| *inputs == wanted) {
                Some((_, sites)) => sites.push(call.site.clone()),
                None => inputs.push((wanted, vec![call.site.clone()])),
            }
        }
        if inputs.is_empty() {
            inputs.push((Inputs::Unknown, Vec::new()));
        }
        let reach = self.reach(modules, folder, module);
        let given = |(inputs, sites): (Inputs, Vec<CallSite>)| {
            let at = module
                .instances
                .iter()
                .position(|i| i.given.inputs == inputs);
            let outputs = at
                .map(|at| self.outputs(modules, folder, at))
                .unwrap_or_default();
            let reach = reach.clone();
            (
                Given {
                    inputs,
                    outputs,
                    reach,
                },
                sites,
            )
        };
        inputs.into_iter().map(given).collect()
    }

    /// The calls to a module, but for those of what it calls itself.
    fn calls_to<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Call> {
        let callers = self.callers.get(folder).into_iter().flatten();
        let callers = callers.filter(move |caller| !self.reaches(folder, caller));
        let calls = callers.flat_map(|caller| self.by_caller.get(caller).into_iter().flatten());
        calls.filter(move |call| call.callee == folder)
    }

    /// Whether a module calls another, directly or not, or is it.
    fn reaches(&self, from: &Path, to: &Path) -> bool {
        let mut seen: FxHashSet<&Path> = FxHashSet::default();
        let mut todo = vec![from];
        while let Some(folder) = todo.pop() {
            if folder == to {
                return true;
            }
            let calls = self.by_caller.get(folder).into_iter().flatten();
            todo.extend(calls.map(|c| c.callee.as_path()).filter(|c| seen.insert(c)));
        }
        false
    }

    /// What the calls of an instance yield.
    fn outputs(
        &self,
        modules: &Modules,
        folder: &Path,
        instance: usize,
    ) -> BTreeMap<Address, Value> {
        let calls = self.by_caller.get(folder).into_iter().flatten();
        let calls = calls.filter(|c| c.site.instance == instance && !c.is_repeated && !c.is_cyclic);
        let yielded = calls.filter_map(|call| {
            let callee = modules.get(&call.callee)?;
            if self.reaches(&call.callee, folder) {
                return None;
            }
            let mut views = callee.views();
            let outputs = match views.find(|v| v.instance.given.inputs == call.inputs) {
                Some(view) => outputs_of(view).exported(&callee.sources.folder, folder),
                None if callee.instances.len() > MAX_INSTANCES => return None,
                // It is given them in this round: what it yielded so far stands until the next.
                None => {
                    let caller = modules.get(folder)?.instances.get(instance)?;
                    caller.given.outputs.get(&call.address)?.clone()
                }
            };
            Some((call.address.clone(), outputs))
        });
        yielded.collect()
    }

    /// Where companions of a module's resources may stand outside of it.
    fn reach(&self, modules: &Modules, folder: &Path, module: &Module) -> Reach {
        let mut reach = Reach::default();
        for (_, entry) in module.sources.index.entries() {
            let Some(address) = entry.address().filter(|a| a.kind == BlockKind::Module) else {
                continue;
            };
            let callee = entry.block().and_then(|block| {
                let source = block.body.attribute("source")?.value.literal_string()?;
                local_source(&module.sources.folder, &source)
            });
            let types = callee.and_then(|callee| self.types_below(modules, &callee));
            reach.calls.insert(address.clone(), types);
        }
        let mut above = BTreeSet::new();
        for caller in self.callers.get(folder).into_iter().flatten() {
            above.extend(
                modules
                    .get(caller)
                    .into_iter()
                    .flat_map(Module::resource_types),
            );
            for call in self.by_caller.get(caller).into_iter().flatten() {
                if call.callee != folder {
                    let below = self.types_below(modules, &call.callee);
                    above.extend(below.iter().flat_map(|types| types.iter().cloned()));
                }
            }
        }
        reach.above = Arc::new(above);
        reach
    }

    /// The resource types in a module and in what it calls; `None` when some of that can't be seen.
    fn types_below(&self, modules: &Modules, folder: &Path) -> Option<Arc<BTreeSet<SmolStr>>> {
        let mut types = BTreeSet::new();
        let mut seen: BTreeSet<PathBuf> = [folder.to_path_buf()].into();
        let mut todo = vec![folder.to_path_buf()];
        while let Some(folder) = todo.pop() {
            let module = modules.get(&folder)?;
            if module.sources.has_hidden_parts {
                return None;
            }
            types.extend(module.resource_types());
            for callee in module.sources.local_callees() {
                let callee = callee?;
                if seen.insert(callee.clone()) {
                    todo.push(callee);
                }
            }
        }
        Some(Arc::new(types))
    }
}

/// The calls of all instances of a module, in the order of the text.
fn calls_of(module: &Module) -> Vec<Call> {
    let sources = &module.sources;
    let blocks = sources.index.entries();
    let mut blocks: Vec<BlockId> = blocks
        .filter(|(_, e)| e.address().is_some_and(|a| a.kind == BlockKind::Module))
        .map(|(id, _)| id)
        .collect();
    blocks.sort_by_cached_key(|id| sources.order(*id));
    let mut calls = Vec::new();
    for (instance, view) in module.views().enumerate() {
        let mut own: Vec<Call> = blocks
            .iter()
            .filter_map(|block| call_of(view, instance, *block))
            .collect();
        mark_cycles(view, &mut own);
        calls.extend(own);
    }
    calls
}

/// Finds the calls whose arguments are made of what they yield, be it by way of other calls.
fn mark_cycles(view: View<'_>, calls: &mut [Call]) {
    let made_of: FxHashMap<Address, FxHashSet<Address>> = calls
        .iter()
        .map(|call| {
            (
                call.address.clone(),
                view.instance
                    .memo
                    .outputs_behind(&Key::Block(call.site.block)),
            )
        })
        .collect();
    for call in calls {
        let mut seen: FxHashSet<&Address> = FxHashSet::default();
        let mut todo = vec![&call.address];
        while let Some(address) = todo.pop() {
            let next = made_of.get(address).into_iter().flatten();
            todo.extend(next.filter(|a| seen.insert(a)));
        }
        call.is_cyclic = seen.contains(&call.address);
    }
}

fn call_of(view: View<'_>, instance: usize, block: BlockId) -> Option<Call> {
    let subject = view.evaluator().subject(block)?;
    if subject.existence == Existence::Never {
        return None;
    }
    let source = view.sources.index.get(block)?.block()?;
    let source = source.body.attribute("source")?.value.literal_string()?;
    let callee = local_source(&view.sources.folder, &source)?;
    let arguments = arguments(view, block, &subject, &callee);
    let site = CallSite {
        folder: view.sources.folder.clone(),
        instance,
        block,
    };
    Some(Call {
        callee,
        address: subject.address.clone(),
        site,
        inputs: Inputs::Call(Arc::new(arguments)),
        is_repeated: subject.repeated.is_some(),
        is_cyclic: false,
    })
}

fn arguments(
    view: View<'_>,
    block: BlockId,
    subject: &Subject,
    callee: &Path,
) -> BTreeMap<SmolStr, Value> {
    let body = view.sources.index.get(block).and_then(|e| e.block());
    let attributes = body.into_iter().flat_map(|block| block.body.attributes());
    let names = attributes.map(|a| &a.name.name);
    let inputs = names.filter(|name| !META.contains(&name.as_str()));
    inputs
        .map(|name| {
            // What is written and not in the evaluated body is null.
            let value = subject.body.get(name).cloned().unwrap_or_else(Value::null);
            (name.clone(), value.exported(&view.sources.folder, callee))
        })
        .collect()
}

/// The outputs of a module as an object.
fn outputs_of(view: View<'_>) -> Value {
    let (sources, evaluator) = (view.sources, view.evaluator());
    let mut is_open = sources.has_hidden_parts || sources.index.has_overrides();
    let mut entries = BTreeMap::new();
    for id in sources.index.of_type(BlockKind::Output, "") {
        let Some(subject) = evaluator.subject(id) else {
            is_open = true;
            continue;
        };
        let mut value = subject
            .body
            .get("value")
            .cloned()
            .unwrap_or_else(Value::null);
        value.sensitive |= subject.body.get("sensitive").and_then(Value::as_bool) == Some(true);
        entries.insert(subject.address.name.clone(), value);
    }
    if is_open {
        Value::open_object(entries)
    } else {
        Value::object(entries)
    }
}
