//! Which versions of Terraform and of each provider a module allows.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use stockade_schema::version::Interval;
use stockade_syntax::ast::{Block, Expr, ExprKind, Item};

/// `required_version`, `required_providers` and the lock file, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Versions {
    terraform: Interval,
    /// By local name.
    providers: FxHashMap<SmolStr, Interval>,
    /// By the last part of the source address.
    locked: FxHashMap<SmolStr, Interval>,
}

impl Versions {
    /// Reads the `terraform` blocks of a module and its lock file. What can't be read allows any version.
    pub(crate) fn read(terraform: &[&Block], lock: Option<&str>) -> Versions {
        let mut versions = Versions {
            locked: lock.map(locked).unwrap_or_default(),
            ..Versions::default()
        };
        for block in terraform {
            if let Some(constraint) = block
                .body
                .attribute("required_version")
                .and_then(|a| a.value.literal_string())
            {
                versions.terraform = versions.terraform.intersection(&parsed(&constraint));
            }
            for providers in block.body.blocks_of("required_providers") {
                for provider in providers.body.attributes() {
                    let Some(constraint) = constraint_of(&provider.value) else {
                        continue;
                    };
                    let known = versions
                        .providers
                        .entry(provider.name.name.clone())
                        .or_default();
                    *known = known.intersection(&parsed(&constraint));
                }
            }
        }
        versions
    }

    /// The versions of a provider; the lock file's is a point.
    pub(crate) fn provider(&self, name: &str) -> Interval {
        let locked = self.locked.get(name);
        locked
            .or_else(|| self.providers.get(name))
            .cloned()
            .unwrap_or_default()
    }

    /// The versions of Terraform itself.
    pub(crate) fn terraform(&self) -> &Interval {
        &self.terraform
    }

    /// The providers (Terraform: an empty name) whose versions differ.
    pub(crate) fn difference(&self, other: &Versions) -> Vec<SmolStr> {
        let names = self
            .providers
            .keys()
            .chain(self.locked.keys())
            .chain(other.providers.keys())
            .chain(other.locked.keys());
        let mut differing: Vec<SmolStr> = names
            .filter(|n| self.provider(n) != other.provider(n))
            .cloned()
            .collect();
        if self.terraform != other.terraform {
            differing.push(SmolStr::default());
        }
        differing.sort();
        differing.dedup();
        differing
    }
}

/// A constraint that does not parse allows any version: Terraform will say so itself.
fn parsed(constraint: &str) -> Interval {
    constraint.parse().unwrap_or_default()
}

/// `"~> 5.0"` or `{ source = …, version = "~> 5.0" }`.
fn constraint_of(value: &Expr) -> Option<SmolStr> {
    match &value.unparenthesized().kind {
        ExprKind::Object(entries) => {
            let version = entries
                .iter()
                .find(|e| e.literal_key().as_deref() == Some("version"))?;
            version.value.literal_string()
        }
        _ => value.literal_string(),
    }
}

/// The versions that `.terraform.lock.hcl` has chosen.
fn locked(text: &str) -> FxHashMap<SmolStr, Interval> {
    let (body, _) = stockade_syntax::parse_body(text);
    let blocks = body.items.iter().filter_map(|item| match item {
        Item::Block(block) if block.kind.name == "provider" => Some(block),
        _ => None,
    });
    blocks
        .filter_map(|block| {
            let source = &block.labels.first()?.name;
            let version = block.body.attribute("version")?.value.literal_string()?;
            Some((SmolStr::new(source.rsplit('/').next()?), parsed(&version)))
        })
        .collect()
}
