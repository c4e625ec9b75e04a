//! Several fixes at once: those that don't contradict each other, in the order given.

use stockade_eval::Step;
use stockade_model::{BlockId, FileId};
use stockade_text::TextEdit;

use super::Sources;
use super::draft::Draft;
use super::step::Change;
use crate::fix::Fix;

/// The edits of as many of the fixes as go together, within these files: a fix that touches another
/// one, contradicts an earlier one or can't be written is left out. What two fixes write in the
/// same words is written once.
pub fn combine(
    fixes: &[Fix],
    sources: &dyn Sources,
    files: &[FileId],
) -> Vec<(FileId, Vec<TextEdit>)> {
    let mut draft = Draft::new(sources);
    let mut taken: Vec<(BlockId, Change)> = Vec::new();
    for fix in fixes {
        let Some(changes) = changes_of(fix, &draft) else {
            continue;
        };
        let contradicts = |new: &(BlockId, Change)| taken.iter().any(|old| contradict(old, new));
        if changes.iter().any(contradicts) {
            continue;
        }
        let mut with = draft.clone();
        let fits = with.add(fix).is_ok()
            && with.files().all(|f| files.contains(&f))
            && changes.iter().all(|(block, _)| with.check(*block).is_ok());
        if fits {
            draft = with;
            taken.extend(changes);
        }
    }
    let mut edits = draft.edits().unwrap_or_default();
    edits.retain(|(file, edits)| files.contains(file) && !edits.is_empty());
    edits
}

fn changes_of(fix: &Fix, draft: &Draft<'_>) -> Option<Vec<(BlockId, Change)>> {
    let changes: Result<Vec<_>, _> = fix.edits.iter().map(|e| draft.change(e)).collect();
    Some(changes.ok()?.into_iter().flatten().collect())
}

/// Whether two changes of one block can't both be meant: they touch the same place, or one
/// overwrites or removes what the other is in.
fn contradict((block, old): &(BlockId, Change), (other, new): &(BlockId, Change)) -> bool {
    let (a, b) = (old.footprint(), new.footprint());
    block == other && old != new && (within(&a, &b) || within(&b, &a))
}

fn within(path: &[Step], outer: &[Step]) -> bool {
    path.starts_with(outer)
}
