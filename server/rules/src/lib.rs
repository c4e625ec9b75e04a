//! The rule page: its format, its reader, what its words do; checks and fixes.
//!
//! A [`page::Page`] is read once ([`reader`]) into data ([`check`], [`matcher`]), which [`run`] interprets on one
//! block at a time. What a check wants to know beyond its block it asks through [`world::World`]. This layer knows no
//! files, no threads and no protocol: a [`finding::Finding`] names blocks and paths, a [`fix::Fix`] says what is to be
//! written where.

pub mod accepted;
pub mod check;
mod code;
mod committed;
mod domain;
#[allow(missing_docs, reason = "documented on the types")]
pub mod finding;
#[allow(missing_docs, reason = "documented on the types")]
pub mod fix;
pub mod layout;
mod lint;
pub mod matcher;
pub mod page;
pub mod reader;
pub mod run;
pub mod secrets;
mod supersede;
pub mod supply;
#[allow(missing_docs, reason = "documented on the types")]
pub mod world;
pub mod write_only;
pub mod yaml;

pub use domain::{FUNCTIONS, Policies};
pub use lint::lint;
pub use supersede::{Winner, supersede};
