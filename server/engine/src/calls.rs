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
use stockade_eval::{EvalBody, Existence, Instance, InstanceKey, SharedSubject, Value};
use stockade_model::installed::is_installed;
use stockade_model::{Address, BlockId, BlockKind};

use crate::index::Entry;
use crate::instance::{CallSite, Given, Inputs, Reach, View};
use crate::memo::Key;
use crate::module::{self, Chosen, Module, Modules, Sources};

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
pub(crate) struct Call {
    pub(crate) callee: PathBuf,
    address: Address,
    site: CallSite,
    pub(crate) inputs: Inputs,
    pub(crate) key: CallKey,
    /// Its arguments are made of what it yields.
    is_cyclic: bool,
}

/// Who calls whom with what, in all modules that are loaded.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_caller: BTreeMap<PathBuf, Vec<Call>>,
    callers: FxHashMap<PathBuf, BTreeSet<PathBuf>>,
}

/// Which instance of a `module` block a call is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CallKey {
    /// The block has neither `count` nor `for_each`.
    Only,
    Of(InstanceKey),
    /// One of those of a `count` or `for_each` that isn't known.
    Any,
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
            module::evaluate(modules, &evaluated);
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

    /// Some modules, and those that tell what is found in the fetched ones of them. Fetched ones come first, callees
    /// before their callers.
    pub(crate) fn with_tellers(&self, folders: BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let mut all = folders;
        let mut todo: Vec<PathBuf> = all.iter().cloned().collect();
        while let Some(folder) = todo.pop() {
            let tellers = self.callers.get(&folder).filter(|_| is_installed(&folder));
            for caller in tellers.into_iter().flatten() {
                if all.insert(caller.clone()) {
                    todo.push(caller.clone());
                }
            }
        }
        let mut ordered = Vec::new();
        let mut seen = BTreeSet::new();
        for folder in &all {
            self.after_fetched(folder, &all, &mut seen, &mut ordered);
        }
        ordered
    }

    fn after_fetched(
        &self,
        folder: &Path,
        all: &BTreeSet<PathBuf>,
        seen: &mut BTreeSet<PathBuf>,
        ordered: &mut Vec<PathBuf>,
    ) {
        if !seen.insert(folder.to_path_buf()) {
            return;
        }
        let calls = self.by_caller.get(folder).into_iter().flatten();
        let fetched = calls.map(|call| &call.callee).filter(|c| is_installed(c));
        for callee in fetched.filter(|callee| all.contains(*callee)) {
            self.after_fetched(callee, all, seen, ordered);
        }
        ordered.push(folder.to_path_buf());
    }

    /// One round. Returns the modules that are given something new.
    fn exchange(
        &mut self,
        modules: &mut Modules,
        evaluated: &BTreeSet<PathBuf>,
    ) -> BTreeSet<PathBuf> {
        let mut read: BTreeMap<PathBuf, Vec<Call>> = read_calls(modules, evaluated);
        let mut concerned = evaluated.clone();
        for folder in evaluated {
            let calls = read.remove(folder).unwrap_or_default();
            concerned.extend(self.update(folder, calls));
            concerned.extend(self.callers.get(folder).into_iter().flatten().cloned());
        }
        let mut below = Below::default();
        let given = concerned.iter().filter_map(|folder| {
            let module = modules.get(folder)?;
            Some(self.given(modules, folder, module, &mut below))
        });
        let given: Vec<Vec<(Given, Vec<CallSite>)>> = given.collect();
        let mut chosen = Chosen::new(modules, &concerned);
        let mut with_given: Vec<_> = chosen.taken.iter_mut().zip(given).collect();
        let given_new = module::on_each(&mut with_given, |((folder, module), given)| {
            let (given, callers) = std::mem::take(given).into_iter().unzip();
            module.give(given, callers).then(|| folder.clone())
        });
        given_new.into_iter().flatten().collect()
    }

    /// Notes the calls of a module. Returns the folders that it calls or called.
    fn update(&mut self, folder: &Path, calls: Vec<Call>) -> BTreeSet<PathBuf> {
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
        below: &mut Below,
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
        let reach = self.reach(modules, folder, module, below);
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

    /// What the calls of an instance yield, by the address of the block.
    fn outputs(
        &self,
        modules: &Modules,
        folder: &Path,
        instance: usize,
    ) -> BTreeMap<Address, Value> {
        let calls = self.by_caller.get(folder).into_iter().flatten();
        let calls = calls.filter(|c| c.site.instance == instance && !c.is_cyclic);
        let mut yielded: BTreeMap<Address, Yielded> = BTreeMap::new();
        for call in calls {
            let outputs = self.outputs_of_call(modules, folder, call);
            let all = yielded.entry(call.address.clone()).or_default();
            all.push((call.key.clone(), outputs));
        }
        let old = modules.get(folder).and_then(|m| m.instances.get(instance));
        let old = old.map(|instance| &instance.given.outputs);
        let value = |(address, all): (Address, Yielded)| {
            // What isn't there yet comes in this round: what was yielded so far stands until the next.
            let value = if all.iter().any(|(_, v)| *v == Some(None)) {
                old?.get(&address)?.clone()
            } else {
                together(all)?
            };
            Some((address, value))
        };
        yielded.into_iter().filter_map(value).collect()
    }

    /// What a call yields: nothing that can be seen, or (`Some(None)`) nothing yet.
    fn outputs_of_call(
        &self,
        modules: &Modules,
        folder: &Path,
        call: &Call,
    ) -> Option<Option<Value>> {
        let callee = modules.get(&call.callee)?;
        if self.reaches(&call.callee, folder) {
            return None;
        }
        let view = callee
            .views()
            .find(|v| v.instance.given.inputs == call.inputs);
        if view.is_none() && callee.instances.len() > MAX_INSTANCES {
            return None;
        }
        let yields = view.and_then(|view| view.instance.yields.as_ref());
        Some(yields.map(|outputs| outputs.exported(&callee.sources.folder, folder)))
    }

    /// Where companions of a module's resources may stand outside of it.
    fn reach(&self, modules: &Modules, folder: &Path, module: &Module, below: &mut Below) -> Reach {
        let mut reach = Reach::default();
        for id in module.sources.index.of_type(BlockKind::Module, "") {
            let Some(address) = module.sources.index.get(id).and_then(Entry::address) else {
                continue;
            };
            let callee = module.sources.callee(id);
            let types = callee.and_then(|callee| below.types(modules, &callee));
            // Of two blocks of one address, both count.
            let both = match reach.calls.remove(address) {
                Some(other) => other
                    .zip(types)
                    .map(|(a, b)| Arc::new(a.union(&b).cloned().collect())),
                None => types,
            };
            reach.calls.insert(address.clone(), both);
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
                    let types = below.types(modules, &call.callee);
                    above.extend(types.iter().flat_map(|types| types.iter().cloned()));
                }
            }
        }
        reach.above = Arc::new(above);
        reach
    }
}

/// The resource types in modules and in what they call, each looked for once.
#[derive(Default)]
struct Below(FxHashMap<PathBuf, Option<Arc<BTreeSet<SmolStr>>>>);

impl Below {
    /// `None` when some of that can't be seen.
    fn types(&mut self, modules: &Modules, folder: &Path) -> Option<Arc<BTreeSet<SmolStr>>> {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let types = Below::look(modules, folder).map(Arc::new);
        self.0.insert(folder.to_path_buf(), types.clone());
        types
    }

    fn look(modules: &Modules, folder: &Path) -> Option<BTreeSet<SmolStr>> {
        let mut types = BTreeSet::new();
        let mut seen: BTreeSet<PathBuf> = [folder.to_path_buf()].into();
        let mut todo = vec![folder.to_path_buf()];
        while let Some(folder) = todo.pop() {
            let module = modules.get(&folder)?;
            if module.sources.has_hidden_parts {
                return None;
            }
            types.extend(module.resource_types());
            for callee in module.sources.callees() {
                let callee = callee?;
                if seen.insert(callee.clone()) {
                    todo.push(callee);
                }
            }
        }
        Some(types)
    }
}

/// The calls of modules that were evaluated. Also notes what their instances yield.
fn read_calls(
    modules: &mut Modules,
    evaluated: &BTreeSet<PathBuf>,
) -> BTreeMap<PathBuf, Vec<Call>> {
    let read = |(folder, module): &mut (PathBuf, Module)| {
        let yields: Vec<Value> = module.views().map(outputs_of).collect();
        for (instance, yields) in module.instances.iter_mut().zip(yields) {
            instance.yields = Some(yields);
        }
        (folder.clone(), calls_of(module))
    };
    let read = module::on_each(&mut Chosen::new(modules, evaluated).taken, read);
    read.into_iter().collect()
}

/// The calls of all instances of a module, in the order of the text.
fn calls_of(module: &Module) -> Vec<Call> {
    let sources = &module.sources;
    let mut blocks: Vec<BlockId> = sources.index.of_type(BlockKind::Module, "").collect();
    blocks.sort_by_cached_key(|id| sources.order(*id));
    let mut calls = Vec::new();
    for (instance, view) in module.views().enumerate() {
        let mut own: Vec<Call> = blocks
            .iter()
            .flat_map(|block| calls_of_block(view, instance, *block))
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

/// The calls that a block makes, one for each instance that is known.
pub(crate) fn calls_of_block(view: View<'_>, instance: usize, block: BlockId) -> Vec<Call> {
    let Some((subject, callee)) = called(view, block) else {
        return Vec::new();
    };
    let site = CallSite {
        folder: view.sources.folder.clone(),
        instance,
        block,
    };
    let call = |key: CallKey, inputs: BTreeMap<SmolStr, Value>| Call {
        callee: callee.clone(),
        address: subject.address.clone(),
        site: site.clone(),
        inputs: Inputs::Call(Arc::new(inputs)),
        key,
        is_cyclic: false,
    };
    let names = inputs(view.sources, block);
    let arguments = |body: &EvalBody| {
        // What is written and not in the evaluated body is null.
        let value = |name: &SmolStr| body.get(name).cloned().unwrap_or_else(Value::null);
        let exported = |name: &SmolStr| {
            let value = value(name).exported(&view.sources.folder, &callee);
            (name.clone(), value)
        };
        names.iter().map(exported).collect()
    };
    if subject.instances.is_empty() {
        let key = match subject.repeated {
            Some(_) => CallKey::Any,
            None => CallKey::Only,
        };
        return vec![call(key, arguments(&subject.body))];
    }
    let instances = subject.instances.iter();
    let of_instance = |i: &Instance| call(CallKey::Of(i.key.clone()), arguments(&i.body));
    instances.map(of_instance).collect()
}

/// The names of a call's inputs that are written.
fn inputs(sources: &Sources, block: BlockId) -> Vec<SmolStr> {
    let Some(block) = sources.in_force(block) else {
        return Vec::new();
    };
    let names = block.body.attributes().map(|a| a.name.name.clone());
    names.filter(|n| !META.contains(&n.as_str())).collect()
}

/// A `module` block that exists, and the folder that it calls.
fn called(view: View<'_>, block: BlockId) -> Option<(SharedSubject, PathBuf)> {
    let subject = view.evaluator().subject(block)?;
    if subject.existence == Existence::Never {
        return None;
    }
    Some((subject, view.sources.callee(block)?))
}

/// What the calls of one block yield together: an object, a list of them, or a map.
fn together(all: Yielded) -> Option<Value> {
    let mut list = Vec::new();
    let mut map = BTreeMap::new();
    for (key, value) in all {
        let value = value??;
        match key {
            CallKey::Only => return Some(value),
            CallKey::Of(InstanceKey::Index(_)) => list.push(value),
            CallKey::Of(InstanceKey::Name(name)) => drop(map.insert(name, value)),
            CallKey::Any => return None,
        }
    }
    Some(match map.is_empty() {
        true => Value::tuple(list),
        false => Value::object(map),
    })
}

/// What each call of a block yields; see [`Calls::outputs_of_call`].
type Yielded = Vec<(CallKey, Option<Option<Value>>)>;

/// The outputs of a module as an object.
fn outputs_of(view: View<'_>) -> Value {
    let (sources, evaluator) = (view.sources, view.evaluator());
    let mut is_open = sources.has_hidden_parts;
    let mut entries = BTreeMap::new();
    let index = &sources.index;
    // Of several of a name the first counts.
    let counts = |id: &BlockId| {
        let address = index.get(*id).and_then(Entry::address);
        address.is_none_or(|a| index.named(a).len() < 2 || sources.first_named(a) == Some(*id))
    };
    for id in index.of_type(BlockKind::Output, "").filter(counts) {
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
