//! The modules of a workspace that are still to be looked at: a few at a time, so that whoever types need not wait.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// So many modules are looked at before the next edit gets its turn.
const SLICE: usize = 8;

/// Places to find modules below, and modules that were found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    places: BTreeSet<PathBuf>,
    modules: VecDeque<PathBuf>,
    state: ScanState,
}

/// How far a scan of the workspace is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanState {
    /// Modules that were looked at since it began.
    pub done: usize,
    /// Those, and the ones that are known to come.
    pub all: usize,
    /// Whether there is nothing left.
    pub is_over: bool,
}

/// What comes next.
pub(crate) enum Next {
    /// Modules below this place are to be found.
    Find(PathBuf),
    /// These are to be loaded.
    Load(Vec<PathBuf>),
}

impl Scan {
    pub(crate) fn is_over(&self) -> bool {
        self.places.is_empty() && self.modules.is_empty()
    }

    /// Looks at what is below these places as well.
    pub(crate) fn add(&mut self, places: impl IntoIterator<Item = PathBuf>) {
        if self.is_over() {
            self.state = ScanState::default();
        }
        self.places.extend(places);
    }

    pub(crate) fn found(&mut self, modules: Vec<PathBuf>) {
        self.state.all += modules.len();
        self.modules.extend(modules);
    }

    /// Only what is wanted is still to be looked at.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(&Path) -> bool) {
        let before = self.modules.len();
        self.places.retain(|place| is_wanted(place));
        self.modules.retain(|module| is_wanted(module));
        self.state.all -= before - self.modules.len();
    }

    pub(crate) fn next(&mut self) -> Option<Next> {
        if let Some(place) = self.places.pop_first() {
            return Some(Next::Find(place));
        }
        let count = self.modules.len().min(SLICE);
        let modules: Vec<PathBuf> = self.modules.drain(..count).collect();
        self.state.done += count;
        (!modules.is_empty()).then_some(Next::Load(modules))
    }

    pub(crate) fn state(&self) -> ScanState {
        ScanState {
            is_over: self.is_over(),
            ..self.state
        }
    }
}
