//! Chores of the repository, started as `cargo xtask …`: a file each.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod coverage;
mod docs;
mod fixed;
mod import_facts;
mod known;
mod new_rule;
mod second_opinion;
mod secrets;
mod snippets;

/// Chores of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Coverage(coverage::Arguments),
    Docs(docs::Arguments),
    Fixed(fixed::Arguments),
    ImportFacts(import_facts::Arguments),
    Known(known::Arguments),
    NewRule(new_rule::Arguments),
    SecondOpinion(second_opinion::Arguments),
    Secrets(secrets::Arguments),
    Snippets(snippets::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().chore {
        Chore::Coverage(arguments) => coverage::run(&arguments),
        Chore::Docs(arguments) => docs::run(&arguments),
        Chore::Fixed(arguments) => fixed::run(&arguments),
        Chore::ImportFacts(arguments) => import_facts::run(&arguments),
        Chore::Known(arguments) => known::run(&arguments),
        Chore::NewRule(arguments) => new_rule::run(&arguments),
        Chore::SecondOpinion(arguments) => second_opinion::run(&arguments),
        Chore::Secrets(arguments) => secrets::run(&arguments),
        Chore::Snippets(arguments) => snippets::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a command line program reports its failure there"
)]
fn report(error: &str) {
    eprintln!("error: {error}");
}
