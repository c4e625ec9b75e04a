//! Provider schemas: `schema/*.compact.json`, with the secrets of `sensitive.json`, and those that no fact tells of, marked in them.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use stockade_schema::Nesting;
use stockade_schema::body::Flags;
use stockade_schema::draft::{Draft, DraftAttribute, DraftBlock, DraftBody};
use stockade_schema::table::encode;

use super::{Entries, Facts, Output};

/// File of facts, committed file, and the file of facts that it is written as a difference to.
const SCHEMAS: [(&str, &str, Option<&str>); 10] = [
    ("aws", "aws-5", None),
    ("aws6", "aws-6", None),
    ("azurerm4", "azurerm-4", None),
    ("azurerm", "azurerm-5", Some("azurerm4")),
    ("google", "google-8", None),
    ("google-beta", "google-beta-8", Some("google")),
    ("kubernetes", "kubernetes-3", None),
    ("random", "random-3", None),
    ("tls", "tls-4", None),
    ("vault", "vault-5", None),
];

/// The files of facts that are read.
#[cfg(test)]
pub(super) fn files() -> impl Iterator<Item = String> {
    SCHEMAS
        .into_iter()
        .map(|(name, _, _)| format!("schema/{name}.compact.json"))
}

pub(super) fn import(facts: &Facts<'_>, out: &Output) -> Result<(), String> {
    let mut secrets: Entries<Secret> = facts.json("sensitive.json")?;
    secrets.entries.extend(further_secrets());
    let mut drafts = BTreeMap::new();
    for (name, file, base) in SCHEMAS {
        let path = format!("schema/{name}.compact.json");
        let compact: Compact = facts.json(&path)?;
        let mut draft = compact
            .draft()
            .map_err(|error| format!("{path}: {error}"))?;
        mark_secrets(&mut draft, &secrets.entries);
        let draft = match base {
            Some(base) => draft.difference(
                drafts
                    .get(base)
                    .ok_or_else(|| format!("{base} is not read before {name}"))?,
            ),
            None => draft.pruned(),
        };
        out.write(&format!("{file}.bin"), &encode(&draft)?)?;
        drafts.insert(name, draft);
    }
    Ok(())
}

/// The form of `*.compact.json`; see the docstring of `scripts/compact.py` in the facts.
#[derive(Deserialize)]
struct Compact {
    provider: String,
    version: String,
    provider_body: Option<u32>,
    resource: BTreeMap<String, u32>,
    data: BTreeMap<String, u32>,
    ephemeral: BTreeMap<String, u32>,
    bodies: Vec<CompactBody>,
}

#[derive(Deserialize)]
struct CompactBody {
    #[serde(default)]
    a: BTreeMap<String, String>,
    #[serde(default)]
    b: BTreeMap<String, CompactBlock>,
    #[serde(default)]
    d: u8,
}

/// Mode, min, max, body, and `d` where deprecated.
#[derive(Deserialize)]
#[serde(untagged)]
enum CompactBlock {
    Flagged(char, u32, u32, u32, String),
    Plain(char, u32, u32, u32),
}

impl Compact {
    fn draft(self) -> Result<Draft, String> {
        let bodies: Result<Vec<DraftBody>, String> =
            self.bodies.into_iter().map(CompactBody::draft).collect();
        let types = [self.resource, self.data, self.ephemeral];
        let draft = Draft {
            provider: self.provider,
            version: self.version,
            bodies: bodies?,
            provider_body: self.provider_body,
            types: types.map(|types| {
                types
                    .into_iter()
                    .map(|(ty, body)| (ty, Some(body)))
                    .collect()
            }),
        };
        let all_there = |body: u32| (body as usize) < draft.bodies.len();
        let tops = draft
            .types
            .iter()
            .flat_map(BTreeMap::values)
            .copied()
            .flatten();
        match tops
            .chain(draft.provider_body)
            .find(|body| !all_there(*body))
        {
            Some(body) => Err(format!("there is no body {body}")),
            None => check_order(&draft).map(|()| draft),
        }
    }
}

/// A body's parts must stand before it.
fn check_order(draft: &Draft) -> Result<(), String> {
    for (at, body) in draft.bodies.iter().enumerate() {
        let objects = body.attributes.values().filter_map(|a| a.object);
        let mut parts = objects.chain(body.blocks.values().map(|b| b.body));
        if let Some(part) = parts.find(|part| *part as usize >= at) {
            return Err(format!(
                "body {at} refers to body {part}, which does not stand before it"
            ));
        }
    }
    Ok(())
}

impl CompactBody {
    fn draft(self) -> Result<DraftBody, String> {
        let attributes = self.a.into_iter().map(|(name, code)| {
            let attribute = read_attribute(&code)
                .ok_or_else(|| format!("`{code}` of `{name}` is not an attribute's code"))?;
            Ok((name, attribute))
        });
        let blocks = self.b.into_iter().map(|(name, block)| {
            let block = block
                .draft()
                .ok_or_else(|| format!("`{name}` has an unknown block mode"))?;
            Ok((name, block))
        });
        Ok(DraftBody {
            attributes: attributes.collect::<Result<_, String>>()?,
            blocks: blocks.collect::<Result<_, String>>()?,
            deprecated: self.d == 1,
            open: false,
        })
    }
}

/// `type:flags` or `type:flags:body`.
fn read_attribute(code: &str) -> Option<DraftAttribute> {
    let mut parts = code.split(':');
    let (ty, letters) = (parts.next()?, parts.next()?);
    let mut flags = Flags::default();
    for letter in letters.chars().filter(|letter| *letter != 'N') {
        flags.insert(Flags::from_letter(letter)?);
    }
    let object = parts.next().map(str::parse).transpose().ok()?;
    Some(DraftAttribute {
        ty: ty.to_owned(),
        flags,
        object,
    })
}

impl CompactBlock {
    fn draft(self) -> Option<DraftBlock> {
        let (mode, min, max, body, flags) = match self {
            CompactBlock::Flagged(mode, min, max, body, flags) => (mode, min, max, body, flags),
            CompactBlock::Plain(mode, min, max, body) => (mode, min, max, body, String::new()),
        };
        let nesting = match mode {
            'l' => Nesting::List,
            's' => Nesting::Set,
            'm' => Nesting::Map,
            '1' => Nesting::Single,
            'g' => Nesting::Group,
            _ => return None,
        };
        Some(DraftBlock {
            nesting,
            min,
            max,
            body,
            deprecated: flags.contains('d'),
        })
    }
}

/// A row of `sensitive.json`.
#[derive(Deserialize)]
struct Secret {
    provider: String,
    kind: String,
    #[serde(rename = "type")]
    ty: String,
    path: String,
}

/// What the documentation of random, tls, kubernetes and vault calls sensitive: their facts have no marks.
fn further_secrets() -> impl Iterator<Item = Secret> {
    include_str!("sensitive.tsv").lines().filter_map(|line| {
        let mut fields = line.split('\t').map(str::to_owned);
        Some(Secret {
            provider: fields.next()?,
            kind: fields.next()?,
            ty: fields.next()?,
            path: fields.next()?,
        })
    })
}

/// Marks what a version has of them; blocks as a whole can't be marked and are left out.
fn mark_secrets(draft: &mut Draft, secrets: &[Secret]) {
    let own = draft.provider.trim_end_matches("-beta").to_owned();
    let mut known: HashMap<DraftBody, u32> = HashMap::new();
    for secret in secrets.iter().filter(|secret| secret.provider == own) {
        let path: Vec<&str> = secret.path.split('.').collect();
        let kind = match secret.kind.as_str() {
            "resource" => 0,
            "data" => 1,
            "ephemeral" => 2,
            _ => {
                let marked = draft
                    .provider_body
                    .and_then(|body| draft.mark_sensitive(&mut known, body, &path));
                draft.provider_body = marked.or(draft.provider_body);
                continue;
            }
        };
        let Some(Some(body)) = draft.types[kind].get(&secret.ty).copied() else {
            continue;
        };
        if let Some(marked) = draft.mark_sensitive(&mut known, body, &path) {
            draft.types[kind].insert(secret.ty.clone(), Some(marked));
        }
    }
}

#[cfg(test)]
mod tests {
    use stockade_schema::{Kind, sensitive};

    #[test]
    fn what_is_called_sensitive_by_hand_is_so_in_the_schemas() {
        let rows: Vec<_> = super::further_secrets().collect();
        assert_eq!(rows.len(), include_str!("sensitive.tsv").lines().count());
        for row in rows {
            let kind = match row.kind.as_str() {
                "resource" => Kind::Resource,
                "data" => Kind::Data,
                _ => Kind::Ephemeral,
            };
            assert_eq!(
                sensitive(kind, &row.ty, &[&row.path]),
                Some(true),
                "{} {}",
                row.ty,
                row.path
            );
        }
    }
}
