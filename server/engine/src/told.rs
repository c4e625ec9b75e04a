//! What is told of a finding wherever it stands: made once, for all findings of a file are shown again after every keystroke.

use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr};
use stockade_model::BlockId;
use stockade_rules::Winner;
use stockade_rules::finding::{Finding, Severity};

use crate::module::Sources;
use crate::report::{FixSummary, fingerprint};
use crate::show::shown_path;

/// A finding with all of its report that no edit elsewhere changes.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) finding: Arc<Finding>,
    /// See [`Winner::hides`].
    pub(crate) hides: Vec<SmolStr>,
    pub(crate) severity: Severity,
    pub(crate) address: SmolStr,
    pub(crate) element: SmolStr,
    pub(crate) fingerprint: SmolStr,
    pub(crate) offer: Offer,
}

/// What is said, and what is offered: another one where fixes are left out or edit something else.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) message: SmolStr,
    pub(crate) fixes: Arc<[FixSummary]>,
}

impl Offer {
    pub(crate) fn of(finding: &Finding) -> Offer {
        Offer {
            message: finding.told().into(),
            fixes: finding.fixes.iter().map(FixSummary::of).collect(),
        }
    }
}

impl Told {
    /// `None` when the file or the block is gone.
    fn of(sources: &Sources, Winner { finding, hides }: Winner) -> Option<Told> {
        let entry = sources.index.get(finding.block)?;
        let shown = sources.index.get(finding.at.block)?;
        let path = &sources.files.get(&shown.file)?.path;
        let address = entry.address().map(ToSmolStr::to_smolstr);
        let address = address.unwrap_or_default();
        let element = shown_path(&finding.element);
        // A key may be a token itself.
        let masked = sources.config.catalog.scanner().masked(&element);
        let element: SmolStr = masked.unwrap_or(element).into();
        let path = sources.config.shown(path);
        let fingerprint = fingerprint(&[&finding.page.id, &path, &address, &element]);
        let severity = sources.config.severity(&finding.page.id);
        Some(Told {
            severity: severity.unwrap_or(finding.severity),
            offer: Offer::of(&finding),
            finding,
            hides,
            address,
            element,
            fingerprint,
        })
    }
}

/// What is told of a block: `found` without what is superseded.
pub(crate) fn of_block(sources: &Sources, found: &[Arc<Finding>]) -> Arc<[Told]> {
    let winners = stockade_rules::supersede(found).into_iter();
    winners.filter_map(|w| Told::of(sources, w)).collect()
}

/// What is told of blocks, as long as nothing that was found in them changes.
#[derive(Debug, Default)]
pub(crate) struct Telling(std::cell::RefCell<rustc_hash::FxHashMap<BlockId, Arc<[Told]>>>);

impl Telling {
    pub(crate) fn of(&self, id: BlockId, tell: impl FnOnce() -> Arc<[Told]>) -> Arc<[Told]> {
        self.0.borrow_mut().entry(id).or_insert_with(tell).clone()
    }

    /// Something else may have been found.
    pub(crate) fn forget(&mut self, id: BlockId) {
        self.0.get_mut().remove(&id);
    }
}
