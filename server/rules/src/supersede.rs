//! Which of several findings on one cause is shown.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::finding::Finding;
use crate::fix::{Fix, FixEdit};

/// A finding that is shown, and the rules of those that it hides.
#[derive(Clone, Debug)]
pub struct Winner {
    /// What is shown.
    pub finding: Arc<Finding>,
    /// What would be shown without it.
    pub hides: Vec<SmolStr>,
}

/// The findings of a block without those whose rule is superseded by another's that stands at the
/// same place, is about the same element, or has a fix that removes it. A suppressed winner still hides the loser.
///
/// What keeps a value out of the state keeps it out of the code as well: such fixes are offered after the winner's own.
pub fn supersede(findings: &[Arc<Finding>]) -> Vec<Winner> {
    let is_hidden = |loser: &Finding| findings.iter().any(|winner| hides(winner, loser));
    let winners = findings.iter().filter(|finding| !is_hidden(finding));
    winners
        .map(|winner| {
            let of_state = |loser: &&Arc<Finding>| {
                loser.page.code.as_deref() == Some(crate::write_only::STORED)
                    && loser.at == winner.at
                    && hides(winner, loser)
            };
            let more = findings.iter().filter(of_state);
            let more: Vec<Fix> = more.flat_map(|loser| loser.fixes.clone()).collect();
            let hidden = findings.iter().filter(|loser| hides(winner, loser));
            let finding = match more.is_empty() {
                true => winner.clone(),
                false => Arc::new(Finding {
                    fixes: winner.fixes.iter().cloned().chain(more).collect(),
                    ..Finding::clone(winner)
                }),
            };
            Winner {
                finding,
                hides: hidden.map(|loser| loser.page.id.clone()).collect(),
            }
        })
        .collect()
}

fn hides(winner: &Finding, loser: &Finding) -> bool {
    winner.page.supersedes.contains(&loser.page.id)
        && winner.block == loser.block
        && (winner.at == loser.at || winner.element == loser.element || removes(winner, loser))
}

/// Whether the best fix of one finding takes away what the other is about.
fn removes(winner: &Finding, loser: &Finding) -> bool {
    let edits = winner.fixes.first().into_iter().flat_map(|fix| &fix.edits);
    let mut removed = edits.filter_map(|edit| match edit {
        FixEdit::Remove { at } => Some(at),
        _ => None,
    });
    removed.any(|at| *at == loser.at)
}
