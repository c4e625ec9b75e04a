//! Templates: quoted strings and heredocs, their escapes, interpolations, directives, trim markers.

use smol_str::SmolStr;
use stockade_text::TextRange;

use crate::ast::{Expr, Ident, Template, TemplatePart};
use crate::parse::{Parsed, Parser, SyntaxError, exact};
use crate::scan::size;

/// A template before its directives are matched.
enum Token {
    Literal {
        text: String,
        range: TextRange,
    },
    Interpolation {
        expr: Expr,
        range: TextRange,
    },
    If {
        condition: Expr,
        range: TextRange,
    },
    Else {
        range: TextRange,
    },
    EndIf {
        range: TextRange,
    },
    For {
        key: Option<Ident>,
        value: Ident,
        collection: Expr,
        range: TextRange,
    },
    EndFor {
        range: TextRange,
    },
}

/// How a template ends, and whether backslashes mean something in it.
#[derive(Clone, Copy)]
enum Form {
    Quoted,
    /// Ends before this byte: the start of the closing marker's line.
    Heredoc(usize),
    /// Ends with the text.
    Whole,
}

impl Parser<'_> {
    /// A quoted template, from its opening quote.
    pub(crate) fn quoted(&mut self) -> Parsed<Template> {
        self.cursor.at += 1;
        let tokens = self.nested(|p| p.tokens(Form::Quoted))?;
        self.cursor.at += 1;
        Ok(Template {
            parts: structure(tokens)?,
            heredoc: false,
        })
    }

    /// A whole text as a template: the file of `templatefile`.
    pub(crate) fn whole_template(&mut self) -> Parsed<Vec<TemplatePart>> {
        structure(self.tokens(Form::Whole)?)
    }

    /// A heredoc, from its `<<`. Ends before the line break after the closing marker.
    pub(crate) fn heredoc(&mut self) -> Parsed<Template> {
        let start = self.cursor.at;
        self.cursor.at += 2;
        let flush = self.cursor.eat("-");
        let marker = self.ident("a heredoc's marker after \"<<\"")?.name;
        self.cursor.eat("\r");
        if !self.cursor.eat("\n") {
            return self.error("expected a new line after the heredoc's marker");
        }
        let Some((line, end)) = closing(self.cursor.text, self.cursor.at, &marker) else {
            let range = TextRange::new(size(start), size(self.cursor.at).max(size(start)));
            return Err(SyntaxError {
                range,
                message: format!("this heredoc is not closed: a line \"{marker}\" is missing"),
            });
        };
        let mut tokens =
            self.nested(|p| p.with_newlines(false, |p| p.tokens(Form::Heredoc(line))))?;
        if flush {
            dedent(&mut tokens);
        }
        self.cursor.at = end;
        Ok(Template {
            parts: structure(tokens)?,
            heredoc: true,
        })
    }

    fn tokens(&mut self, form: Form) -> Parsed<Vec<Token>> {
        let is_quoted = matches!(form, Form::Quoted);
        let mut literals = Literals::new(self.cursor.at, is_quoted);
        loop {
            let byte = self.cursor.byte();
            let is_end = match form {
                Form::Quoted => byte == b'"',
                Form::Heredoc(line) => self.cursor.at >= line,
                Form::Whole => self.cursor.is_end(),
            };
            if is_end {
                literals.flush(self.cursor.at);
                return Ok(literals.tokens);
            }
            let next = self.cursor.byte_at(1);
            match byte {
                0 if self.cursor.is_end() => {
                    return self.error("this string is not closed: '\"' is missing");
                }
                b'\n' | b'\r' if is_quoted => {
                    return self.error(
                        "a string can't go on to the next line: '\"' is missing, or use a heredoc",
                    );
                }
                b'\n' => {
                    literals.text.push('\n');
                    self.cursor.at += 1;
                    literals.flush(self.cursor.at);
                }
                b'\\' if is_quoted => {
                    literals.flush(self.cursor.at);
                    literals.text.push(self.escape()?);
                    literals.flush(self.cursor.at);
                }
                b'$' | b'%' if next == byte && self.cursor.byte_at(2) == b'{' => {
                    literals.flush(self.cursor.at);
                    self.cursor.at += 3;
                    literals.text.push(char::from(byte));
                    literals.text.push('{');
                    literals.flush(self.cursor.at);
                }
                b'$' | b'%' if next == b'{' => {
                    literals.flush(self.cursor.at);
                    if self.cursor.byte_at(2) == b'~' {
                        literals.trim_end();
                    }
                    let token = self.with_newlines(false, |p| p.sequence(byte == b'$'))?;
                    let trims = self.cursor.text[..self.cursor.at].ends_with("~}");
                    literals.sequence(token, self.cursor.at, trims);
                }
                _ => {
                    let Some(c) = self.cursor.rest().chars().next() else {
                        continue;
                    };
                    literals.text.push(c);
                    self.cursor.at += c.len_utf8();
                }
            }
        }
    }

    /// `${ … }` or `%{ … }`.
    fn sequence(&mut self, is_interpolation: bool) -> Parsed<Token> {
        let start = self.cursor.size();
        self.cursor.at += 2;
        self.cursor.eat("~");
        self.cursor.skip(true);
        let mut token = if is_interpolation {
            let expr = self.expression()?;
            Token::Interpolation {
                expr,
                range: TextRange::default(),
            }
        } else {
            self.directive()?
        };
        self.cursor.skip(true);
        self.cursor.eat("~");
        if !self.cursor.eat("}") {
            return self.error("expected \"}\": the template is not closed");
        }
        let whole = self.cursor.range_from(start);
        match &mut token {
            Token::Literal { range, .. }
            | Token::Interpolation { range, .. }
            | Token::If { range, .. }
            | Token::Else { range }
            | Token::EndIf { range }
            | Token::For { range, .. }
            | Token::EndFor { range } => *range = whole,
        }
        Ok(token)
    }

    fn directive(&mut self) -> Parsed<Token> {
        let range = TextRange::default();
        let word = self.ident("if, else, endif, for or endfor")?;
        Ok(match word.name.as_str() {
            "if" => Token::If {
                condition: self.expression()?,
                range,
            },
            "else" => Token::Else { range },
            "endif" => Token::EndIf { range },
            "endfor" => Token::EndFor { range },
            "for" => {
                self.skip();
                let mut value = self.ident("a name after \"for\"")?;
                let mut key = None;
                self.skip();
                if self.cursor.eat(",") {
                    self.skip();
                    key = Some(std::mem::replace(&mut value, self.ident("a second name")?));
                    self.skip();
                }
                if self.ident("\"in\"")?.name != "in" {
                    return self.error("expected \"in\"");
                }
                Token::For {
                    key,
                    value,
                    collection: self.expression()?,
                    range,
                }
            }
            _ => {
                return Err(SyntaxError {
                    range: word.range,
                    message: "expected if, else, endif, for or endfor".to_owned(),
                });
            }
        })
    }

    /// A backslash escape of a quoted template.
    fn escape(&mut self) -> Parsed<char> {
        let (c, length) = match self.cursor.byte_at(1) {
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'"' => ('"', 2),
            b'\\' => ('\\', 2),
            marker @ (b'u' | b'U') => {
                let digits = if marker == b'u' { 4 } else { 8 };
                let code = self
                    .cursor
                    .rest()
                    .get(2..2 + digits)
                    .and_then(|h| u32::from_str_radix(h, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(c) => (c, 2 + digits),
                    None => {
                        return self.error(format!(
                            "\"\\{}\" needs {digits} hexadecimal digits",
                            char::from(marker)
                        ));
                    }
                }
            }
            _ => return self.error("not an escape; write \\\\ for a backslash"),
        };
        self.cursor.at += length;
        Ok(c)
    }
}

/// The tokens of a template, and the literal that is being read. HCL trims at `~` as far as its own
/// token reaches: a line of a heredoc, all of a quoted string between two sequences.
struct Literals {
    tokens: Vec<Token>,
    start: usize,
    text: String,
    /// Blanks are left out until something else comes.
    trims: bool,
    is_quoted: bool,
}

impl Literals {
    fn new(start: usize, is_quoted: bool) -> Literals {
        Literals {
            tokens: Vec::new(),
            start,
            text: String::new(),
            trims: false,
            is_quoted,
        }
    }

    /// Ends the literal that is being read.
    fn flush(&mut self, end: usize) {
        if !self.text.is_empty() {
            let mut text = std::mem::take(&mut self.text);
            let mut start = self.start;
            if self.trims {
                let blanks = text.len() - text.trim_start().len();
                text.replace_range(..blanks, "");
                start += blanks;
                self.trims = self.is_quoted && text.is_empty();
            }
            self.tokens.push(Token::Literal {
                text,
                range: TextRange::new(size(start.min(end)), size(end)),
            });
        }
        self.start = end;
    }

    /// Takes the blanks before a `${~` off.
    fn trim_end(&mut self) {
        for token in self.tokens.iter_mut().rev() {
            let Token::Literal { text, .. } = token else {
                return;
            };
            text.truncate(text.trim_end().len());
            if !text.is_empty() || !self.is_quoted {
                return;
            }
        }
    }

    fn sequence(&mut self, token: Token, end: usize, trims: bool) {
        self.tokens.push(token);
        self.start = end;
        self.trims = trims;
    }
}

/// The start of the line that closes a heredoc, and the end of its marker.
fn closing(text: &str, from: usize, marker: &str) -> Option<(usize, usize)> {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let bare = line.trim_matches([' ', '\t', '\r', '\n']);
        if bare == marker {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            return Some((at, at + indent + marker.len()));
        }
        at += line.len();
    }
    None
}

/// Takes the indentation that all lines of a `<<-` heredoc share off. A line of blanks alone
/// neither counts nor changes; a line counts only if the literal before it ended in a line break.
fn dedent(tokens: &mut [Token]) {
    let mut smallest = usize::MAX;
    let mut lines = Vec::new();
    let mut is_line_start = true;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Literal { text, .. } => {
                let indent = text.chars().take_while(|c| c.is_whitespace()).count();
                let is_blank = indent == text.chars().count() && text.ends_with('\n');
                if is_line_start && !is_blank {
                    smallest = smallest.min(indent);
                    lines.push(index);
                }
                is_line_start = text.ends_with('\n');
            }
            _ => {
                if is_line_start {
                    smallest = 0;
                }
                is_line_start = false;
            }
        }
    }
    for index in lines {
        let Token::Literal { text, range } = &mut tokens[index] else {
            continue;
        };
        let cut: usize = text.chars().take(smallest).map(char::len_utf8).sum();
        text.replace_range(..cut, "");
        *range = TextRange::new((range.start() + size(cut)).min(range.end()), range.end());
    }
}

/// Matches `if` … `endif` and `for` … `endfor`.
fn structure(tokens: Vec<Token>) -> Parsed<Vec<TemplatePart>> {
    let mut tokens = tokens.into_iter();
    let (parts, end) = parts(&mut tokens)?;
    match end {
        None => Ok(parts),
        Some((word, range)) => Err(SyntaxError {
            range,
            message: format!("\"{word}\" without its beginning"),
        }),
    }
}

type End = Option<(&'static str, TextRange)>;

fn parts(tokens: &mut impl Iterator<Item = Token>) -> Parsed<(Vec<TemplatePart>, End)> {
    let mut parts = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Literal { text, .. } if text.is_empty() => {}
            Token::Literal { text, range } => parts.push(TemplatePart::Literal {
                text: SmolStr::from(text),
                range,
            }),
            Token::Interpolation { expr, range } => {
                parts.push(TemplatePart::Interpolation { expr, range });
            }
            Token::Else { range } => return Ok((exact(parts), Some(("else", range)))),
            Token::EndIf { range } => return Ok((exact(parts), Some(("endif", range)))),
            Token::EndFor { range } => return Ok((exact(parts), Some(("endfor", range)))),
            Token::If { condition, range } => {
                let (then, mut end) = self::parts(tokens)?;
                let mut otherwise = Vec::new();
                if matches!(end, Some(("else", _))) {
                    (otherwise, end) = self::parts(tokens)?;
                }
                let range = range.cover(closed(end, "endif", "if", range)?);
                parts.push(TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    range,
                });
            }
            Token::For {
                key,
                value,
                collection,
                range,
            } => {
                let (body, end) = self::parts(tokens)?;
                let range = range.cover(closed(end, "endfor", "for", range)?);
                parts.push(TemplatePart::For {
                    key,
                    value,
                    collection,
                    body,
                    range,
                });
            }
        }
    }
    Ok((exact(parts), None))
}

fn closed(end: End, wanted: &str, opened: &str, at: TextRange) -> Parsed<TextRange> {
    match end {
        Some((word, range)) if word == wanted => Ok(range),
        Some((word, range)) => Err(SyntaxError {
            range,
            message: format!("expected \"{wanted}\", found \"{word}\""),
        }),
        None => Err(SyntaxError {
            range: at,
            message: format!("\"{opened}\" is not closed: %{{ {wanted} }} is missing"),
        }),
    }
}
