//! What a top-level block declares.

use smol_str::SmolStr;
use stockade_syntax::ast::{Block, Item};

use crate::address::{Address, BlockKind};

/// What the item of a segment adds to its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// A block with an address of its own.
    Block(Address),
    /// A `locals` block and the names in it.
    Locals(Vec<SmolStr>),
    /// A top-level argument: a line of a `.tfvars` file.
    Assignment(SmolStr),
    Nothing,
}

impl Declared {
    /// Reads it off the item's head.
    pub fn of(item: Option<&Item>) -> Declared {
        match item {
            None => Declared::Nothing,
            Some(Item::Attribute(attribute)) => Declared::Assignment(attribute.name.name.clone()),
            Some(Item::Block(block)) if block.kind.name == "locals" && block.labels.is_empty() => {
                Declared::Locals(
                    block
                        .body
                        .attributes()
                        .map(|a| a.name.name.clone())
                        .collect(),
                )
            }
            Some(Item::Block(block)) => Declared::Block(address_of(block)),
        }
    }
}

/// The address of a top-level block. A block with too few labels gets empty names: it is invalid,
/// and nothing can refer to it.
pub fn address_of(block: &Block) -> Address {
    let label = |i: usize| {
        block
            .labels
            .get(i)
            .map(|l| l.name.clone())
            .unwrap_or_default()
    };
    let (kind, ty, name) = match block.kind.name.as_str() {
        "resource" => (BlockKind::Resource, label(0), label(1)),
        "data" => (BlockKind::Data, label(0), label(1)),
        "ephemeral" => (BlockKind::Ephemeral, label(0), label(1)),
        "module" => (BlockKind::Module, SmolStr::default(), label(0)),
        "variable" => (BlockKind::Variable, SmolStr::default(), label(0)),
        "output" => (BlockKind::Output, SmolStr::default(), label(0)),
        "provider" => (BlockKind::Provider, label(0), alias_of(block)),
        "terraform" => (BlockKind::Terraform, SmolStr::default(), SmolStr::default()),
        "locals" => (BlockKind::Locals, SmolStr::default(), SmolStr::default()),
        other => (BlockKind::Other, SmolStr::new(other), label(0)),
    };
    Address { kind, ty, name }
}

fn alias_of(provider: &Block) -> SmolStr {
    let alias = provider.body.attribute("alias");
    alias
        .and_then(|a| a.value.literal_string())
        .unwrap_or_default()
}

impl Address {
    /// The resource type of a header's labels without evaluating anything, such as the types that
    /// a broken block may be.
    pub fn kind_of_keyword(keyword: &str) -> Option<BlockKind> {
        Some(match keyword {
            "resource" => BlockKind::Resource,
            "data" => BlockKind::Data,
            "ephemeral" => BlockKind::Ephemeral,
            "module" => BlockKind::Module,
            "variable" => BlockKind::Variable,
            "output" => BlockKind::Output,
            "provider" => BlockKind::Provider,
            "terraform" => BlockKind::Terraform,
            "locals" => BlockKind::Locals,
            _ => return None,
        })
    }
}
