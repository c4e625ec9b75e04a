//! Evaluation: values, expressions, functions, policy documents. Knows no rule.
#[allow(missing_docs, reason = "variants are Terraform's own words")]
pub mod block;
#[allow(missing_docs, reason = "stub until the evaluator lands")]
pub mod number {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Number(pub f64);
}
#[allow(missing_docs, reason = "variants are Terraform's own words")]
pub mod value;

pub use block::{EvalBlock, EvalBody, Existence, Presence, Repetition, SharedSubject, Subject};
pub use value::{Kind, Origin, Reference, Sequence, Step, Symbol, Type, Unknown, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.refers == other.refers
            && self.sensitive == other.sensitive
            && self.ephemeral == other.ephemeral
    }
}
