//! Which of several findings on one cause is shown.

use std::sync::Arc;

use crate::finding::Finding;

/// The findings of a block without those whose rule is superseded by another's that stands at the
/// same place or is about the same element. A suppressed winner still hides the loser.
pub fn supersede(findings: &[Arc<Finding>]) -> Vec<&Arc<Finding>> {
    findings
        .iter()
        .filter(|loser| !findings.iter().any(|winner| hides(winner, loser)))
        .collect()
}

fn hides(winner: &Finding, loser: &Finding) -> bool {
    winner.page.supersedes.contains(&loser.page.id)
        && winner.block == loser.block
        && (winner.at == loser.at || winner.element == loser.element)
}
