//! Write-only arguments (`write_only.json`) and ephemeral resources (`ephemeral_resources.json`).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::{Entries, Facts, Output};

pub(super) fn import(facts: &Facts<'_>, out: &Output) -> Result<(), String> {
    let write_only: Entries<WriteOnly> = facts.json("write_only.json")?;
    let ephemeral: Entries<Ephemeral> = facts.json("ephemeral_resources.json")?;
    let arguments: Result<Vec<String>, String> = deduplicated(&write_only.entries)
        .into_iter()
        .map(WriteOnly::row)
        .collect();
    out.table("write_only.tsv", &WRITE_ONLY_HEAD, arguments?)?;
    out.table(
        "ephemeral.tsv",
        &["provider", "type", "secret attributes"],
        ephemeral.entries.iter().map(Ephemeral::row),
    )
}

const WRITE_ONLY_HEAD: [&str; 11] = [
    "provider",
    "resource",
    "block",
    "argument",
    "version argument",
    "its block",
    "required with it",
    "replaces",
    "since",
    "removed in",
    "secret",
];

/// A row of `write_only.json`.
#[derive(Deserialize)]
struct WriteOnly {
    provider: String,
    resource: String,
    block_path: Vec<String>,
    write_only: String,
    version_argument: Option<String>,
    version_argument_block_path: Option<Vec<String>>,
    version_argument_required: Option<bool>,
    replaces: Option<String>,
    in_version: String,
    since_provider_version: Option<String>,
    removed_in: Option<String>,
    not_a_secret: Option<Value>,
}

/// Leaves out google-beta's rows that google has too.
fn deduplicated(rows: &[WriteOnly]) -> Vec<&WriteOnly> {
    let place = |row: &WriteOnly| {
        (
            row.resource.clone(),
            row.block_path.clone(),
            row.write_only.clone(),
        )
    };
    let stable: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.provider != "google-beta")
        .map(place)
        .collect();
    rows.iter()
        .filter(|row| row.provider != "google-beta" || !stable.contains(&place(row)))
        .collect()
}

impl WriteOnly {
    fn row(&self) -> Result<String, String> {
        let block = self.block_path.join(".");
        let version_block = self
            .version_argument_block_path
            .as_ref()
            .map_or_else(|| block.clone(), |path| path.join("."));
        let required = match self.version_argument_required {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let no_secret = self
            .not_a_secret
            .as_ref()
            .is_some_and(|mark| *mark != Value::Bool(false));
        let columns: [&str; 11] = [
            &self.provider,
            &self.resource,
            &block,
            &self.write_only,
            self.version_argument.as_deref().unwrap_or_default(),
            if self.version_argument.is_some() {
                &version_block
            } else {
                ""
            },
            required,
            self.replaces.as_deref().unwrap_or_default(),
            self.since()?,
            self.removed_in.as_deref().unwrap_or_default(),
            if no_secret { "no" } else { "yes" },
        ];
        Ok(columns.join("\t"))
    }

    /// The first version that is known to have it: of bounds (`>5.100.0 <=6.25.0`) the upper one.
    fn since(&self) -> Result<&str, String> {
        let Some(since) = &self.since_provider_version else {
            return Ok(&self.in_version);
        };
        match since.rsplit(' ').next() {
            Some(last) if last.starts_with(|c: char| c.is_ascii_digit()) => Ok(last),
            Some(last) if last.starts_with("<=") => Ok(&last[2..]),
            _ => Err(format!(
                "write_only.json: {}.{}: `{since}` has no upper bound",
                self.resource, self.write_only
            )),
        }
    }
}

/// A row of `ephemeral_resources.json`.
#[derive(Deserialize)]
struct Ephemeral {
    provider: String,
    #[serde(rename = "type")]
    ty: String,
    secret_outputs_guess: Vec<String>,
}

impl Ephemeral {
    fn row(&self) -> String {
        [
            self.provider.as_str(),
            &self.ty,
            &self.secret_outputs_guess.join(" "),
        ]
        .join("\t")
    }
}
