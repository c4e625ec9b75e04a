//! The parser of blocks and arguments, and what all of the parser shares: newlines, depth, errors.
//!
//! It follows the HCL native syntax specification
//! (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>) and stops at the first error:
//! a segment is either good or broken.

use smol_str::SmolStr;
use stockade_text::TextRange;

use crate::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Item};
use crate::scan::Cursor;

/// Why a text is not HCL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, from the start of the segment.
    pub range: TextRange,
    /// What was expected.
    pub message: String,
}

pub(crate) type Parsed<T> = Result<T, SyntaxError>;

/// Without the room to grow: nothing is added to what was parsed, and most lists have one or two members.
pub(crate) fn exact<T>(mut list: Vec<T>) -> Vec<T> {
    list.shrink_to_fit();
    list
}

/// How deep brackets, templates and operators may nest.
const MAX_DEPTH: u32 = 128;

/// How high the tree of an expression may be: a chain of operators or of names and indexes grows
/// it by one each, so that whoever walks it recursively needs no limit of their own.
const MAX_HEIGHT: u32 = 500;

pub(crate) struct Parser<'t> {
    pub(crate) cursor: Cursor<'t>,
    /// Whether a newline ends the expression: not inside of parentheses, brackets and templates.
    newlines_end: bool,
    depth: u32,
    /// The height of what was read last inside of the innermost [`Parser::nested`].
    height: u32,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str) -> Parser<'t> {
        Parser {
            cursor: Cursor::new(text),
            newlines_end: true,
            depth: 0,
            height: 0,
        }
    }

    /// Skips what is not a token where the parser stands.
    pub(crate) fn skip(&mut self) {
        self.cursor.skip(!self.newlines_end);
    }

    pub(crate) fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let length = self
            .cursor
            .rest()
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8);
        let range = TextRange::at(self.cursor.size(), crate::scan::size(length));
        Err(SyntaxError {
            range,
            message: message.into(),
        })
    }

    pub(crate) fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match self.cursor.rest().chars().next() {
            None => "the end of the block".to_owned(),
            Some(_) if self.cursor.is_line_end() => "the end of the line".to_owned(),
            Some('\r') => "a carriage return without a line feed".to_owned(),
            Some(c) => format!("\"{c}\""),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    pub(crate) fn expect(&mut self, token: &str, what: &str) -> Parsed<()> {
        self.skip();
        if self.cursor.eat(token) {
            Ok(())
        } else {
            self.expected(what)
        }
    }

    /// Runs `inner` where newlines mean nothing, or (`false`) end an expression.
    pub(crate) fn with_newlines<T>(
        &mut self,
        end: bool,
        inner: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let saved = std::mem::replace(&mut self.newlines_end, end);
        let result = inner(self);
        self.newlines_end = saved;
        result
    }

    /// Runs `inner` one level deeper.
    pub(crate) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return self.error(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.height, 0);
        let result = inner(self);
        self.depth -= 1;
        self.height = before.max(self.height + 1);
        result
    }

    /// Says that an expression becomes part of one more.
    pub(crate) fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return self.error(format!(
                "more than {MAX_HEIGHT} operators or names in one expression"
            ));
        }
        Ok(())
    }

    /// Items up to the end of the text, as many as parse.
    pub(crate) fn file(&mut self) -> (Body, Vec<SyntaxError>) {
        let mut body = Body::default();
        loop {
            self.cursor.skip(true);
            if self.cursor.is_end() {
                return (body, Vec::new());
            }
            match self.item() {
                Ok(item) => body.items.push(item),
                Err(error) => return (body, vec![error]),
            }
            if let Err(error) = self.end_of_item() {
                return (body, vec![error]);
            }
        }
    }

    /// The only item of a segment.
    pub(crate) fn segment(&mut self) -> Parsed<Option<Item>> {
        self.cursor.skip(true);
        if self.cursor.is_end() {
            return Ok(None);
        }
        let item = self.item()?;
        self.end_of_item()?;
        self.cursor.skip(true);
        if self.cursor.is_end() {
            Ok(Some(item))
        } else {
            self.expected("the end of the block")
        }
    }

    fn end_of_item(&mut self) -> Parsed<()> {
        self.cursor.skip(false);
        if self.cursor.is_line_end() || self.cursor.is_end() {
            Ok(())
        } else {
            self.expected("a new line")
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let name = self.ident("an argument or a block")?;
        self.cursor.skip(false);
        match self.cursor.byte() {
            b'=' if self.cursor.byte_at(1) != b'=' => {
                self.cursor.at += 1;
                self.attribute(name).map(Item::Attribute)
            }
            b'{' | b'"' => self.block(name).map(Item::Block),
            c if crate::scan::is_start(char::from(c)) || c >= 0x80 => {
                self.block(name).map(Item::Block)
            }
            _ => self.expected("\"=\", \"{\" or a label"),
        }
    }

    fn attribute(&mut self, name: Ident) -> Parsed<Attribute> {
        let value = self.with_newlines(true, Self::expression)?;
        let range = TextRange::new(name.range.start(), value.range.end());
        Ok(Attribute { name, value, range })
    }

    fn block(&mut self, kind: Ident) -> Parsed<Block> {
        let mut labels = Vec::new();
        loop {
            self.cursor.skip(false);
            match self.cursor.byte() {
                b'{' => break,
                b'"' => labels.push(self.label()?),
                _ => match self.ident("\"{\" or a label") {
                    Ok(label) => labels.push(label),
                    Err(error) => return Err(error),
                },
            }
        }
        let header_end = labels.last().map_or(kind.range.end(), |l| l.range.end());
        let open = self.cursor.size();
        self.cursor.at += 1;
        let body = self.nested(Self::body)?;
        let braces = self.cursor.range_from(open);
        Ok(Block {
            header: TextRange::new(kind.range.start(), header_end),
            range: TextRange::new(kind.range.start(), braces.end()),
            kind,
            labels: exact(labels),
            body,
            braces,
        })
    }

    /// After `{`, up to and with `}`. A block on one line holds at most one argument.
    fn body(&mut self) -> Parsed<Body> {
        let mut body = Body::default();
        self.cursor.skip(false);
        let is_one_line = !self.cursor.is_line_end();
        loop {
            self.cursor.skip(!is_one_line);
            if self.cursor.eat("}") {
                body.items = exact(body.items);
                return Ok(body);
            }
            if self.cursor.is_end() {
                return self.error("this block is not closed: \"}\" is missing");
            }
            if is_one_line && !body.items.is_empty() {
                return self.expected("\"}\": a block on one line holds one argument");
            }
            body.items.push(self.item()?);
            if !is_one_line {
                self.cursor.skip(false);
                if self.cursor.byte() != b'}' || self.cursor.is_end() {
                    self.end_of_item()?;
                } else {
                    return self.expected("a new line before \"}\"");
                }
            }
        }
    }

    fn label(&mut self) -> Parsed<Ident> {
        let start = self.cursor.size();
        let template = self.quoted()?;
        let range = self.cursor.range_from(start);
        let expr = Expr {
            kind: ExprKind::Template(template),
            range,
        };
        match expr.literal_string() {
            Some(name) => Ok(Ident { name, range }),
            None => Err(SyntaxError {
                range,
                message: "a label can't have an interpolation".to_owned(),
            }),
        }
    }

    pub(crate) fn ident(&mut self, what: &str) -> Parsed<Ident> {
        let start = self.cursor.size();
        match self.cursor.word() {
            Some(word) => Ok(Ident {
                name: SmolStr::new(word),
                range: self.cursor.range_from(start),
            }),
            None => self.expected(what),
        }
    }
}
