//! The rule ids of other tools, and which say the same: `groups.jsonl`, `checks.jsonl`, `core.tsv`.
//! Ids only: none of their texts may come into the product.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Facts, Output};

pub(super) fn import(facts: &Facts<'_>, out: &Output) -> Result<(), String> {
    let groups: Vec<Group> = facts.json_lines("groups.jsonl")?;
    let aliases = aliases(&facts.json_lines("checks.jsonl")?);
    let mut core = core(&facts.text("core.tsv")?)?;
    let rows: Vec<String> = groups
        .iter()
        .map(|group| group.row(&aliases, &mut core))
        .collect();
    match core.keys().next() {
        Some((provider, slug, member)) => Err(format!(
            "core.tsv: no group {provider} {slug} of {member} in groups.jsonl"
        )),
        None => out.packed("peers.bin", &rows),
    }
}

/// A row of `groups.jsonl`.
#[derive(Deserialize)]
struct Group {
    slug: String,
    provider: String,
    members: Vec<String>,
    template: Option<String>,
    template_arg: Option<Value>,
}

/// A row of `checks.jsonl`.
#[derive(Deserialize)]
struct Check {
    peer: String,
    id: String,
    aliases: Option<Vec<String>>,
}

/// Provider, slug and first member: slugs alone repeat.
type Place = (String, String, String);

/// Why each core group is one, in a word.
fn core(text: &str) -> Result<BTreeMap<Place, &'static str>, String> {
    let mut core = BTreeMap::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let fault = |what: &str| format!("core.tsv:{}: {what}", at + 1);
        let columns: Vec<&str> = line.split('\t').collect();
        let [provider, slug, member, why] = columns.as_slice() else {
            return Err(fault("expected four columns"));
        };
        let why = match *why {
            "three or more tools" => "tools",
            "most used resources" => "resources",
            _ if why.starts_with("template ") => "template",
            _ => return Err(fault(&format!("unknown reason `{why}`"))),
        };
        core.insert(
            (
                (*provider).to_owned(),
                (*slug).to_owned(),
                (*member).to_owned(),
            ),
            why,
        );
    }
    Ok(core)
}

/// Member id, as groups spell it → other ids that its tool knows it by. Short ids of KICS stand in no
/// suppression comment, and Trivy's AVD- forms follow from its ids.
fn aliases(checks: &[Check]) -> BTreeMap<String, BTreeSet<String>> {
    let mut aliases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for check in checks.iter().filter(|check| check.peer != "kics") {
        let member = match check.peer.as_str() {
            "checkov" | "trivy" => check.id.clone(),
            peer => format!("{peer}:{}", check.id),
        };
        let derived = format!("AVD-{}", check.id);
        let others = check
            .aliases
            .iter()
            .flatten()
            .filter(|alias| **alias != derived && !alias.contains([' ', '|', '\t']));
        aliases.entry(member).or_default().extend(others.cloned());
    }
    aliases
}

impl Group {
    fn row(
        &self,
        aliases: &BTreeMap<String, BTreeSet<String>>,
        core: &mut BTreeMap<Place, &'static str>,
    ) -> String {
        let first = self.members.first().cloned().unwrap_or_default();
        let why = core
            .remove(&(self.provider.clone(), self.slug.clone(), first))
            .unwrap_or_default();
        let members = self.members.iter().map(|member| {
            let others = aliases
                .get(member)
                .into_iter()
                .flatten()
                .map(String::as_str);
            std::iter::once(member.as_str())
                .chain(others)
                .collect::<Vec<_>>()
                .join("|")
        });
        let argument = match &self.template_arg {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let template = self.template.as_deref().unwrap_or_default();
        [
            self.provider.as_str(),
            &self.slug,
            template,
            &argument,
            why,
            &members.collect::<Vec<_>>().join(" "),
        ]
        .join("\t")
    }
}
