//! HCL: segments, their typed view, error containment, trees for editors, layout as `terraform fmt`
//! would. Knows nothing of Terraform.
//!
//! A [`Document`] is cut at its top-level blocks into [`Segment`]s. An edit cuts and lowers only the
//! segments that it touched; a broken block is alone broken, and keeps its last good lowering.

#[allow(
    missing_docs,
    reason = "fields are named in the specification's own terms"
)]
pub mod ast;
mod calls;
pub mod cursor;
mod cut;
mod document;
mod expression;
pub mod format;
pub mod json;
mod laid;
mod list;
mod parse;
mod ranges;
mod scan;
mod segment;
mod splice;
mod template;
mod tree;
mod walk;

pub use calls::module_calls;
pub use document::{Changes, Document};
pub use laid::{Piece, Pieces};
pub use parse::SyntaxError;
pub use ranges::moved_to;
pub use scan::Comment;
pub use segment::{Broken, Header, Lowered, Segment, SegmentId, State};
pub use tree::{Fold, OutlineItem, enclosing, folds, outline};
pub use walk::walk;

/// A whole text as one body: what parses of it, and why the rest does not.
pub fn parse_body(text: &str) -> (ast::Body, Vec<SyntaxError>) {
    parse::Parser::new(text).file()
}

/// A text that is one expression.
///
/// # Errors
/// When it is not, or something follows.
pub fn parse_expression(text: &str) -> Result<ast::Expr, SyntaxError> {
    parse::Parser::new(text).whole_expression()
}

/// A text that is one template, such as the file of `templatefile`.
///
/// # Errors
/// When an interpolation or directive in it is not valid.
pub fn parse_template(text: &str) -> Result<Vec<ast::TemplatePart>, SyntaxError> {
    parse::Parser::new(text).whole_template()
}
