//! Which of several findings on one cause is shown.

use crate::finding::Finding;

/// For each finding of a block, whether another one of them, whose rule supersedes its rule,
/// stands at the same place or in the same element. A suppressed winner still hides the loser.
pub fn superseded(findings: &[&Finding]) -> Vec<bool> {
    let hides = |winner: &Finding, loser: &Finding| {
        winner.page.supersedes.contains(&loser.page.id)
            && winner.block == loser.block
            && (winner.at == loser.at || winner.element == loser.element)
    };
    findings.iter().map(|loser| findings.iter().any(|winner| hides(winner, loser))).collect()
}
