//! The command line: arguments, reports, exit statuses, writing fixed files.
//!
//! The outermost layer. It must not know how anything is found: the engine answers, `session` turns the answer into
//! data (`outcome`), the reporters (`human`, `sarif`) print data, and all printing goes through `output`.

mod apply;
mod args;
mod catalog;
mod check;
mod diff;
mod human;
mod outcome;
mod output;
mod progress;
mod sarif;
mod secrets;
mod session;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command, LspArgs};
use crate::output::Output;

/// The exit status of a command that could not do what it was asked to.
const FAILED: u8 = 2;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return print_answer(&answer),
    };
    run(&cli.command, &mut Output::of_process(cli.color))
}

fn run(command: &Command, output: &mut Output) -> ExitCode {
    let status = match command {
        Command::Check(args) => check::run(args, output).map(|status| status as u8),
        Command::Rules(args) if args.test => catalog::test(output).map(|status| status as u8),
        Command::Rules(args) => catalog::list(args.format, output).map(|()| 0),
        Command::Explain(args) => {
            catalog::explain(&args.rule, output).map(|found| if found { 0 } else { FAILED })
        }
        Command::Lsp(args) => return serve(args),
    };
    let status = status.unwrap_or_else(|error| {
        // Where standard error is gone too, the status is all that is left.
        let _ = output.error(&format!("the report could not be written: {error}"));
        FAILED
    });
    ExitCode::from(status)
}

/// What clap has to say: help, the version, or what is wrong with the arguments.
fn print_answer(answer: &clap::Error) -> ExitCode {
    let asked_for = matches!(
        answer.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    // A reader that has gone away needs no answer.
    let _ = answer.print();
    if asked_for {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

/// The language server; standard output is the protocol's, so logs go to standard error.
fn serve(args: &LspArgs) -> ExitCode {
    let filter = EnvFilter::builder().parse_lossy(&args.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    if log.try_init().is_err() {
        return ExitCode::from(FAILED);
    }
    stockade_lsp::run_stdio()
}
