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
