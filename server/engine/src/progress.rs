//! How far the engine is with what it was told to look at; read by another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts modules, each twice: once when it is read, once when its rules have run. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    done: AtomicUsize,
    all: AtomicUsize,
}

impl Progress {
    /// Steps that are done, and all that are known of.
    pub fn steps(&self) -> (usize, usize) {
        let done = self.counts.done.load(Ordering::Relaxed);
        (done, self.counts.all.load(Ordering::Relaxed))
    }

    /// One more module is to be read, and looked at.
    pub(crate) fn add_module(&self) {
        self.counts.all.fetch_add(2, Ordering::Relaxed);
    }

    pub(crate) fn step(&self) {
        self.counts.done.fetch_add(1, Ordering::Relaxed);
    }
}
