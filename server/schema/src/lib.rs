//! What Terraform's blocks may hold, and what else is known of providers: as data, looked up.
//!
//! This layer owns the providers' schemas ([`schema()`], [`Body`]), Terraform's own blocks
//! ([`terraform`]), versions and constraints ([`version`]), which arguments replace a resource
//! ([`replacement()`]), write-only and sensitive arguments ([`secrets`]), which arguments go together
//! ([`constraints`]) and the rule ids of other tools ([`peers`]). It knows no module: nobody's
//! configuration is read here.
//!
//! Committed data stands in `data/`; `cargo xtask import-facts` makes what isn't written by hand.

pub mod body;
pub mod constraints;
pub mod draft;
pub mod packed;
pub mod peers;
mod replacement;
pub mod secrets;
mod shipped;
pub mod table;
pub mod terraform;
pub mod version;

pub use body::{Attribute, Body, Element, Entry, NestedBlock, Nesting, Type};
pub use peers::{peer_rule, suggest_peer_rule};
pub use replacement::{Replaces, replacement};
pub use secrets::{WriteOnly, all_write_only, ephemeral_types, sensitive, write_only};
pub use shipped::{
    Kind, Provider, Schema, bodies, body, find_anywhere, known_anywhere, provider_of, schema,
};
