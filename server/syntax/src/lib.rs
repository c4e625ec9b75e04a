//! HCL: segments, trees, error recovery, and the typed view of blocks, arguments and expressions.
#[allow(missing_docs, reason = "fields are named in the specification's own terms")]
pub mod ast;
