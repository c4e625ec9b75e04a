//! One evaluation of a module: with its own defaults and tfvars, or with what a call passes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use stockade_eval::Value;
use stockade_model::{Address, BlockId};
use stockade_rules::Policies;

use crate::index::{Entry, Touched};
use crate::links::Links;
use crate::memo::{Key, Memo};
use crate::module::{Sources, Work};
use crate::runs::{Read, Runs};
use crate::scope::Evaluator;

/// What a module is given from outside. Equal ones are evaluated once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given {
    pub(crate) inputs: Inputs,
    /// What its module calls yield; of one that isn't here nothing is known.
    pub(crate) outputs: BTreeMap<Address, Value>,
    pub(crate) reach: Reach,
}

/// Which resources other modules have that what is passed to them may be linked with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reach {
    /// The types in a called module and below it; `None` when they can't be seen.
    pub(crate) calls: BTreeMap<Address, Option<Arc<BTreeSet<SmolStr>>>>,
    /// The types in the callers and in what else they call.
    pub(crate) above: Arc<BTreeSet<SmolStr>>,
}

/// Where a module's variables get their values.
#[derive(Clone, Debug, Default)]
pub(crate) enum Inputs {
    /// A root: from its tfvars and defaults.
    #[default]
    Own,
    /// Others call it, in a way that can't be followed.
    Unknown,
    /// From a call; a variable that it doesn't name has its default.
    Call(Arc<BTreeMap<SmolStr, Value>>),
}

impl PartialEq for Inputs {
    fn eq(&self, other: &Inputs) -> bool {
        match (self, other) {
            (Inputs::Call(a), Inputs::Call(b)) => Arc::ptr_eq(a, b) || a == b,
            (Inputs::Own, Inputs::Own) | (Inputs::Unknown, Inputs::Unknown) => true,
            _ => false,
        }
    }
}

impl Inputs {
    /// Whether tfvars files count.
    pub(crate) fn is_root(&self) -> bool {
        *self == Inputs::Own
    }

    /// The value that a call passes.
    pub(crate) fn argument(&self, name: &str) -> Option<&Value> {
        match self {
            Inputs::Call(arguments) => arguments.get(name),
            _ => None,
        }
    }

    /// The variables that have other values under other inputs.
    fn difference(&self, other: &Inputs, sources: &Sources) -> Vec<SmolStr> {
        let (Inputs::Call(old), Inputs::Call(new)) = (self, other) else {
            return if self == other {
                Vec::new()
            } else {
                sources.variables().collect()
            };
        };
        let names: BTreeSet<&SmolStr> = old.keys().chain(new.keys()).collect();
        names
            .into_iter()
            .filter(|name| old.get(*name) != new.get(*name))
            .cloned()
            .collect()
    }
}

/// A module call that an instance answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    /// The caller's folder, and which of its instances.
    pub(crate) folder: Arc<Path>,
    pub(crate) instance: usize,
    pub(crate) block: BlockId,
}

/// The values, edges and results of a module under what it is given.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    pub(crate) given: Given,
    /// Who gives it that, in the order of folders and of the text.
    pub(crate) callers: Vec<CallSite>,
    pub(crate) memo: Memo,
    pub(crate) links: RefCell<Links>,
    pub(crate) runs: Runs,
    /// Policies that rules have read, while they run.
    pub(crate) policies: Policies,
    /// What its outputs were when it was last evaluated; `None` when it has been given something else since.
    pub(crate) yields: Option<Value>,
    pending: Pending,
}

/// What changed since the rules ran.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) removed: Vec<BlockId>,
    pub(crate) rewritten: FxHashSet<BlockId>,
    pub(crate) reads: FxHashSet<Read>,
    /// What rules read of claims of absence.
    pub(crate) absences: bool,
}

/// A module's sources as one instance sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'m> {
    pub(crate) sources: &'m Sources,
    pub(crate) instance: &'m Instance,
}

impl<'m> View<'m> {
    pub(crate) fn evaluator(self) -> Evaluator<'m> {
        Evaluator {
            sources: self.sources,
            given: &self.instance.given,
            memo: &self.instance.memo,
        }
    }
}

impl Instance {
    /// An instance that has evaluated nothing yet.
    pub(crate) fn new(sources: &Sources, given: Given) -> Instance {
        let instance = Instance {
            given,
            ..Instance::default()
        };
        let mut everything = Touched::default();
        sources.index.touch_all(&mut everything);
        let mut instance = instance;
        instance.take(sources, &everything, &[]);
        instance
    }

    /// Gives it other inputs and outputs; true if they are others.
    pub(crate) fn give(&mut self, sources: &Sources, given: Given) -> bool {
        if self.given == given {
            return false;
        }
        for name in self.given.inputs.difference(&given.inputs, sources) {
            self.memo.redefine(Key::Variable(name));
        }
        let calls: BTreeSet<&Address> = self
            .given
            .outputs
            .keys()
            .chain(given.outputs.keys())
            .collect();
        for call in calls {
            if self.given.outputs.get(call) != given.outputs.get(call) {
                self.memo.change(Key::Outputs(call.clone()));
            }
        }
        if self.given.reach != given.reach {
            self.pending.reads.insert(Read::Reach);
        }
        self.given = given;
        self.yields = None;
        true
    }

    /// Notes what an update of the index touched, and the facts that changed with it.
    pub(crate) fn take(&mut self, sources: &Sources, touched: &Touched, facts: &[Key]) {
        for id in &touched.removed {
            self.memo.remove(&Key::Block(*id));
        }
        for key in &touched.redefined {
            self.memo.redefine(key.clone());
        }
        self.pending.rewritten.extend(&touched.rewritten);
        for key in touched.changed.iter().chain(facts) {
            if let Key::Name(address) = key {
                self.pending.rewritten.extend(sources.index.named(address));
            }
            self.memo.change(key.clone());
        }
        let kinds = touched.types.iter().map(|(kind, _)| Read::Kind(*kind));
        self.pending.reads.extend(kinds);
        let types = touched.types.iter().cloned();
        self.pending
            .reads
            .extend(types.map(|(kind, ty)| Read::Type(kind, ty)));
        let reads = &mut self.pending.reads;
        reads.extend(touched.texts.iter().copied().map(Read::Text));
        reads.extend(touched.assigned.iter().cloned().map(Read::Assignments));
        reads.extend(touched.lock.then_some(Read::Lock));
        reads.extend(touched.stores.then_some(Read::Stores));
        reads.extend(touched.git.then_some(Read::Git));
        if self.runs.know_readers() {
            let entries = touched.texts.iter().filter_map(|id| sources.index.get(*id));
            let new = entries.flat_map(Entry::mentions);
            let all = new.chain(&touched.unmentioned).cloned();
            reads.extend(all.map(Read::Readers));
        }
        self.pending.removed.extend(&touched.removed);
        self.pending.absences |= touched.unparsed;
    }

    /// Evaluates what changed; true if a value or its origin is another one.
    pub(crate) fn evaluate(&mut self, sources: &Sources) -> bool {
        let view = View {
            sources,
            instance: self,
        };
        let evaluator = view.evaluator();
        let moved = self.memo.settle(&|key| evaluator.compute(key));
        let mut links = self.links.borrow_mut();
        let gone = self.pending.removed.iter().copied();
        let there = moved.iter().filter_map(|key| match key {
            Key::Block(id) => Some(*id),
            _ => None,
        });
        let mut reads = Vec::new();
        for id in gone.chain(there) {
            let subject = evaluator.peek_subject(id);
            reads.extend(links.update(id, subject.as_deref()));
        }
        drop(links);
        let is_moved = !moved.is_empty();
        self.pending.reads.extend(reads);
        self.pending.reads.extend(moved.into_iter().map(Read::Memo));
        is_moved
    }

    /// Runs the rules that what changed concerns, or (`everything`) all.
    pub(crate) fn run(&mut self, sources: &Sources, everything: bool) -> Work {
        let mut pending = std::mem::take(&mut self.pending);
        if std::mem::take(&mut pending.absences) {
            pending.reads.extend(self.runs.absence_reads());
        }
        let work = crate::runs::run(sources, self, &pending, everything);
        self.policies.clear();
        work
    }
}
