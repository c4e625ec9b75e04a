//! Which arguments of google go together: `schema/google_constraints.json`.

use serde::Deserialize;

use super::{Entries, Facts, Output};

pub(super) fn import(facts: &Facts<'_>, out: &Output) -> Result<(), String> {
    let constraints: Entries<Constraint> = facts.json("schema/google_constraints.json")?;
    let mut rows: Vec<String> = constraints
        .entries
        .iter()
        .flat_map(Constraint::rows)
        .collect();
    rows.sort();
    rows.dedup();
    out.packed("google_constraints.bin", &rows)
}

/// A row of `google_constraints.json`.
#[derive(Deserialize)]
struct Constraint {
    resource: String,
    path: String,
    #[serde(default)]
    conflicts_with: Vec<String>,
    #[serde(default)]
    required_with: Vec<String>,
    #[serde(default)]
    exactly_one_of: Vec<String>,
}

impl Constraint {
    fn rows(&self) -> Vec<String> {
        let relations = [
            ("conflicts", &self.conflicts_with),
            ("requires", &self.required_with),
            ("one of", &self.exactly_one_of),
        ];
        let written = relations
            .into_iter()
            .filter(|(_, others)| !others.is_empty());
        let row = |(relation, others): (&str, &Vec<String>)| {
            let others: Vec<String> = others.iter().map(|path| without_indices(path)).collect();
            [
                self.resource.as_str(),
                &without_indices(&self.path),
                relation,
                &others.join(" "),
            ]
            .join("\t")
        };
        written.map(row).collect()
    }
}

/// `max_age.0.days` → `max_age.days`.
fn without_indices(path: &str) -> String {
    let names: Vec<&str> = path
        .split('.')
        .filter(|part| part.parse::<u32>().is_err())
        .collect();
    names.join(".")
}
