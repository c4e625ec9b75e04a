//! The body of an `aws_iam_policy_document` or `google_iam_policy`, for the policy functions.

use stockade_eval::{SharedSubject, Value};
use stockade_model::BlockId;

use super::frame::Run;
use crate::check::CheckBlock;

/// What such a block says, each part with its place.
pub(crate) struct Policy {
    /// Objects, named as the arguments of the blocks `statement` or `binding`.
    pub(crate) statements: Vec<Value>,
    /// There may be more statements.
    pub(crate) open: bool,
    /// Documents whose statements come first.
    pub(crate) sources: Vec<Value>,
    /// Documents whose statements come last.
    pub(crate) overrides: Vec<Value>,
}

impl Run<'_> {
    pub(crate) fn policy(&self, id: BlockId, subject: &SharedSubject) -> Policy {
        let nothing = CheckBlock::default();
        let frame = self.frame(&nothing, id, subject, None);
        let block = match subject.address.ty.as_str() {
            "google_iam_policy" => "binding",
            _ => "statement",
        };
        let read = self.read(&frame, &[block], false);
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
        let lists = |names: [&str; 2]| names.into_iter().flat_map(list).collect();
        Policy {
            statements,
            open,
            sources: lists(["source_json", "source_policy_documents"]),
            overrides: lists(["override_policy_documents", "override_json"]),
        }
    }
}
