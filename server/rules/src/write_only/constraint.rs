//! The versions that a conversion needs: `required_version` and `required_providers` are raised in the same edit.

use smol_str::SmolStr;
use stockade_eval::Step;
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::provider_of;
use stockade_schema::version::{Interval, Version};
use stockade_syntax::ast::{Block, ExprKind, Item};

use super::Argument;
use crate::finding::Place;
use crate::fix::FixEdit;
use crate::world::World;

/// Terraform and OpenTofu have write-only arguments from this version on.
const TERRAFORM: &str = "1.11";

/// Providers whose ephemeral resources came before or without write-only arguments, from their changelogs.
static EPHEMERAL: [(&str, Version); 4] = [
    ("kubernetes", Version::new(2, 36, 0)),
    ("random", Version::new(3, 7, 0)),
    ("tls", Version::new(4, 1, 0)),
    ("vault", Version::new(5, 0, 0)),
];

/// The edits that raise what is too low, or is not stated, for arguments and for ephemeral resources of these types.
pub(super) fn raised(
    arguments: &[&Argument],
    twins: &[Address],
    world: &dyn World,
) -> Vec<FixEdit> {
    let of_arguments = arguments.iter().map(|a| (a.row.provider, &a.row.since));
    let of_twins = twins.iter().filter_map(|twin| {
        let provider = provider_of(&twin.ty);
        let known = EPHEMERAL.iter().find(|(name, _)| *name == provider);
        known.map(|(name, since)| (*name, since))
    });
    let mut needs: Vec<(&str, &Version)> = Vec::new();
    for (provider, since) in of_arguments.chain(of_twins) {
        match needs.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, highest)) => *highest = (*highest).max(since),
            None => needs.push((provider, since)),
        }
    }
    needs.retain(|(provider, since)| {
        !allows_only(&world.provider_versions(provider), &since.to_string())
    });
    let terraform = !allows_only(&world.terraform_versions(), TERRAFORM);
    if needs.is_empty() && !terraform {
        return Vec::new();
    }
    match settings(world) {
        Some((id, block)) => in_block(id, &block, terraform, &needs),
        None => vec![FixEdit::AddBelow {
            block: arguments[0].block,
            copied: Vec::new(),
            text: new_block(terraform, &needs),
        }],
    }
}

fn allows_only(allowed: &Interval, from: &str) -> bool {
    let from: Option<Interval> = format!(">= {from}").parse().ok();
    from.is_some_and(|from| from.holds_on_whole(allowed))
}

/// The `terraform` block that states versions, else the first one.
fn settings(world: &dyn World) -> Option<(BlockId, Block)> {
    let ids = world
        .all(BlockKind::Terraform, "")
        .into_iter()
        .map(|(id, _)| id);
    let blocks = ids.filter_map(|id| match &world.written(id)?.lowered.item {
        Some(Item::Block(block)) => Some((id, block.clone())),
        _ => None,
    });
    let mut blocks: Vec<(BlockId, Block)> = blocks.collect();
    let states = |block: &Block| {
        block.body.attribute("required_version").is_some()
            || block.body.blocks_of("required_providers").next().is_some()
    };
    let at = blocks
        .iter()
        .position(|(_, block)| states(block))
        .unwrap_or(0);
    (at < blocks.len()).then(|| blocks.swap_remove(at))
}

fn in_block(
    id: BlockId,
    block: &Block,
    terraform: bool,
    needs: &[(&str, &Version)],
) -> Vec<FixEdit> {
    let place = |path: Vec<Step>| Place { block: id, path };
    let mut edits = Vec::new();
    if terraform {
        let old = block.body.attribute("required_version");
        let old = old.and_then(|a| a.value.literal_string());
        edits.push(FixEdit::Set {
            body: place(Vec::new()),
            attribute: "required_version".into(),
            value: quoted(&new_constraint(old.as_deref(), TERRAFORM)),
        });
    }
    let providers = block.body.blocks_of("required_providers").next();
    let Some(providers) = providers else {
        if !needs.is_empty() {
            edits.push(FixEdit::AddBlock {
                body: place(Vec::new()),
                text: new_providers(needs),
            });
        }
        return edits;
    };
    let within = || vec![Step::Block("required_providers".into(), 0)];
    for (provider, since) in needs {
        let entry = providers.body.attribute(provider);
        let since = since.to_string();
        let (body, attribute, value) = match entry.map(|a| (&a.value, &a.value.kind)) {
            Some((_, ExprKind::Object(entries))) => {
                let version = entries
                    .iter()
                    .find(|e| e.literal_key().is_some_and(|k| k == "version"));
                let old = version.and_then(|e| e.value.literal_string());
                let path = [within(), vec![Step::Attr((*provider).into())]].concat();
                let value = quoted(&new_constraint(old.as_deref(), &since));
                (path, SmolStr::new_static("version"), value)
            }
            Some((value, _)) => {
                let old = value.literal_string();
                let value = quoted(&new_constraint(old.as_deref(), &since));
                (within(), SmolStr::from(*provider), value)
            }
            None => (
                within(),
                SmolStr::from(*provider),
                requirement(provider, &since),
            ),
        };
        edits.push(FixEdit::Set {
            body: place(body),
            attribute,
            value,
        });
    }
    edits
}

fn new_block(terraform: bool, needs: &[(&str, &Version)]) -> String {
    let mut text = "terraform {\n".to_owned();
    if terraform {
        text.push_str(&format!("  required_version = \">= {TERRAFORM}\"\n"));
    }
    if !needs.is_empty() {
        text.push_str(&format!("\n  {}\n", new_providers(needs)));
    }
    text + "}"
}

fn new_providers(needs: &[(&str, &Version)]) -> String {
    let all = needs.iter().map(|(provider, since)| {
        format!(
            "  {provider} = {}\n",
            requirement(provider, &since.to_string())
        )
    });
    format!("required_providers {{\n{}}}", all.collect::<String>())
}

fn requirement(provider: &str, since: &str) -> String {
    let owner = match provider {
        "azapi" => "azure",
        "cloudflare" => "cloudflare",
        "databricks" => "databricks",
        "datadog" => "datadog",
        "mongodbatlas" => "mongodb",
        "mysql" => "petoju",
        "postgresql" => "cyrilgdn",
        _ => "hashicorp",
    };
    format!("{{\n  source  = \"{owner}/{provider}\"\n  version = \">= {since}\"\n}}")
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A constraint whose lower bounds are raised; its upper ones stay, unless they exclude what is needed.
fn new_constraint(old: Option<&str>, from: &str) -> String {
    let raised = format!(">= {from}");
    let Some(old) = old else {
        return raised;
    };
    let is_upper = |part: &&str| part.starts_with('<') || part.starts_with("!=");
    let parts: Vec<&str> = old.split(',').map(str::trim).collect();
    let is_pessimistic = parts.len() == 1 && parts[0].starts_with("~>");
    let major = |text: &str| {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.split('.').next().map(str::to_owned)
    };
    if is_pessimistic && major(parts[0]) == major(from) {
        let mut numbers = from.split('.');
        let short: Vec<&str> = numbers.by_ref().take(2).collect();
        return format!("~> {}", short.join("."));
    }
    let kept = parts.iter().filter(|part| is_upper(part));
    let all: Vec<&str> = std::iter::once(raised.as_str())
        .chain(kept.copied())
        .collect();
    let joined = all.join(", ");
    let is_possible = joined
        .parse::<Interval>()
        .is_ok_and(|interval| !interval.is_empty());
    if is_possible { joined } else { raised }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_raised() {
        let cases = [
            (None, "1.11", ">= 1.11"),
            (Some(">= 1.3"), "1.11", ">= 1.11"),
            (Some(">= 1.3, < 2.0"), "1.11", ">= 1.11, < 2.0"),
            (Some("~> 1.5"), "1.11", "~> 1.11"),
            (Some("~> 1.5.0"), "1.11", "~> 1.11"),
            (Some("~> 5.0"), "5.88.0", "~> 5.88"),
            (Some("~> 4.0"), "5.88.0", ">= 5.88.0"),
            (Some("1.9.8"), "1.11", ">= 1.11"),
            (Some(">= 1.3, < 1.6"), "1.11", ">= 1.11"),
        ];
        for (old, from, expected) in cases {
            assert_eq!(new_constraint(old, from), expected, "{old:?}");
        }
    }
}
