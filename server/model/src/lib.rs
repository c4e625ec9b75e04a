//! Modules: files, blocks, variables, calls, versions. Knows no rule.
#[allow(missing_docs, reason = "the variants are Terraform's own block types")]
pub mod address;
pub use address::{Address, BlockKind};
