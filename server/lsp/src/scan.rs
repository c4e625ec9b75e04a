//! Tells the client how far the scan of its workspace is (LSP 3.17, "Work Done Progress").

use lsp_types::ProgressToken;
use stockade_engine::ScanState;
use tokio::sync::watch;
use tower_lsp::Client;

use crate::session::Session;

/// Follows the scans of a session, if the client shows progress. Nobody waits for it.
pub(crate) fn follow(session: &Session, client: Client) {
    if session.features.shows_progress {
        tokio::spawn(tell(client, session.publisher.scans()));
    }
}

/// A scan that is over before the client has answered is not shown.
async fn tell(client: Client, mut states: watch::Receiver<ScanState>) {
    for number in 0.. {
        if states.wait_for(|state| !state.is_over).await.is_err() {
            return;
        }
        let token = ProgressToken::String(format!("stockade/scan/{number}"));
        let created = client.create_work_done_progress(token.clone()).await;
        if let Err(error) = created {
            tracing::warn!(%error, "the client shows no progress");
            return;
        }
        if states.borrow().is_over {
            continue;
        }
        let progress = client.progress(token, "Looking at the workspace");
        let progress = progress.with_percentage(0).begin().await;
        let mut most = 0;
        loop {
            let state = *states.borrow_and_update();
            if state.is_over {
                break;
            }
            // More modules may turn up; the bar must not go back.
            most = percentage(state).max(most);
            let message = format!("{} of {} modules", state.done, state.all);
            progress.report_with_message(message, most).await;
            if states.changed().await.is_err() {
                return;
            }
        }
        progress.finish().await;
    }
}

fn percentage(state: ScanState) -> u32 {
    u32::try_from(state.done * 100 / state.all.max(1)).unwrap_or(100)
}
