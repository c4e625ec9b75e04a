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
