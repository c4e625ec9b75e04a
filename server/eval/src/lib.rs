//! Evaluation: values, expressions, functions, JSON documents, the types of variables. Knows no rule.
//!
//! A value that can't be known is [`Kind::Unknown`] with what is still known of it; an expression
//! that Terraform would reject is unknown too. Nothing here reads a file by itself: a [`Scope`] does.

mod access;
#[allow(missing_docs, reason = "variants are Terraform's own words")]
pub mod block;
mod body;
mod combine;
mod convert;
mod expr;
mod functions;
pub mod json;
mod locate;
#[allow(missing_docs, reason = "variants are Terraform's own words")]
pub mod number;
mod operators;
mod template;
mod unify;
#[allow(missing_docs, reason = "variants are Terraform's own words")]
pub mod value;

pub use block::{
    EvalBlock, EvalBody, Existence, Instance, InstanceKey, Presence, Repetition, SharedSubject,
    Subject,
};
pub use body::{eval_block, eval_body, repetition_names};
pub use convert::{convert, type_of_constraint};
pub use expr::{Bound, Invalid, Scope, eval, eval_checked};
pub use functions::decode_base64;
pub use locate::{locate, locate_expr};
pub use number::Number;
pub use value::{Field, Kind, Origin, Reference, Sequence, Step, Symbol, Type, Unknown, Value};
