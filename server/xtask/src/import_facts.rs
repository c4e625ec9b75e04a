//! `cargo xtask import-facts DIR`: makes the committed data of `server/schema/data` from a folder of
//! facts. Equal facts give equal bytes.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use stockade_schema::packed::pack;

mod constraints;
mod peers;
mod schemas;
mod secrets;

/// Make server/schema/data from a folder of facts (provider schemas, write-only arguments, rule ids …).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder with checks.jsonl, write_only.json, schema/ …
    facts: PathBuf,
    /// Where to write; the schema crate's data folder by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/data");
    let facts = Facts {
        folder: &arguments.facts,
    };
    let out = Output {
        folder: arguments.out.clone().unwrap_or(committed),
    };
    schemas::import(&facts, &out)?;
    secrets::import(&facts, &out)?;
    constraints::import(&facts, &out)?;
    peers::import(&facts, &out)
}

/// A folder of facts.
struct Facts<'a> {
    folder: &'a Path,
}

impl Facts<'_> {
    fn text(&self, name: &str) -> Result<String, String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).map_err(|error| {
            format!(
                "{}: {error}; name the folder of facts that has it",
                path.display()
            )
        })
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name)?;
        serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", self.folder.join(name).display()))
    }

    fn json_lines<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, String> {
        let text = self.text(name)?;
        let rows = text.lines().enumerate().map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| {
                format!("{}:{}: {error}", self.folder.join(name).display(), at + 1)
            })
        });
        rows.collect()
    }
}

/// The form of most fact files.
#[derive(Deserialize)]
struct Entries<T> {
    entries: Vec<T>,
}

/// The folder of committed data.
struct Output {
    folder: PathBuf,
}

impl Output {
    #[expect(clippy::print_stdout, reason = "says what was written")]
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{:>8} bytes  {name}", bytes.len());
        Ok(())
    }

    /// Readable tab-separated text, headed by the names of its columns.
    fn table(
        &self,
        name: &str,
        head: &[&str],
        rows: impl IntoIterator<Item = String>,
    ) -> Result<(), String> {
        let lines: Vec<String> = std::iter::once(format!("#{}", head.join("\t")))
            .chain(rows)
            .collect();
        self.write(name, format!("{}\n", lines.join("\n")).as_bytes())
    }

    /// Tab-separated text, compressed.
    fn packed(&self, name: &str, rows: &[String]) -> Result<(), String> {
        self.write(name, &pack(rows.join("\n").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SCHEMA: &str = r#"{"provider": "x", "version": "1.0.0", "provider_body": 0,
        "bodies": [{"a": {"token": "s:o"}}, {"a": {"name": "s:r"}, "b": {"rule": ["l", 0, 1, 0]}}],
        "resource": {"x_server": 1}, "data": {}, "ephemeral": {}}"#;

    const FACTS: [(&str, &str); 7] = [
        (
            "sensitive.json",
            r#"{"entries": [{"provider": "x", "kind": "resource", "type": "x_server", "path": "rule.token"}]}"#,
        ),
        (
            "write_only.json",
            r#"{"entries": [{"provider": "x", "resource": "x_server", "block_path": [], "write_only": "token_wo",
                "version_argument": null, "replaces": null, "in_version": "1.0.0",
                "since_provider_version": ">0.8.0 <=0.9.0", "not_a_secret": "identifier"}]}"#,
        ),
        (
            "ephemeral_resources.json",
            r#"{"entries": [{"provider": "x", "type": "x_token", "secret_outputs_guess": ["value"]}]}"#,
        ),
        (
            "schema/google_constraints.json",
            r#"{"entries": [{"resource": "x_server", "path": "a.0.b", "conflicts_with": ["a.0.c"]}]}"#,
        ),
        (
            "groups.jsonl",
            r#"{"slug": "server", "provider": "x", "members": ["X-0001", "kics:1"], "template": "port", "template_arg": 22}"#,
        ),
        (
            "checks.jsonl",
            r#"{"peer": "trivy", "id": "X-0001", "aliases": ["AVD-X-0001", "long-id"]}"#,
        ),
        (
            "core.tsv",
            "provider\tslug\tfirst member\twhy\nx\tserver\tX-0001\tthree or more tools\n",
        ),
    ];

    /// Imports the facts above, one file of them replaced; what was written.
    fn import(replaced: (&str, &str)) -> Result<BTreeMap<String, Vec<u8>>, String> {
        let facts = tempfile::tempdir().map_err(|e| e.to_string())?;
        let out = tempfile::tempdir().map_err(|e| e.to_string())?;
        let write = |name: &str, text: &str| {
            let text = if name == replaced.0 { replaced.1 } else { text };
            let path = facts.path().join(name);
            path.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(path, text))
        };
        let schemas = schemas::files().map(|name| (name, SCHEMA.to_owned()));
        let others = FACTS.map(|(name, text)| (name.to_owned(), text.to_owned()));
        for (name, text) in schemas.chain(others) {
            write(&name, &text).map_err(|e| e.to_string())?;
        }
        let arguments = Arguments {
            facts: facts.path().to_owned(),
            out: Some(out.path().to_owned()),
        };
        run(&arguments)?;
        let written = fs::read_dir(out.path()).map_err(|e| e.to_string())?;
        let read = written.flatten().map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).unwrap_or_default())
        });
        Ok(read.collect())
    }

    #[test]
    fn equal_facts_give_equal_bytes() {
        let (first, second) = (import(("", "")), import(("", "")));
        assert!(
            first.as_ref().is_ok_and(|files| files.len() == 14),
            "{first:?}"
        );
        assert_eq!(first, second);
        let text = |name: &str| {
            let files = first.as_ref().ok()?;
            String::from_utf8(files.get(name)?.clone()).ok()
        };
        let row = "x\tx_server\t\ttoken_wo\t\t\t\t\t0.9.0\t\tno";
        assert_eq!(
            text("write_only.tsv")
                .and_then(|t| t.lines().nth(1).map(str::to_owned))
                .as_deref(),
            Some(row)
        );
        assert_eq!(
            text("ephemeral.tsv")
                .and_then(|t| t.lines().nth(1).map(str::to_owned))
                .as_deref(),
            Some("x\tx_token\tvalue")
        );
    }

    #[test]
    fn faults_name_the_file_and_the_place() {
        let bad_body = SCHEMA.replace("0, 1, 0", "0, 1, 7");
        let bad_code = SCHEMA.replace("s:r", "s:q");
        let table = [
            (
                "schema/aws.compact.json",
                bad_body.as_str(),
                "body 1 refers to body 7",
            ),
            (
                "schema/aws.compact.json",
                &bad_code,
                "`s:q` of `name` is not an attribute's code",
            ),
            (
                "schema/aws.compact.json",
                "{",
                "schema/aws.compact.json: EOF",
            ),
            ("checks.jsonl", "{}\n", "checks.jsonl:1: missing field"),
            (
                "core.tsv",
                "head\nx\tserver\n",
                "core.tsv:2: expected four columns",
            ),
            (
                "core.tsv",
                "head\nx\tother\tX-0001\tthree or more tools\n",
                "no group x other of X-0001",
            ),
        ];
        for (name, text, expected) in table {
            let error = import((name, text)).expect_err(name);
            assert!(error.contains(expected), "{error}");
        }
        let error = run(&Arguments {
            facts: PathBuf::from("nowhere"),
            out: None,
        })
        .expect_err("nowhere");
        assert!(
            error.contains("sensitive.json") && error.contains("name the folder of facts"),
            "{error}"
        );
    }
}
