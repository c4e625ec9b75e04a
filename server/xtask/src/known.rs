//! `cargo xtask known`: the share of security-relevant arguments whose value is known.

use std::path::PathBuf;

use stockade_engine::{Known, Options, Workspace};

/// Tells how many of the security-relevant arguments in some folders are known to evaluation.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with Terraform.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Lists the arguments that are not known.
    #[arg(long)]
    unknown: bool,
}

/// What the names of such arguments have in them.
const RELEVANT: [&str; 22] = [
    "encrypt",
    "kms",
    "public",
    "cidr",
    "polic",
    "acl",
    "enable",
    "ssl",
    "tls",
    "password",
    "secret",
    "auth",
    "protect",
    "logging",
    "port",
    "protocol",
    "principal",
    "access",
    "actions",
    "identifiers",
    "retention",
    "versioning",
];

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the command is for"
)]
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let is_relevant = |name: &str| RELEVANT.iter().any(|part| name.contains(part));
    for folder in &arguments.folders {
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut workspace = Workspace::new(Options::default());
        workspace.load_all(std::slice::from_ref(&folder));
        workspace.settle();
        let Known {
            arguments: all,
            known,
            referring,
            unknown,
        } = workspace.known(&is_relevant);
        let share = |n: usize| n as f64 * 100.0 / all.max(1) as f64;
        println!(
            "{}: {all} arguments, {:.1} % known, {:.1} % with those that refer to a resource",
            folder.display(),
            share(known),
            share(known + referring)
        );
        unknown
            .iter()
            .filter(|_| arguments.unknown)
            .for_each(|at| println!("  {at}"));
    }
    Ok(())
}
