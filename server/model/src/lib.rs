//! Modules: files, blocks, variables, calls, versions. Knows no rule.
#[allow(missing_docs, reason = "the variants are Terraform's own block types")]
pub mod address;
pub mod backend;
#[allow(missing_docs, reason = "documented on the type")]
pub mod declared;
pub mod file;
#[allow(missing_docs, reason = "documented on the types")]
pub mod git;
pub mod installed;
pub mod json;
pub mod overrides;
pub mod terragrunt;
#[allow(missing_docs, reason = "documented on the types")]
pub mod workspace;

pub use address::{Address, BlockKind};
pub use declared::{Declared, address_of};
pub use file::FileKind;

/// A top-level block of the workspace: the segment that it is written in. Kept while the segment
/// lives; the address tells the same block across servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u64);

/// A file of the workspace, interned by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);
