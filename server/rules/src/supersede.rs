//! Which of several findings on one cause is shown.

use std::sync::Arc;

use crate::finding::Finding;
use crate::fix::FixEdit;

/// The findings of a block without those whose rule is superseded by another's that stands at the
/// same place, is about the same element, or has a fix that removes it. A suppressed winner still hides the loser.
pub fn supersede(findings: &[Arc<Finding>]) -> Vec<&Arc<Finding>> {
    findings
        .iter()
        .filter(|loser| !findings.iter().any(|winner| hides(winner, loser)))
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
