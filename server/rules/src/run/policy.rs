//! The body of an `aws_iam_policy_document`, for the policy functions.

use stockade_eval::{SharedSubject, Value};
use stockade_model::BlockId;

use super::frame::Run;
use crate::check::CheckBlock;

/// What such a block says, each part with its place.
pub(crate) struct Policy {
    /// Objects, named as the block's arguments.
    pub(crate) statements: Vec<Value>,
    /// There may be more statements.
    pub(crate) open: bool,
    /// Documents whose statements are added.
    pub(crate) sources: Vec<Value>,
    /// Documents whose statements replace some.
    pub(crate) has_overrides: bool,
}

impl Run<'_> {
    pub(crate) fn policy(&self, id: BlockId, subject: &SharedSubject) -> Policy {
        let nothing = CheckBlock::default();
        let frame = self.frame(&nothing, id, subject, None);
        let read = self.read(&frame, &["statement"], false);
        let (statements, open) = match read.as_unknown() {
            Some(unknown) => (unknown.contains.clone(), true),
            None => (super::value::parts(&read), false),
        };
        let list = |name: &str| {
            subject
                .body
                .get(name)
                .map(super::value::parts)
                .unwrap_or_default()
        };
        let sources = ["source_policy_documents", "source_json"]
            .into_iter()
            .flat_map(list)
            .collect();
        let has_overrides = ["override_policy_documents", "override_json"]
            .into_iter()
            .any(|n| subject.body.get(n).is_some());
        Policy {
            statements,
            open,
            sources,
            has_overrides,
        }
    }
}
