//! Override files: their blocks are merged into those of the same address.
//!
//! Source: Terraform's documentation, "Override files", "Merging behavior".

use stockade_syntax::ast::{Block, Item};

/// A block with overriding ones merged into it, in their order: an argument replaces that of the same name, nested
/// blocks all those of the same kind. `lifecycle` and the provider requirements of `terraform` are merged argument by
/// argument.
pub fn merged<'b>(base: &Block, overrides: impl IntoIterator<Item = &'b Block>) -> Block {
    overrides.into_iter().fold(base.clone(), merge)
}

fn merge(mut base: Block, over: &Block) -> Block {
    let (merging, replacing): (Vec<&Block>, Vec<&Block>) =
        over.body.blocks().partition(|b| is_merged(&b.kind.name));
    let is_set = |name: &str| {
        over.body.attribute(name).is_some() || replacing.iter().any(|new| new.produces() == name)
    };
    base.body.items.retain(|item| match item {
        // In JSON a nested block looks like an argument.
        Item::Attribute(old) => !is_set(&old.name.name),
        Item::Block(old) => is_merged(&old.kind.name) || !is_set(old.produces()),
    });
    let attributes = over.body.attributes().cloned().map(Item::Attribute);
    base.body.items.extend(attributes);
    base.body
        .items
        .extend(replacing.into_iter().cloned().map(Item::Block));
    for new in merging {
        let mut blocks = base.body.items.iter_mut().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            Item::Attribute(_) => None,
        });
        match blocks.find(|old| old.kind.name == new.kind.name) {
            Some(old) => *old = merge(old.clone(), new),
            None => base.body.items.push(Item::Block(new.clone())),
        }
    }
    base
}

fn is_merged(kind: &str) -> bool {
    matches!(kind, "lifecycle" | "required_providers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        let (body, errors) = stockade_syntax::parse_body(text);
        assert!(errors.is_empty(), "{errors:?}");
        body.blocks().next().expect("a block").clone()
    }

    /// What is in a body, in short: names of arguments with the text of their literals, blocks with what is in them.
    fn told(block: &Block) -> String {
        let mut parts: Vec<String> = block
            .body
            .attributes()
            .map(|a| {
                format!(
                    "{}={}",
                    a.name.name,
                    a.value.literal_string().unwrap_or_default()
                )
            })
            .chain(
                block
                    .body
                    .blocks()
                    .map(|b| format!("{}({})", b.kind.name, told(b))),
            )
            .collect();
        parts.sort();
        parts.join(" ")
    }

    #[test]
    fn arguments_and_blocks_are_replaced() {
        let base = block(
            "resource \"a\" \"b\" {\n  x = \"1\"\n  y = \"1\"\n  n {\n    a = \"1\"\n  }\n  n {\n    a = \"2\"\n  }\n  m {}\n  lifecycle {\n    p = \"1\"\n    q = \"1\"\n  }\n}\n",
        );
        let first = block(
            "resource \"a\" \"b\" {\n  y = \"2\"\n  n {\n    b = \"3\"\n  }\n  lifecycle {\n    q = \"2\"\n  }\n}\n",
        );
        let second = block("resource \"a\" \"b\" {\n  y = \"3\"\n  z = \"3\"\n}\n");
        assert_eq!(
            told(&merged(&base, [&first, &second])),
            "lifecycle(p=1 q=2) m() n(b=3) x=1 y=3 z=3"
        );
    }
}
