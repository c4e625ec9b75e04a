//! Tokens with the blanks before them: what the formatter moves about.

use rustc_hash::FxHashSet;

use crate::scan::{is_continue, is_start};

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// What a token is, as far as its spacing depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Newline,
    Comment,
    Ident,
    Number,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParenthesis,
    CloseParenthesis,
    OpenQuote,
    CloseQuote,
    OpenHeredoc,
    CloseHeredoc,
    /// Text of a template.
    Literal,
    /// `${`, `%{` and their `~` forms.
    OpenTemplate,
    CloseTemplate,
    Dot,
    Comma,
    Ellipsis,
    DoubleColon,
    Equal,
    Colon,
    Question,
    Bang,
    Minus,
    /// `+`, `*`, `/`, `%`.
    Arithmetic,
    /// Comparisons, `&&`, `||`.
    Comparison,
    Other,
    /// No token: the edge of a line.
    Nothing,
}

/// A token and how many blanks stand before it.
#[derive(Clone, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) spaces: usize,
}

impl Token<'_> {
    /// How it changes the number of open brackets.
    pub(crate) fn bracket_change(&self) -> i32 {
        match self.kind {
            Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParenthesis | Kind::OpenTemplate => 1,
            Kind::CloseBrace
            | Kind::CloseBracket
            | Kind::CloseParenthesis
            | Kind::CloseTemplate => -1,
            _ => 0,
        }
    }
}

/// What the lexer is in.
#[derive(Clone, Debug)]
enum Mode {
    Brace,
    Template,
    Quoted,
    /// Ends at the byte where the closing marker's line begins; that line ends at the second.
    Heredoc(usize, usize),
}

/// Splits a text into tokens. Any text has some; what is not HCL comes as [`Kind::Other`].
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        modes: Vec::new(),
        tokens: Vec::new(),
        lines: None,
    };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token<'t>>,
    /// All lines, without blanks, once a heredoc was found not to be closed: the next search for a
    /// line that isn't there is short.
    lines: Option<FxHashSet<&'t str>>,
}

impl<'t> Lexer<'t> {
    fn step(&mut self) {
        match self.modes.last().cloned() {
            Some(Mode::Quoted) => self.quoted(),
            Some(Mode::Heredoc(line, end)) => self.heredoc(line, end),
            _ => self.normal(),
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, length: usize, spaces: usize) {
        let text = &self.text[self.at..self.at + length];
        self.tokens.push(Token { kind, text, spaces });
        self.at += length;
    }

    fn quoted(&mut self) {
        let rest = self.rest();
        match rest.as_bytes() {
            [b'"', ..] => {
                self.modes.pop();
                self.push(Kind::CloseQuote, 1, 0);
            }
            [b'\n', ..] | [b'\r', b'\n', ..] => {
                self.modes.pop();
            }
            [b'$' | b'%', b'{', ..] => self.open_template(),
            _ => {
                let length = literal(rest, |b| b == b'"' || b == b'\n', true);
                self.push(Kind::Literal, length, 0);
            }
        }
    }

    fn heredoc(&mut self, line: usize, end: usize) {
        if self.at >= line {
            self.modes.pop();
            self.push(Kind::CloseHeredoc, end - self.at, 0);
            return;
        }
        let rest = &self.text[self.at..line];
        match rest.as_bytes() {
            [b'$' | b'%', b'{', ..] => self.open_template(),
            _ => {
                let length = literal(rest, |_| false, false);
                self.push(Kind::Literal, length, 0);
            }
        }
    }

    fn open_template(&mut self) {
        let length = if self.rest().as_bytes().get(2) == Some(&b'~') {
            3
        } else {
            2
        };
        self.modes.push(Mode::Template);
        self.push(Kind::OpenTemplate, length, 0);
    }

    fn normal(&mut self) {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at += spaces;
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let kind_length = match bytes {
            [] => return,
            [b'\r', b'\n', ..] => (Kind::Newline, 2),
            [b'\n', ..] => (Kind::Newline, 1),
            [b'#', ..] | [b'/', b'/', ..] => (Kind::Comment, line_length(rest)),
            [b'/', b'*', ..] => (
                Kind::Comment,
                rest[2..].find("*/").map_or(rest.len(), |i| i + 4),
            ),
            [b'"', ..] => {
                self.modes.push(Mode::Quoted);
                (Kind::OpenQuote, 1)
            }
            [b'<', b'<', ..] => match self.opens_heredoc() {
                Some(length) => (Kind::OpenHeredoc, length),
                None => (Kind::Other, 2),
            },
            [b'{', ..] => {
                self.modes.push(Mode::Brace);
                (Kind::OpenBrace, 1)
            }
            [b'~', b'}', ..] if matches!(self.modes.last(), Some(Mode::Template)) => {
                self.modes.pop();
                (Kind::CloseTemplate, 2)
            }
            [b'}', ..] => match self.modes.pop() {
                Some(Mode::Template) => (Kind::CloseTemplate, 1),
                _ => (Kind::CloseBrace, 1),
            },
            _ => operator(rest),
        };
        self.push(kind_length.0, kind_length.1, spaces);
    }

    /// The length of a heredoc's first line, its line break included.
    fn opens_heredoc(&mut self) -> Option<usize> {
        let rest = self.rest();
        let marker_from = if rest.as_bytes().get(2) == Some(&b'-') {
            3
        } else {
            2
        };
        let line_end = rest.find('\n')?;
        let marker = rest[marker_from..line_end].trim_end_matches('\r');
        if marker.is_empty() || !marker.chars().all(is_continue) {
            return None;
        }
        if self.lines.as_ref().is_some_and(|l| !l.contains(marker)) {
            return None;
        }
        let mut at = self.at + line_end + 1;
        for line in self.text[at..].split_inclusive('\n') {
            if line.trim_matches(BLANKS) == marker {
                // Blanks after the marker are its own, and stay.
                let length = line.trim_end_matches(['\r', '\n']).len();
                self.modes.push(Mode::Heredoc(at, at + length));
                return Some(line_end + 1);
            }
            at += line.len();
        }
        let lines = self.text.lines().map(|l| l.trim_matches(BLANKS));
        self.lines.get_or_insert_with(|| lines.collect());
        None
    }
}

/// How long the text of a template is from here: up to an interpolation or a byte that ends it.
fn literal(rest: &str, is_end: impl Fn(u8) -> bool, has_escapes: bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'\\', Some(next), _) if has_escapes && *next != b'\n' => at += 2,
            (b'$' | b'%', Some(next), Some(b'{')) if next == byte => at += 3,
            (b'$' | b'%', Some(b'{'), _) => break,
            _ if is_end(*byte) => break,
            _ => at += 1,
        }
    }
    let mut end = at.clamp(1, bytes.len());
    while !rest.is_char_boundary(end) {
        end += 1;
    }
    end
}

/// A comment to the end of its line takes the line break along.
fn line_length(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |i| i + 1)
}

fn operator(rest: &str) -> (Kind, usize) {
    let starts = |token: &str| rest.starts_with(token);
    for (token, kind) in [
        ("...", Kind::Ellipsis),
        ("::", Kind::DoubleColon),
        ("==", Kind::Comparison),
        ("!=", Kind::Comparison),
        ("<=", Kind::Comparison),
        (">=", Kind::Comparison),
        ("=>", Kind::Other),
        ("&&", Kind::Comparison),
        ("||", Kind::Comparison),
        ("<", Kind::Comparison),
        (">", Kind::Comparison),
        ("(", Kind::OpenParenthesis),
        (")", Kind::CloseParenthesis),
        ("[", Kind::OpenBracket),
        ("]", Kind::CloseBracket),
        (".", Kind::Dot),
        (",", Kind::Comma),
        ("=", Kind::Equal),
        (":", Kind::Colon),
        ("?", Kind::Question),
        ("!", Kind::Bang),
        ("-", Kind::Minus),
        ("+", Kind::Arithmetic),
        ("*", Kind::Arithmetic),
        ("/", Kind::Arithmetic),
        ("%", Kind::Arithmetic),
    ] {
        if starts(token) {
            return (kind, token.len());
        }
    }
    let length_while = |f: &dyn Fn(char) -> bool| rest.find(|c| !f(c)).unwrap_or(rest.len());
    match rest.chars().next() {
        Some(c) if is_start(c) => (Kind::Ident, length_while(&is_continue)),
        Some(c) if c.is_ascii_digit() => (Kind::Number, number_length(rest)),
        Some(c) => (Kind::Other, c.len_utf8()),
        None => (Kind::Other, 0),
    }
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if digits(length + 1 + sign) > 0 {
            length += 1 + sign + digits(length + 1 + sign);
        }
    }
    length
}
