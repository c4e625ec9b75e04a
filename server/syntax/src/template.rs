//! Templates: quoted strings and heredocs, their escapes, interpolations, directives, trim markers.

use smol_str::SmolStr;
use stockade_text::TextRange;

use crate::ast::{Expr, Ident, Template, TemplatePart};
use crate::parse::{Parsed, Parser, SyntaxError};
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
        let mut tokens = Vec::new();
        let mut literal = Literal::at(self.cursor.at);
        let mut trim_next = false;
        loop {
            let byte = self.cursor.byte();
            let is_end = match form {
                Form::Quoted => byte == b'"',
                Form::Heredoc(line) => self.cursor.at >= line,
                Form::Whole => self.cursor.is_end(),
            };
            if is_end {
                literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                return Ok(tokens);
            }
            match byte {
                0 if self.cursor.is_end() => {
                    return self.error("this string is not closed: '\"' is missing");
                }
                b'\n' | b'\r' if matches!(form, Form::Quoted) => {
                    return self.error(
                        "a string can't go on to the next line: '\"' is missing, or use a heredoc",
                    );
                }
                b'\n' => {
                    literal.push('\n');
                    self.cursor.at += 1;
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                }
                b'\\' if matches!(form, Form::Quoted) => {
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                    let c = self.escape()?;
                    literal.push(c);
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                }
                b'$' | b'%' if self.cursor.byte_at(1) == byte && self.cursor.byte_at(2) == b'{' => {
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                    self.cursor.at += 3;
                    literal.push(char::from(byte));
                    literal.push('{');
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                }
                b'$' | b'%' if self.cursor.byte_at(1) == b'{' => {
                    literal.flush(self.cursor.at, &mut tokens, &mut trim_next);
                    let trim_before = self.cursor.byte_at(2) == b'~';
                    if trim_before && let Some(Token::Literal { text, .. }) = tokens.last_mut() {
                        text.truncate(text.trim_end().len());
                    }
                    let token = self.with_newlines(false, |p| p.sequence(byte == b'$'))?;
                    trim_next = self.cursor.text[..self.cursor.at].ends_with("~}");
                    tokens.push(token);
                    literal = Literal::at(self.cursor.at);
                }
                _ => {
                    let Some(c) = self.cursor.rest().chars().next() else {
                        continue;
                    };
                    literal.push(c);
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

/// The literal that is being read.
struct Literal {
    start: usize,
    text: String,
}

impl Literal {
    fn at(start: usize) -> Literal {
        Literal {
            start,
            text: String::new(),
        }
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
    }

    fn flush(&mut self, end: usize, tokens: &mut Vec<Token>, trim: &mut bool) {
        if !self.text.is_empty() {
            let mut text = std::mem::take(&mut self.text);
            let mut start = self.start;
            if std::mem::take(trim) {
                let kept = text.trim_start();
                start += text.len() - kept.len();
                text = kept.to_owned();
            }
            tokens.push(Token::Literal {
                text,
                range: TextRange::new(size(start.min(end)), size(end)),
            });
        }
        self.start = end;
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
                parts.push(TemplatePart::Interpolation { expr, range })
            }
            Token::Else { range } => return Ok((parts, Some(("else", range)))),
            Token::EndIf { range } => return Ok((parts, Some(("endif", range)))),
            Token::EndFor { range } => return Ok((parts, Some(("endfor", range)))),
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
    Ok((parts, None))
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

