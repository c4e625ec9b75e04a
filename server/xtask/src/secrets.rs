//! `cargo xtask secrets`: what looking for secrets costs, beside reading the same files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stockade_engine::catalog::Catalog;
use stockade_rules::secrets::{Files, Scanner};
use stockade_syntax::Document;

/// Tells what looking for secrets in Terraform files costs, in all and for the dearest block.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with Terraform.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
}

struct NoFiles;

impl Files for NoFiles {
    fn text(&self, _: &str) -> Option<Arc<str>> {
        None
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the command is for"
)]
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let mut texts = Vec::new();
    for folder in &arguments.folders {
        collect(folder, &mut texts)?;
    }
    let scanner = Catalog::built_in().scanner();
    scanner.check()?;
    // The first look makes the regular expressions that it needs.
    looked(&texts, scanner);
    let Cost {
        reading,
        looking,
        dearest,
        found,
    } = looked(&texts, scanner);
    let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
    println!(
        "{} files, {lines} lines, {found} findings: reading {reading:.1?}, looking for secrets {looking:.1?} ({:.2?} for 1,000 lines), the dearest block {dearest:.1?}",
        texts.len(),
        looking * 1_000 / u32::try_from(lines.max(1)).unwrap_or(u32::MAX)
    );
    Ok(())
}

#[derive(Default)]
struct Cost {
    reading: Duration,
    looking: Duration,
    /// Of one block.
    dearest: Duration,
    found: usize,
}

fn looked(texts: &[String], scanner: &Scanner) -> Cost {
    let mut cost = Cost::default();
    for text in texts {
        let start = Instant::now();
        let document = Document::new(text);
        cost.reading += start.elapsed();
        for (_, segment) in document.segments() {
            let Some(lowered) = &segment.lowered else {
                continue;
            };
            let start = Instant::now();
            let block = stockade_engine::block_id(segment.id);
            cost.found += scanner.find(block, lowered, &NoFiles).len();
            let took = start.elapsed();
            cost.looking += took;
            cost.dearest = cost.dearest.max(took);
        }
    }
    cost
}

fn collect(folder: &Path, texts: &mut Vec<String>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|e| e == "tf") {
            texts.extend(std::fs::read_to_string(&path).ok());
        }
    }
    Ok(())
}
