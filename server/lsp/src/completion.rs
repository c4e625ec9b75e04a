//! Completion: rules in comments and settings, values that rules accept, secure resources.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    Documentation, InsertTextFormat, MarkupContent, MarkupKind, TextEdit,
};
use stockade_engine::{Completion, CompletionKind, Insert};
use tower_lsp::jsonrpc::Result;

use crate::backend::Request;
use crate::diagnostics;
use crate::uri::to_path;

/// What may begin something that is completed, beside the letters of a word.
pub(crate) const TRIGGERS: [&str; 2] = ["\"", " "];

/// `textDocument/completion`.
pub(crate) fn at(
    request: &Request,
    params: &CompletionParams,
) -> Result<Option<CompletionResponse>> {
    let place = &params.text_document_position;
    let Some(path) = to_path(&place.text_document.uri) else {
        return Ok(None);
    };
    let Some(text) = request.snapshot.text(&path) else {
        return Ok(None);
    };
    let at = diagnostics::byte(&request.session, &text, place.position);
    let completions = request.snapshot.completions(&path, at);
    let range = diagnostics::range(&request.session, &text, completions.replaces);
    let replaced = text
        .get_byte_slice(std::ops::Range::<usize>::from(completions.replaces))
        .map(|slice| slice.to_string())
        .unwrap_or_default();
    let items = completions.items.iter().enumerate();
    let items = items.map(|(nth, completion)| {
        let edit = TextEdit::new(range, String::new());
        item(request, completion, nth, edit, &replaced)
    });
    Ok(Some(CompletionResponse::Array(items.collect())))
}

fn item(
    request: &Request,
    completion: &Completion,
    nth: usize,
    mut edit: TextEdit,
    replaced: &str,
) -> CompletionItem {
    let features = &request.session.features;
    let (text, is_snippet) = match &completion.insert {
        Insert::Text(text) => (text.clone(), false),
        Insert::Template(text) if features.snippets => (snippet(text), true),
        Insert::Template(text) => (text.clone(), false),
    };
    edit.new_text = text;
    // Clients compare with what is replaced, which is more than a word.
    let filter = match completion.kind {
        CompletionKind::Resource if replaced.starts_with("resource") => {
            format!("resource \"{}\"", completion.label)
        }
        _ => completion.label.clone(),
    };
    let documentation = match (&completion.insert, &completion.page) {
        (Insert::Template(text), _) => Some(format!("```hcl\n{text}```")),
        (_, page) => page.as_ref().map(|page| page.hover()),
    };
    let kind = match features.markdown {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    };
    CompletionItem {
        label: completion.label.clone(),
        kind: Some(kind_of(completion.kind)),
        detail: Some(completion.detail.clone()).filter(|detail| !detail.is_empty()),
        documentation: documentation
            .map(|value| Documentation::MarkupContent(MarkupContent { kind, value })),
        sort_text: Some(format!("{nth:04}")),
        filter_text: Some(filter),
        insert_text_format: is_snippet.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(edit)),
        ..CompletionItem::default()
    }
}

fn kind_of(kind: CompletionKind) -> CompletionItemKind {
    match kind {
        CompletionKind::Rule => CompletionItemKind::REFERENCE,
        CompletionKind::Category => CompletionItemKind::ENUM,
        CompletionKind::Setting => CompletionItemKind::PROPERTY,
        CompletionKind::Value => CompletionItemKind::VALUE,
        CompletionKind::Resource => CompletionItemKind::SNIPPET,
    }
}

/// The text with a tab stop for its label, shared by all that refers to it, and one for each name to be chosen.
fn snippet(text: &str) -> String {
    const LABEL: &str = "main";
    const NAME: &str = "\"example";
    let escaped = text
        .replace('\\', "\\\\")
        .replace('$', "\\$")
        .replace('}', "\\}");
    let label = format!("${{1:{LABEL}}}");
    let text = escaped
        .replace(&format!("\"{LABEL}\""), &format!("\"{label}\""))
        .replace(&format!(".{LABEL}."), &format!(".{label}."));
    let mut out = String::with_capacity(text.len() + 64);
    let mut pieces = text.split(NAME);
    out.push_str(pieces.next().unwrap_or_default());
    for (nth, piece) in pieces.enumerate() {
        let (rest, after) = piece.split_once('"').unwrap_or((piece, ""));
        out.push_str(&format!("\"${{{}:example{rest}}}\"{after}", nth + 2));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_names_are_tab_stops() {
        let text =
            "resource \"a\" \"main\" {\n  name = \"example\"\n  b    = \"${c.main.id}-x\"\n}\n";
        assert_eq!(
            snippet(text),
            "resource \"a\" \"${1:main}\" {\n  name = \"${2:example}\"\n  b    = \"\\${c.${1:main}.id\\}-x\"\n\\}\n"
        );
    }
}
