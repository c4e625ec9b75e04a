//! What the words of a page do.

use std::sync::Arc;

use stockade_eval::SharedSubject;
use stockade_model::BlockId;

use crate::fix::Safety;
use crate::page::{Outcome, Page};
use crate::world::World;

/// Runs all checks of a page on a block.
pub fn run(_page: &Arc<Page>, _block: BlockId, _subject: &SharedSubject, _world: &dyn World) -> Outcome {
    Outcome::default()
}

/// What the page's best fix is, as far as its words tell.
pub fn fix_safety(_page: &Page) -> Option<Safety> {
    None
}
