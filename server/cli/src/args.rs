//! The arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use stockade_engine::Severity;

/// `stockade …`.
#[derive(Debug, Parser)]
#[command(
    name = "stockade",
    version,
    about = "Finds what is insecure in Terraform and OpenTofu while you type, and fixes it.",
    after_help = "Examples:
  stockade check                        the configuration below this folder
  stockade check --diff                 what the safe fixes would change
  stockade check --fix                  change it
  stockade explain aws-s3-bucket-with-public-acl
                                        why a rule exists, with bad and good code
  stockade lsp                          the language server, started by your editor

Settings stand in stockade.toml; a finding is accepted where it stands, with a reason:
  # stockade:ignore aws-s3-bucket-with-public-acl -- the website's assets are public",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours. `auto` asks the terminal, NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check files and folders, report what is insecure, and fix it if asked to.
    Check(CheckArgs),
    /// List the rules.
    Rules(RulesArgs),
    /// Show a rule's page: what is wrong, why, bad and good code, how it is fixed.
    Explain(ExplainArgs),
    /// Run the language server on standard input and output. Editors start it.
    Lsp(LspArgs),
}

/// `stockade check …`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stockade check                               this folder and all below it
  stockade check modules/vpc main.tf           a folder and a file
  stockade check --severity low                list low and info findings too
  stockade check --diff | git apply            take the safe fixes as a patch
  stockade check --format sarif > stockade.sarif
                                               for GitHub, GitLab and other viewers
  stockade check --format json | jq '.findings[] | select(.severity == \"critical\")'

Exit status:
  0  no finding at or above `fail-on` remains (medium, unless stockade.toml says else)
  1  some remain
  2  not everything could be looked at: stderr says what and why, the rest is reported

A value that is known only after `apply` never makes a finding. A finding is accepted by a
comment on its line, or above its block or argument:
  # stockade:ignore aws-s3-bucket-with-public-acl until=2027-01-31 -- migration in progress")]
pub(crate) struct CheckArgs {
    /// Files and folders to report on; modules that they call are read as well.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Apply the safe fixes, then report what remains.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) fix: bool,

    /// Print the safe fixes as a patch, change nothing.
    #[arg(long)]
    pub(crate) diff: bool,

    /// How to report: for people, or for programs. `json` and `sarif` always hold every severity.
    #[arg(long, value_enum, default_value_t = Format::Human, conflicts_with = "diff")]
    pub(crate) format: Format,

    /// List findings of this severity and above; the others are one line of the summary.
    #[arg(long, value_enum, default_value_t = Level::Medium, value_name = "LEVEL")]
    pub(crate) severity: Level,

    /// Show every finding with its source lines and fix, however many there are.
    #[arg(long)]
    pub(crate) full: bool,

    /// The date against which `until=` of a suppression is read [default: today].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) today: Option<Date>,
}

/// `stockade rules …`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stockade rules
  stockade rules --format json | jq -r '.[] | select(.provider == \"aws\") | .id'
  stockade rules --test                    whether your own pages find what their examples say")]
pub(crate) struct RulesArgs {
    /// Try the examples of the rule pages in .stockade/rules instead of listing all rules: bad ones must be
    /// found on the marked lines, good ones pass, fixed ones be what the fixes make.
    #[arg(long, conflicts_with = "format")]
    pub(crate) test: bool,

    /// How to list them.
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

/// `stockade explain …`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stockade explain aws-s3-bucket-with-public-acl
  stockade explain CKV_AWS_20               the rule that covers another tool's check")]
pub(crate) struct ExplainArgs {
    /// A rule's id, or the id that another scanner gives to the same check.
    pub(crate) rule: String,
}

/// `stockade lsp …`.
#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// What to log to stderr: error, warn, info, debug, trace, or a filter such as
    /// `warn,stockade_engine=debug`.
    #[arg(
        long,
        env = "STOCKADE_LOG",
        default_value = "warn",
        value_name = "FILTER"
    )]
    pub(crate) log: String,

    /// Accepted because editors pass it; there is no other transport.
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// How `check` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
    Sarif,
}

/// How `rules` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Human,
    Json,
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Severity {
        match level {
            Level::Info => Severity::Info,
            Level::Low => Severity::Low,
            Level::Medium => Severity::Medium,
            Level::High => Severity::High,
            Level::Critical => Severity::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
