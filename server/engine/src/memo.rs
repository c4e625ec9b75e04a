//! Memoised values with recorded reads: after a change, exactly what read something that changed
//! *in value* is computed again.
//!
//! A node (variable, local, block) is computed on demand and remembers the keys that it read. A
//! change makes the nodes it defines [`State::Stale`] and everything that read them, directly or
//! not, [`State::Suspect`]. A suspect node is computed again only if one of its reads turns out to
//! have changed; if the recomputed value is equal, the change stops there.
//!
//! Nodes on a cycle of references are an error in Terraform and unknown here. Which of them was
//! asked first must not matter, so strongly connected components are found exactly, by Tarjan's
//! algorithm along the evaluation itself.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Value};
use stockade_model::{Address, BlockId};

/// What an evaluation can read. The first three are computed; the others are facts about the
/// module, told by [`Memo::change`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Variable(SmolStr),
    Local(SmolStr),
    Block(BlockId),
    /// Which blocks have this address, none included.
    Name(Address),
    /// The content of a file that a function reads, or that it isn't there.
    File(SmolStr),
    /// What a module call yields.
    Outputs(Address),
    /// The versions allowed of a provider, or of Terraform itself (an empty name).
    Versions(SmolStr),
}

/// The result of a node.
#[derive(Clone, Debug)]
pub(crate) enum Computed {
    /// Of a variable or local, and what an expression that names it gets: see [`Value::to_be_read`].
    Value { value: Value, read: Value },
    /// `None`: the block is gone, or nothing can be known of it.
    Subject(Option<SharedSubject>),
}

impl Computed {
    pub(crate) fn value(value: Value) -> Computed {
        let read = value.to_be_read();
        Computed::Value { value, read }
    }

    fn cyclic(&self) -> Computed {
        match self {
            Computed::Value { .. } => Computed::value(Value::unknown()),
            Computed::Subject(_) => Computed::Subject(None),
        }
    }

    fn equals(&self, other: &Computed) -> bool {
        match (self, other) {
            (Computed::Value { value: a, .. }, Computed::Value { value: b, .. }) => a == b,
            (Computed::Subject(a), Computed::Subject(b)) => a == b,
            _ => false,
        }
    }

    /// Also equal in where the values were read from.
    fn same(&self, other: &Computed) -> bool {
        match (self, other) {
            (Computed::Subject(Some(a)), Computed::Subject(Some(b))) => a.same_origins(b),
            _ => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Suspect,
    Stale,
}

#[derive(Clone, Debug)]
struct Node {
    result: Computed,
    reads: Box<[Key]>,
    state: State,
}

/// A node that is being computed.
#[derive(Debug)]
struct Frame {
    index: usize,
    low: usize,
    reads: FxHashSet<Key>,
}

/// Nodes, who reads whom, and what changed since [`Memo::take_changed`].
#[derive(Debug, Default)]
pub(crate) struct Memo {
    cells: RefCell<Cells>,
}

#[derive(Debug, Default)]
struct Cells {
    nodes: FxHashMap<Key, Node>,
    readers: FxHashMap<Key, Readers>,
    frames: Vec<Frame>,
    /// Tarjan's stack: nodes whose component is not complete, with the result so far.
    open: Vec<(Key, Option<Computed>, Box<[Key]>)>,
    /// Where each stands in `open`.
    open_at: FxHashMap<Key, usize>,
    verifying: FxHashSet<Key>,
    /// Changed in value.
    changed: FxHashSet<Key>,
    /// Changed in value or in origin.
    moved: FxHashSet<Key>,
    suspects: Vec<Key>,
}

/// Who reads something: of most things one node does.
#[derive(Debug)]
enum Readers {
    One(Key),
    Many(FxHashSet<Key>),
}

impl Readers {
    fn add(&mut self, key: &Key) {
        match self {
            Readers::One(one) if one == key => {}
            Readers::One(one) => {
                *self = Readers::Many([one.clone(), key.clone()].into_iter().collect());
            }
            Readers::Many(many) => drop(many.insert(key.clone())),
        }
    }

    fn copy_to(&self, keys: &mut Vec<Key>) {
        match self {
            Readers::One(one) => keys.push(one.clone()),
            Readers::Many(many) => keys.extend(many.iter().cloned()),
        }
    }
}

/// What the expression of one node may need of the stack, in bytes; with less left another piece is taken.
const RED_ZONE: usize = 1 << 20;
const STACK: usize = 8 << 20;

impl Memo {
    /// The result of a node, computed by `compute` unless it is known; recorded as a read of the
    /// node being computed.
    pub(crate) fn read(&self, key: &Key, compute: &dyn Fn(&Key) -> Computed) -> Computed {
        self.record(key);
        if let Some(index) = self.open_index(key) {
            let mut cells = self.cells.borrow_mut();
            if let Some(frame) = cells.frames.last_mut() {
                frame.low = frame.low.min(index);
            }
            return match key {
                Key::Block(_) => Computed::Subject(None),
                _ => Computed::value(Value::unknown()),
            };
        }
        self.refresh(key, compute)
    }

    /// Records the read of a fact.
    pub(crate) fn record(&self, key: &Key) {
        if let Some(frame) = self.cells.borrow_mut().frames.last_mut() {
            frame.reads.insert(key.clone());
        }
    }

    /// A fact changed.
    pub(crate) fn change(&self, key: Key) {
        let mut cells = self.cells.borrow_mut();
        cells.suspect_readers(&key);
        cells.moved.insert(key.clone());
        cells.changed.insert(key);
    }

    /// The definition of a node changed: its value must be computed again.
    pub(crate) fn redefine(&self, key: Key) {
        let mut cells = self.cells.borrow_mut();
        cells.suspect_readers(&key);
        if let Some(node) = cells.nodes.get_mut(&key) {
            node.state = State::Stale;
        }
        cells.suspects.push(key);
    }

    /// A node is no more; its readers see that.
    pub(crate) fn remove(&self, key: &Key) {
        let mut cells = self.cells.borrow_mut();
        cells.suspect_readers(key);
        cells.suspects.retain(|suspect| suspect != key);
        if let Some(node) = cells.nodes.remove(key) {
            cells.forget_reads(key, &node.reads);
            cells.changed.insert(key.clone());
            cells.moved.insert(key.clone());
        }
    }

    /// Whether something has read a fact or node.
    pub(crate) fn is_read(&self, key: &Key) -> bool {
        self.cells.borrow().readers.contains_key(key)
    }

    /// The module calls whose outputs a node is made of, directly or by way of other nodes.
    pub(crate) fn outputs_behind(&self, key: &Key) -> FxHashSet<Address> {
        let cells = self.cells.borrow();
        let mut outputs = FxHashSet::default();
        let mut seen: FxHashSet<&Key> = FxHashSet::default();
        let mut todo = vec![key];
        while let Some(key) = todo.pop() {
            let reads = cells
                .nodes
                .get(key)
                .into_iter()
                .flat_map(|node| &node.reads);
            for read in reads.filter(|read| seen.insert(read)) {
                match read {
                    Key::Outputs(call) => drop(outputs.insert(call.clone())),
                    node => todo.push(node),
                }
            }
        }
        outputs
    }

    /// Brings everything up to date that a change may have touched. Returns what changed: in value,
    /// or in where a value was read from.
    pub(crate) fn settle(&self, compute: &dyn Fn(&Key) -> Computed) -> FxHashSet<Key> {
        loop {
            let suspects = std::mem::take(&mut self.cells.borrow_mut().suspects);
            if suspects.is_empty() {
                break;
            }
            for key in suspects {
                self.refresh(&key, compute);
            }
        }
        let mut cells = self.cells.borrow_mut();
        cells.changed = FxHashSet::default();
        std::mem::take(&mut cells.moved)
    }

    fn open_index(&self, key: &Key) -> Option<usize> {
        let cells = self.cells.borrow();
        cells.open_at.get(key).copied()
    }

    /// References nest as deep as somebody writes them.
    fn refresh(&self, key: &Key, compute: &dyn Fn(&Key) -> Computed) -> Computed {
        stacker::maybe_grow(RED_ZONE, STACK, || self.refreshed(key, compute))
    }

    fn refreshed(&self, key: &Key, compute: &dyn Fn(&Key) -> Computed) -> Computed {
        let state = self.cells.borrow().nodes.get(key).map(|n| n.state);
        match state {
            Some(State::Fresh) => {}
            Some(State::Suspect) if !self.reads_changed(key, compute) => {
                if let Some(node) = self.cells.borrow_mut().nodes.get_mut(key) {
                    node.state = State::Fresh;
                }
            }
            _ => return self.evaluate(key, compute),
        }
        match self.cells.borrow().nodes.get(key) {
            Some(node) => node.result.clone(),
            None => Computed::Subject(None),
        }
    }

    /// Whether anything that a suspect node read is different now.
    fn reads_changed(&self, key: &Key, compute: &dyn Fn(&Key) -> Computed) -> bool {
        if !self.cells.borrow_mut().verifying.insert(key.clone()) {
            return true; // an old cycle
        }
        let reads = self
            .cells
            .borrow()
            .nodes
            .get(key)
            .map(|n| n.reads.clone())
            .unwrap_or_default();
        let changed = reads.iter().any(|read| {
            if self.open_index(read).is_some() {
                return true; // perhaps a new cycle
            }
            let is_node = self.cells.borrow().nodes.contains_key(read);
            if is_node {
                self.refresh(read, compute);
            }
            // A read that is open now belongs to an unfinished cycle.
            self.cells.borrow().changed.contains(read) || self.open_index(read).is_some()
        });
        self.cells.borrow_mut().verifying.remove(key);
        changed
    }

    fn evaluate(&self, key: &Key, compute: &dyn Fn(&Key) -> Computed) -> Computed {
        let index = {
            let mut cells = self.cells.borrow_mut();
            let index = cells.open.len();
            cells.open.push((key.clone(), None, Box::default()));
            cells.open_at.insert(key.clone(), index);
            cells.frames.push(Frame {
                index,
                low: index,
                reads: FxHashSet::default(),
            });
            index
        };
        let result = compute(key);
        let mut cells = self.cells.borrow_mut();
        let Some(frame) = cells.frames.pop() else {
            return result;
        };
        let reads: Box<[Key]> = frame.reads.into_iter().collect();
        let refers_to_itself = reads.contains(key);
        cells.open[index].1 = Some(result.clone());
        cells.open[index].2 = reads;
        if frame.low < frame.index {
            if let Some(parent) = cells.frames.last_mut() {
                parent.low = parent.low.min(frame.low);
            }
            return result;
        }
        let component = cells.open.split_off(index);
        let is_cycle = component.len() > 1 || refers_to_itself;
        let mut answer = result;
        for (member, ..) in &component {
            cells.open_at.remove(member);
        }
        for (member, member_result, reads) in component {
            let Some(mut member_result) = member_result else {
                continue;
            };
            if is_cycle {
                member_result = member_result.cyclic();
            }
            if member == *key {
                answer = member_result.clone();
            }
            cells.store(member, member_result, reads);
        }
        answer
    }
}

impl Cells {
    fn store(&mut self, key: Key, result: Computed, reads: Box<[Key]>) {
        let old = self.nodes.remove(&key);
        match &old {
            Some(node) if node.result.equals(&result) => {
                if !node.result.same(&result) {
                    self.moved.insert(key.clone());
                }
            }
            _ => {
                self.changed.insert(key.clone());
                self.moved.insert(key.clone());
            }
        }
        if let Some(node) = old {
            self.forget_reads(&key, &node.reads);
        }
        for read in &reads {
            self.readers
                .entry(read.clone())
                .and_modify(|readers| readers.add(&key))
                .or_insert_with(|| Readers::One(key.clone()));
        }
        self.nodes.insert(
            key,
            Node {
                result,
                reads,
                state: State::Fresh,
            },
        );
    }

    fn forget_reads(&mut self, key: &Key, reads: &[Key]) {
        for read in reads {
            let is_last = match self.readers.get_mut(read) {
                Some(Readers::One(one)) => one == key,
                Some(Readers::Many(many)) => {
                    many.remove(key);
                    many.is_empty()
                }
                None => false,
            };
            if is_last {
                self.readers.remove(read);
            }
        }
    }

    fn suspect_readers(&mut self, key: &Key) {
        let mut todo = Vec::new();
        if let Some(readers) = self.readers.get(key) {
            readers.copy_to(&mut todo);
        }
        while let Some(reader) = todo.pop() {
            let Some(node) = self.nodes.get_mut(&reader) else {
                continue;
            };
            if node.state != State::Fresh {
                continue;
            }
            node.state = State::Suspect;
            if let Some(readers) = self.readers.get(&reader) {
                readers.copy_to(&mut todo);
            }
            self.suspects.push(reader);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Locals that add up other locals: enough to watch what is computed again.
    struct Sums {
        memo: Memo,
        definitions: BTreeMap<&'static str, (i64, Vec<&'static str>)>,
        computed: RefCell<Vec<String>>,
    }

    impl Sums {
        fn new(definitions: &[(&'static str, i64, &[&'static str])]) -> Sums {
            let definitions = definitions
                .iter()
                .map(|(name, n, reads)| (*name, (*n, reads.to_vec())))
                .collect();
            let sums = Sums {
                memo: Memo::default(),
                definitions,
                computed: RefCell::default(),
            };
            for name in sums.definitions.keys() {
                sums.memo.redefine(key(name));
            }
            sums.settle();
            sums
        }

        fn compute(&self, of: &Key) -> Computed {
            let Key::Local(name) = of else {
                return Computed::value(Value::unknown());
            };
            self.computed.borrow_mut().push(name.to_string());
            let Some((n, reads)) = self.definitions.get(name.as_str()) else {
                return Computed::value(Value::unknown());
            };
            let mut sum = Some(*n);
            for read in reads {
                let read = self.memo.read(&key(read), &|k| self.compute(k));
                let Computed::Value { value, .. } = read else {
                    continue;
                };
                sum = sum.zip(number(&value)).map(|(a, b)| a + b);
            }
            Computed::value(sum.map_or_else(Value::unknown, Value::int))
        }

        fn settle(&self) -> (Vec<String>, Vec<String>) {
            self.computed.borrow_mut().clear();
            let moved = self.memo.settle(&|k| self.compute(k));
            let mut moved: Vec<String> = moved
                .iter()
                .map(|k| format!("{k:?}").replace("Local(\"", "").replace("\")", ""))
                .collect();
            moved.sort();
            let mut computed = self.computed.borrow().clone();
            computed.sort();
            (computed, moved)
        }

        fn set(
            &mut self,
            name: &'static str,
            n: i64,
            reads: &[&'static str],
        ) -> (Vec<String>, Vec<String>) {
            self.definitions.insert(name, (n, reads.to_vec()));
            self.memo.redefine(key(name));
            self.settle()
        }

        fn value(&self, name: &str) -> Option<i64> {
            match self.memo.read(&key(name), &|k| self.compute(k)) {
                Computed::Value { value, .. } => number(&value),
                Computed::Subject(_) => None,
            }
        }
    }

    fn key(name: &str) -> Key {
        Key::Local(SmolStr::new(name))
    }

    fn number(value: &Value) -> Option<i64> {
        value.as_i64()
    }

    #[test]
    fn an_equal_value_stops() {
        let mut sums = Sums::new(&[
            ("a", 1, &[]),
            ("b", 0, &["a"]),
            ("c", 0, &["b"]),
            ("d", 5, &[]),
        ]);
        assert_eq!(sums.value("c"), Some(1));
        let (computed, moved) = sums.set("a", 2, &[]);
        assert_eq!(
            (computed, moved),
            (
                vec!["a".into(), "b".into(), "c".into()],
                vec!["a".into(), "b".into(), "c".into()]
            )
        );
        // b becomes the same sum by another way: c is not computed again.
        let (computed, moved) = sums.set("b", 2, &[]);
        assert_eq!((computed, moved), (vec!["b".to_owned()], Vec::new()));
        assert_eq!(sums.value("c"), Some(2));
    }

    #[test]
    fn cycles_are_unknown_whoever_asks_first() {
        // a -> c -> a, a -> b -> c: b is on a cycle too.
        let definitions: &[(&str, i64, &[&str])] = &[
            ("a", 1, &["c", "b"]),
            ("b", 1, &["c"]),
            ("c", 1, &["a"]),
            ("outside", 1, &["b"]),
        ];
        for first in ["a", "b", "c", "outside"] {
            let sums = Sums::new(definitions);
            for name in [first, "a", "b", "c", "outside"] {
                assert_eq!(sums.value(name), None, "{first} then {name}");
            }
        }
    }

    #[test]
    fn a_cycle_that_is_broken_is_known_again() {
        let mut sums = Sums::new(&[("a", 1, &["b"]), ("b", 1, &["a"]), ("c", 1, &["a"])]);
        assert_eq!((sums.value("a"), sums.value("c")), (None, None));
        sums.set("b", 4, &[]);
        assert_eq!(
            (sums.value("a"), sums.value("b"), sums.value("c")),
            (Some(5), Some(4), Some(6))
        );
        sums.set("b", 4, &["c"]);
        assert_eq!(
            (sums.value("a"), sums.value("b"), sums.value("c")),
            (None, None, None)
        );
    }

    #[test]
    fn random_graphs_equal_a_fresh_evaluation() {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let mut seed = 7_u64;
        let mut random = move |n: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        for _ in 0..300 {
            let mut sums = Sums::new(&NAMES.map(|n| (n, 1, &[] as &[&str])));
            for _ in 0..12 {
                let name = NAMES[random(6) as usize];
                let reads: Vec<&str> = NAMES.into_iter().filter(|_| random(5) == 0).collect();
                sums.set(name, i64::try_from(random(3)).unwrap(), &reads);
                let definitions: Vec<_> = sums
                    .definitions
                    .iter()
                    .map(|(n, (v, r))| (*n, *v, r.as_slice()))
                    .collect();
                let fresh = Sums::new(&definitions);
                for name in NAMES {
                    assert_eq!(
                        sums.value(name),
                        fresh.value(name),
                        "{name} of {definitions:?}"
                    );
                }
            }
        }
    }
}
