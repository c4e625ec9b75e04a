//! What an editor asks of a document's structure: folding and selection, by its syntax trees.

use lsp_types::{
    FoldingRange, FoldingRangeKind, FoldingRangeParams, Position, SelectionRange,
    SelectionRangeParams, Uri,
};
use stockade_syntax::{Document, enclosing, folds};
use stockade_text::{TextRange, offset};
use tower_lsp::jsonrpc::Result;

use crate::backend::Request;
use crate::diagnostics;
use crate::uri::to_path;

/// `textDocument/foldingRange`.
pub(crate) fn folding(
    request: &Request,
    params: &FoldingRangeParams,
) -> Result<Option<Vec<FoldingRange>>> {
    let Some(document) = grown(request, &params.text_document.uri) else {
        return Ok(None);
    };
    let lines = |range| {
        let range = diagnostics::range(&request.session, document.rope(), range);
        (range.start.line, range.end.line)
    };
    let folding = |fold: &stockade_syntax::Fold| {
        let (first, last) = lines(fold.range);
        // The line of the closing bracket or marker stays.
        let last = if fold.is_comment {
            last
        } else {
            last.saturating_sub(1)
        };
        (last > first).then(|| FoldingRange {
            start_line: first,
            end_line: last,
            kind: fold.is_comment.then_some(FoldingRangeKind::Comment),
            ..FoldingRange::default()
        })
    };
    Ok(Some(folds(&document).iter().filter_map(folding).collect()))
}

/// `textDocument/selectionRange`.
pub(crate) fn selection(
    request: &Request,
    params: &SelectionRangeParams,
) -> Result<Option<Vec<SelectionRange>>> {
    let Some(document) = grown(request, &params.text_document.uri) else {
        return Ok(None);
    };
    let around = |place: &Position| {
        let position = stockade_text::Position {
            line: place.line,
            character: place.character,
        };
        let at = offset(document.rope(), position, request.session.features.encoding);
        let nested = enclosing(&document, at);
        let outer = nested
            .into_iter()
            .rev()
            .fold(None, |parent, range: TextRange| {
                Some(SelectionRange {
                    range: diagnostics::range(&request.session, document.rope(), range),
                    parent: parent.map(Box::new),
                })
            });
        outer.unwrap_or_else(|| SelectionRange {
            range: lsp_types::Range::new(*place, *place),
            parent: None,
        })
    };
    Ok(Some(params.positions.iter().map(around).collect()))
}

/// A document with all the trees that it can have; what the writer hasn't grown yet grows on a copy.
fn grown(request: &Request, uri: &Uri) -> Option<Document> {
    let mut document = request.snapshot.file(&to_path(uri)?)?.document.clone();
    while document.pending() {
        document.finish();
    }
    Some(document)
}
