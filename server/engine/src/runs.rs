//! Which rules run on which blocks, what each had read, and what it found.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_eval::Symbol;
use stockade_model::{Address, BlockId, BlockKind, FileId};
use stockade_rules::finding::Finding;
use stockade_rules::page::{Outcome, Verdict};

use crate::around::Around;
use crate::index::Mark;
use crate::instance::{Instance, Pending, View};
use crate::links::Link;
use crate::memo::Key;
use crate::module::{Sources, Work};
use crate::told::{self, Telling, Told};

/// What a rule may have read beyond its own block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Read {
    Memo(Key),
    /// Which blocks of a type there are.
    Type(BlockKind, SmolStr),
    /// Whether absence of a type may be claimed.
    Absence(BlockKind, SmolStr),
    /// Which blocks point at an address.
    Pointing(Link, Address),
    /// Which blocks name something.
    Naming(Link, Arc<str>),
    /// Whether some link can't be resolved.
    Unresolved(Link),
    /// Which resources of other types than this one a link goes to.
    Relays(Link, SmolStr),
    /// Which module calls and outputs mention an address.
    Mentions(Address),
    /// Which resources other modules have.
    Reach,
    /// The text of a segment.
    Text(BlockId),
    /// Which segments refer to something.
    Readers(Symbol),
    /// The text of the lock file.
    Lock,
    /// Where the workspace keeps its states.
    Stores,
    /// What git has, or would take.
    Git,
    /// Which blocks of a kind there are.
    Kind(BlockKind),
    /// Which lines of `.tfvars` files assign a variable.
    Assignments(SmolStr),
}

/// The index of a rule in the catalog.
pub(crate) type RuleIndex = usize;

/// The results of all rules on all blocks of a module.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    results: FxHashMap<BlockId, FxHashMap<RuleIndex, Run>>,
    readers: FxHashMap<Read, FxHashSet<(RuleIndex, BlockId)>>,
    /// The [`Read::Absence`] and [`Read::Readers`] among them.
    rare: FxHashSet<Read>,
    /// What is told of blocks.
    telling: Telling,
    /// The subjects with findings that stand in a file.
    shown_in: FxHashMap<FileId, FxHashMap<BlockId, usize>>,
}

#[derive(Debug)]
struct Run {
    findings: Vec<Arc<Finding>>,
    /// Whether it could not be known if there is something to find. Kept only for blocks with a suppression.
    is_silent: bool,
    files: Vec<FileId>,
    reads: Box<[Read]>,
}

impl Runs {
    /// What is told of a block: what rules found, and what stands in the text.
    pub(crate) fn told(
        &self,
        sources: &Sources,
        id: BlockId,
        in_text: &[Arc<Finding>],
    ) -> Arc<[Told]> {
        self.telling.of(id, || {
            let mut found = self.of_block(id);
            found.extend_from_slice(in_text);
            told::of_block(sources, &found)
        })
    }

    /// Something else may stand in the text of a block.
    pub(crate) fn forget_told(&mut self, id: BlockId) {
        self.telling.forget(id);
    }

    /// The findings of a block by all rules, in the catalog's order.
    fn of_block(&self, id: BlockId) -> Vec<Arc<Finding>> {
        let mut runs: Vec<(&RuleIndex, &Run)> =
            self.results.get(&id).into_iter().flatten().collect();
        runs.sort_by_key(|(rule, _)| **rule);
        runs.into_iter()
            .flat_map(|(_, run)| run.findings.iter().cloned())
            .collect()
    }

    /// Whether a suppression of this rule in this block may be of use, with other values.
    pub(crate) fn is_silent(&self, id: BlockId, rule: RuleIndex) -> bool {
        let run = self.results.get(&id).and_then(|runs| runs.get(&rule));
        run.is_some_and(|run| run.is_silent)
    }

    /// The subjects of findings whose primary range stands in a file.
    pub(crate) fn subjects_shown_in(&self, file: FileId) -> Vec<BlockId> {
        self.shown_in
            .get(&file)
            .into_iter()
            .flat_map(|blocks| blocks.keys().copied())
            .collect()
    }

    /// Whether a rule has asked what refers to something.
    pub(crate) fn know_readers(&self) -> bool {
        self.rare.iter().any(|r| matches!(r, Read::Readers(_)))
    }

    /// All reads that are claims of absence.
    pub(crate) fn absence_reads(&self) -> Vec<Read> {
        let all = self.rare.iter();
        all.filter(|r| matches!(r, Read::Absence(..)))
            .cloned()
            .collect()
    }

    fn drop_block(&mut self, id: BlockId) {
        self.telling.forget(id);
        for (rule, run) in self.results.remove(&id).unwrap_or_default() {
            self.forget(rule, id, run);
        }
    }

    fn drop_run(&mut self, rule: RuleIndex, id: BlockId) {
        self.telling.forget(id);
        if let Some(run) = self
            .results
            .get_mut(&id)
            .and_then(|runs| runs.remove(&rule))
        {
            self.forget(rule, id, run);
        }
    }

    fn forget(&mut self, rule: RuleIndex, id: BlockId, run: Run) {
        for read in run.reads {
            if let Some(readers) = self.readers.get_mut(&read) {
                readers.remove(&(rule, id));
                if readers.is_empty() {
                    self.readers.remove(&read);
                    self.rare.remove(&read);
                }
            }
        }
        for file in run.files {
            if let Some(blocks) = self.shown_in.get_mut(&file) {
                let count = blocks.entry(id).or_default();
                *count = count.saturating_sub(1);
                if *count == 0 {
                    blocks.remove(&id);
                }
            }
        }
    }

    fn store(&mut self, rule: RuleIndex, id: BlockId, run: Run) {
        for read in &run.reads {
            if matches!(read, Read::Absence(..) | Read::Readers(_)) {
                self.rare.insert(read.clone());
            }
            self.readers
                .entry(read.clone())
                .or_default()
                .insert((rule, id));
        }
        for file in &run.files {
            *self
                .shown_in
                .entry(*file)
                .or_default()
                .entry(id)
                .or_default() += 1;
        }
        if !run.findings.is_empty() || !run.reads.is_empty() || run.is_silent {
            self.results.entry(id).or_default().insert(rule, run);
        }
    }
}

/// Runs what must run: the rules of blocks that changed, those that had read something that
/// changed, or (`everything`) all.
pub(crate) fn run(
    sources: &Sources,
    instance: &mut Instance,
    pending: &Pending,
    everything: bool,
) -> Work {
    let changed = &pending.reads;
    for id in &pending.removed {
        instance.runs.drop_block(*id);
    }
    let mut blocks: FxHashSet<BlockId> = pending.rewritten.clone();
    blocks.extend(changed.iter().filter_map(|read| match read {
        Read::Memo(Key::Block(id)) => Some(*id),
        _ => None,
    }));
    if everything {
        blocks.extend(
            sources
                .index
                .entries()
                .filter(|(_, e)| e.address().is_some())
                .map(|(id, _)| id),
        );
    }
    let mut pairs: FxHashSet<(RuleIndex, BlockId)> = FxHashSet::default();
    for read in changed {
        pairs.extend(
            instance
                .runs
                .readers
                .get(read)
                .into_iter()
                .flatten()
                .copied(),
        );
    }
    pairs.retain(|(_, id)| !blocks.contains(id));
    let mut work = Work::default();
    for id in blocks {
        instance.runs.drop_block(id);
        let Some(address) = sources.index.get(id).and_then(|e| e.address()).cloned() else {
            continue;
        };
        let catalog = &sources.config.catalog;
        for rule in catalog.rules_for(address.kind, &address.ty) {
            run_one(sources, instance, rule, id, &address, &mut work);
        }
    }
    for (rule, id) in pairs {
        instance.runs.drop_run(rule, id);
        let Some(address) = sources.index.get(id).and_then(|e| e.address()).cloned() else {
            continue;
        };
        run_one(sources, instance, rule, id, &address, &mut work);
    }
    work
}

fn run_one(
    sources: &Sources,
    instance: &mut Instance,
    rule: RuleIndex,
    id: BlockId,
    address: &Address,
    work: &mut Work,
) {
    let page = sources.config.catalog.rule(rule);
    if !sources.config.runs(rule) {
        return;
    }
    let has_suppression = sources.index.has(Mark::Suppression, id);
    let around = Around::new(View { sources, instance });
    let Some(subject) = around.own(id) else {
        // With another `count` there may be something to find.
        let unmade = Run {
            findings: Vec::new(),
            is_silent: has_suppression,
            files: Vec::new(),
            reads: around.into_reads(),
        };
        return instance.runs.store(rule, id, unmade);
    };
    // A fault in one rule must cost no more than that rule on this block.
    let outcome = catch_unwind(AssertUnwindSafe(|| page.run(id, &subject, &around)));
    let reads = around.into_reads();
    work.evaluated.push((page.id.clone(), address.clone()));
    let outcome = outcome.unwrap_or_else(|_| {
        tracing::error!(rule = %page.id, block = %address, "the rule failed; it is left out for this block");
        Outcome::default()
    });
    let is_silent = outcome.verdict == Verdict::Silent && has_suppression;
    let findings = outcome.findings;
    let files = findings
        .iter()
        .filter_map(|f| sources.index.get(f.at.block).map(|e| e.file))
        .collect();
    // A message carries the value that was found, which may hold a token.
    let scanner = sources.config.catalog.scanner();
    let masked = |mut finding: Finding| {
        if let Some(masked) = scanner.masked(&finding.message) {
            finding.message = masked;
        }
        Arc::new(finding)
    };
    let findings = findings.into_iter().map(masked).collect();
    instance.runs.store(
        rule,
        id,
        Run {
            findings,
            is_silent,
            files,
            reads,
        },
    );
}
