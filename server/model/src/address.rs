//! Addresses of blocks within their module.

use std::fmt;

use smol_str::SmolStr;

/// What kind of top-level block an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockKind {
    Resource,
    Data,
    Ephemeral,
    Module,
    Variable,
    Output,
    Provider,
    Terraform,
    Locals,
    /// `moved`, `import`, `check`, …: `ty` holds the block's type.
    Other,
}

/// The address of a block in its module: `aws_s3_bucket.logs`, `data.aws_iam_policy_document.a`,
/// `module.vpc`, `var.region`, `output.arn`, `provider.aws.west`, `terraform`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub kind: BlockKind,
    /// The resource type or provider name; empty for kinds without one.
    pub ty: SmolStr,
    /// The name (a provider's alias, or empty).
    pub name: SmolStr,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BlockKind::Resource => write!(f, "{}.{}", self.ty, self.name),
            BlockKind::Data => write!(f, "data.{}.{}", self.ty, self.name),
            BlockKind::Ephemeral => write!(f, "ephemeral.{}.{}", self.ty, self.name),
            BlockKind::Module => write!(f, "module.{}", self.name),
            BlockKind::Variable => write!(f, "var.{}", self.name),
            BlockKind::Output => write!(f, "output.{}", self.name),
            BlockKind::Provider if self.name.is_empty() => write!(f, "provider.{}", self.ty),
            BlockKind::Provider => write!(f, "provider.{}.{}", self.ty, self.name),
            BlockKind::Terraform => f.write_str("terraform"),
            BlockKind::Locals => f.write_str("locals"),
            BlockKind::Other => f.write_str(&self.ty),
        }
    }
}
