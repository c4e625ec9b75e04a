//! Commands and requests of our own: fixes of many findings at once, a rule's page.

use std::path::Path;
use std::sync::Arc;

use lsp_types::{Uri, WorkspaceEdit};
use serde::{Deserialize, Serialize};
use stockade_engine::Report;
use tower_lsp::jsonrpc::{Error, Result};

use crate::backend::Request;
use crate::code_action::workspace_edit;
use crate::uri::to_path;

/// Which safe fixes of a document are meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fixes {
    pub(crate) uri: Uri,
    /// Those of one rule only.
    #[serde(default)]
    rule: Option<String>,
    /// Those of these findings only.
    #[serde(default)]
    fingerprints: Option<Vec<String>>,
}

/// The edits of the safe fixes that are meant.
pub(crate) fn fixes(request: &Request, wanted: &Fixes) -> Result<WorkspaceEdit> {
    let path: Arc<Path> = to_path(&wanted.uri)
        .ok_or_else(|| Error::invalid_params("not a file"))?
        .into();
    let is_wanted = |report: &Report| {
        let of_rule = wanted.rule.as_ref().is_none_or(|rule| report.rule == *rule);
        let ids = wanted.fingerprints.as_ref();
        of_rule && ids.is_none_or(|ids| ids.iter().any(|id| *id == report.fingerprint))
    };
    let edits = request.snapshot.fix_where(&path, is_wanted);
    workspace_edit(request, vec![(path, edits)])
}

/// `stockade/workspaceFixes`: the safe fixes of every file that is looked at, for a preview.
pub(crate) fn workspace_fixes(request: &Request) -> Result<WorkspaceEdit> {
    let edits = request.snapshot.fix_files(|_| true, || request.go_on())?;
    workspace_edit(request, edits)
}

/// Which rule `stockade/rule` is asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct RuleParams {
    /// Its id.
    id: String,
    /// A document of the workspace whose own rules count as well.
    #[serde(default)]
    uri: Option<Uri>,
}

/// A rule's page.
#[derive(Debug, Serialize)]
pub(crate) struct RulePage {
    id: String,
    title: String,
    severity: &'static str,
    category: &'static str,
    /// The page, from its heading on.
    markdown: String,
}

/// `stockade/rule`: the page of a rule, `null` if there is none of that id.
pub(crate) fn rule(request: &Request, params: &RuleParams) -> Option<RulePage> {
    let path = params.uri.as_ref().and_then(to_path);
    let path = path.unwrap_or_default();
    let catalog = request.snapshot.catalog_of(&path);
    let page = catalog.find(&params.id)?;
    Some(RulePage {
        id: page.id.to_string(),
        title: page.title.clone(),
        severity: page.severity.name(),
        category: page.category.as_str(),
        markdown: page.body.clone(),
    })
}
