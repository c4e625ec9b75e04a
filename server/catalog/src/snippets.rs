//! Secure resources to begin with: those of `queries/snippets.hcl`, which no rule has anything against.

use std::sync::LazyLock;

/// A resource with what it needs beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// `aws_s3_bucket`
    pub ty: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// HCL; the label of every block in it is `main`, and names to be chosen begin with `example`.
    pub text: String,
}

const TEXT: &str = include_str!("../../../queries/snippets.hcl");

/// All snippets, in the order of the file.
pub fn snippets() -> &'static [Snippet] {
    static ALL: LazyLock<Vec<Snippet>> = LazyLock::new(|| read(TEXT));
    &ALL
}

/// The snippets of a text, each below its line `# TYPE: title`.
fn read(text: &'static str) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    for line in text.split_inclusive('\n') {
        let heading = line.strip_prefix("# ").and_then(|l| l.split_once(": "));
        match (heading, snippets.last_mut()) {
            (Some((ty, title)), _) if !ty.contains(' ') => snippets.push(Snippet {
                ty,
                title: title.trim(),
                text: String::new(),
            }),
            (_, Some(snippet)) => snippet.text.push_str(line),
            _ => {}
        }
    }
    for snippet in &mut snippets {
        snippet.text = format!("{}\n", snippet.text.trim());
    }
    snippets
}
