//! `cargo xtask snippets`: keeps the secure resources of `queries/snippets.hcl` secure.

use std::path::Path;

use stockade_catalog::{Snippet, snippets};
use stockade_engine::examples::mended;
use stockade_engine::{Report, Severity};

/// Apply the fixes of all findings in queries/snippets.hcl, and tell what they leave.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail if there is a finding.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries/snippets.hcl");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut new = text.clone();
    let mut faults = Vec::new();
    for snippet in snippets() {
        let (after, left) = looked_at(snippet)?;
        faults.extend(left.iter().map(|r| told(snippet, r)));
        if arguments.check && after != snippet.text {
            faults.push(format!(
                "{}: has findings; run `cargo xtask snippets`",
                snippet.ty
            ));
        }
        new = new.replace(&snippet.text, &after);
    }
    if !arguments.check && new != text {
        std::fs::write(&path, new).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n")),
    }
}

/// A snippet after all fixes, and what is found in it then.
fn looked_at(snippet: &Snippet) -> Result<(String, Vec<Report>), String> {
    let texts = [("main.tf".to_owned(), snippet.text.clone())];
    let (texts, left) = mended(&texts).map_err(|error| format!("{}: {error}", snippet.ty))?;
    let text = texts.into_iter().map(|(_, text)| text).collect();
    // Advice that has no fix, such as a copy in another region, is not for everybody.
    let left = left.into_iter().filter(|r| r.severity > Severity::Info);
    Ok((text, left.collect()))
}

fn told(snippet: &Snippet, report: &Report) -> String {
    format!(
        "{}: {} {}: {}",
        snippet.ty, report.rule, report.address, report.message
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_have_no_finding() {
        assert_eq!(run(&Arguments { check: true }), Ok(()));
    }
}
