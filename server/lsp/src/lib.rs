//! The language server: the protocol between an editor and the engine.
//!
//! Owns everything that the Language Server Protocol says: framing, life cycle, positions, diagnostics, code actions,
//! hovers, watched files. It is the only layer that imports `tower-lsp`, `lsp-types` or `tokio`, and must not know what
//! a rule looks for.
//!
//! A message comes in through [`transport`], takes its place in the order of things in [`sequencer`], and is answered
//! in [`backend`] from an immutable snapshot. What the engine publishes leaves through [`publish`].

mod backend;
mod code_action;
mod command;
mod completion;
mod diagnostics;
mod features;
mod hover;
mod lens;
mod publish;
mod scan;
mod sequencer;
mod session;
mod structure;
mod transport;
mod uri;
mod watch;

use std::future::poll_fn;
use std::io::{Read, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use stockade_engine::Event;
use tower_lsp::{LspService, Server};

use crate::backend::Backend;
use crate::sequencer::{Life, Sequencer};
use crate::session::SharedSession;
use crate::transport::{Input, Output};

/// How many requests may be in the works; one more would block the input.
const REQUESTS: usize = 4096;

/// Threads that compute answers; most of the time they wait for the engine.
const COMPUTING: usize = 8;

/// How long requests may still be worked on, and answers written, when the connection has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client asked for it, with `shutdown` and then `exit` or the end of the stream.
    Asked,
    /// By `exit` or the end of the stream alone.
    Sudden,
}

/// Serves one client on standard input and output, until it is done with us or gone.
///
/// Exits as the specification of `exit` says: 0 after `shutdown`, else 1.
pub fn run_stdio() -> ExitCode {
    match serve(std::io::stdin(), std::io::stdout()) {
        Ok(Ending::Asked) => ExitCode::SUCCESS,
        Ok(Ending::Sudden) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!(%error, "the server did not start");
            ExitCode::FAILURE
        }
    }
}

/// Serves one client that writes to `input` and reads from `output`.
///
/// # Errors
/// When the system has no thread to give.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> std::io::Result<Ending> {
    stockade_engine::catalog::warm_up();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(COMPUTING)
        .build()?;
    let session = SharedSession::default();
    let life = Arc::new(Life::default());
    let (output, written) = Output::new(output);
    let (service, socket) = {
        let session = session.clone();
        LspService::build(move |client| Backend::new(client, session))
            .custom_method("stockade/settled", Backend::settled)
            .custom_method("stockade/rule", Backend::rule)
            .custom_method("stockade/workspaceFixes", Backend::workspace_fixes)
            .finish()
    };
    let sequencer = Sequencer::new(service, session.clone(), life.clone(), output.clone());
    let (input, given_up) = Input::new(input, LAST_WORDS);
    let server = Server::new(input, output, socket).concurrency_level(REQUESTS);
    runtime.block_on(either(server.serve(sequencer), given_up));

    if let Some(session) = session.get() {
        session.engine.send(Event::Shutdown);
        session.publisher.end();
    }
    // Computations that nobody waits for any more are left alone.
    runtime.shutdown_background();
    let _ = written.recv_timeout(LAST_WORDS);
    Ok(if life.shut_down.load(Ordering::Relaxed) {
        Ending::Asked
    } else {
        Ending::Sudden
    })
}

/// Ends with the first of two futures.
async fn either(one: impl Future, other: impl Future) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(
        |cx| match one.as_mut().poll(cx).is_ready() || other.as_mut().poll(cx).is_ready() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        },
    )
    .await;
}
