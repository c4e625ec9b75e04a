//! The whole system from outside: the real server, driven over standard input and output.
//!
//! [`Server`] is a process and what it said; [`script`] are steps as data, played against it. Nothing here waits for a
//! time to pass: every wait is for something that the protocol says.

pub mod client;
pub mod edits;
pub mod habits;
pub mod place;
pub mod script;
mod server;
pub mod shop;

pub use server::{Server, memory_of};

/// Says that something was not tested here, past what catches the output of a test that passes.
pub fn skipped(why: &str) {
    use std::io::Write;
    // Without standard error there is nobody to tell.
    drop(writeln!(std::io::stderr(), "skipped: {why}"));
}

/// The time within which so many percent of these are, in milliseconds; not a number if there are none.
pub fn percentile(times: &[std::time::Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    let time = times.get(at);
    time.map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}
