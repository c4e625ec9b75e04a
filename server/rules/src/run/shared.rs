//! What the rows of a page share: a check runs once for each of them, on the same block.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;
use stockade_eval::Step;
use stockade_model::BlockId;

use super::frame::Frame;
use crate::check::CheckBlock;

/// Which elements meet a demand whatever the row.
#[derive(Default)]
pub(crate) struct Shared {
    /// How often a row was looked at.
    row_reads: Cell<u64>,
    passing: RefCell<FxHashMap<(*const CheckBlock, BlockId), FxHashMap<Vec<Step>, bool>>>,
}

impl Shared {
    pub(crate) fn row_is_read(&self) {
        self.row_reads.set(self.row_reads.get() + 1);
    }

    /// Whether a frame passes by `judge`, found out once if no row has a say in it.
    pub(crate) fn passes(&self, frame: &Frame<'_>, judge: impl FnOnce() -> bool) -> bool {
        // The elements of a `dynamic` share their place, and what another block is looked at for decides about it.
        let is_within = |f: &Frame<'_>| f.block == frame.block && f.instance.is_none();
        if !frame.chain().all(is_within) {
            return false;
        }
        let check: *const CheckBlock = frame.check;
        let key = (check, frame.block);
        let known = |all: &FxHashMap<Vec<Step>, bool>| all.get(frame.path.as_slice()).copied();
        if let Some(passes) = self.passing.borrow().get(&key).and_then(known) {
            return passes;
        }
        let before = self.row_reads.get();
        let passes = judge() && before == self.row_reads.get();
        let mut passing = self.passing.borrow_mut();
        let of_check = passing.entry(key).or_default();
        of_check.insert(frame.path.clone(), passes);
        passes
    }
}
