//! A bar on standard error while a scan takes long, if somebody sits before a terminal.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use stockade_engine::Progress;

/// Nobody asks what takes less.
const PATIENCE: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(100);

/// Does the work, and shows how far it is.
pub(crate) fn shown_while<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (working, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || show(progress, &ended));
        let done = work();
        drop(working);
        done
    })
}

/// Until the other end is dropped.
fn show(progress: &Progress, ended: &Receiver<()>) {
    let is_working = |wait| ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
    if !is_working(PATIENCE) {
        return;
    }
    let bar = ProgressBar::new(0).with_elapsed(PATIENCE);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}% of the modules, {elapsed}")
    {
        bar.set_style(style);
    }
    while is_working(STEP) {
        let (done, all) = progress.steps();
        bar.set_length(all.try_into().unwrap_or(u64::MAX));
        // Modules that are looked at again are counted again.
        bar.set_position(done.min(all).try_into().unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
}
