//! Laying out HCL as `terraform fmt` does: indentation by open brackets, one blank between tokens,
//! `=` and trailing comments aligned in runs of lines.
//!
//! Source: Terraform's documentation, "Style conventions"; the details are those of the installed
//! `terraform fmt`, which the tests ask where it is present. What that command rewrites beside the
//! layout (`"${x}"` to `x`, labels without quotes, `type = "string"`) is left as it is.

pub(crate) mod token;

use token::{Kind, Token, tokens};

/// A line of tokens in its three columns.
#[derive(Default)]
struct Line<'t> {
    lead: Vec<Token<'t>>,
    /// `= value`, when all of the value is on the line (or in its heredoc).
    assign: Vec<Token<'t>>,
    comment: Vec<Token<'t>>,
}

/// The text, laid out. Line breaks stay as they are, so lines correspond one to one.
pub fn format(text: &str) -> String {
    let mut lines = lines(tokens(text));
    indent(&mut lines);
    space(&mut lines);
    align(&mut lines);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for token in lines
        .iter()
        .flat_map(|l| l.lead.iter().chain(&l.assign).chain(&l.comment))
    {
        out.extend(std::iter::repeat_n(' ', token.spaces));
        out.push_str(token.text);
    }
    // Blanks before the end of the text are no token, and stay.
    out.push_str(&text[text.trim_end_matches([' ', '\t']).len()..]);
    out
}

fn lines(tokens: Vec<Token<'_>>) -> Vec<Line<'_>> {
    let mut lines = vec![Line::default()];
    for token in tokens {
        let ends = token.kind == Kind::Newline
            || (token.kind == Kind::Comment && token.text.ends_with('\n'));
        if let Some(line) = lines.last_mut() {
            line.lead.push(token);
        }
        if ends {
            lines.push(Line::default());
        }
    }
    lines.iter_mut().for_each(Line::split);
    lines
}

impl Line<'_> {
    /// Moves a trailing comment and a whole assignment to their columns.
    fn split(&mut self) {
        if self.lead.len() > 1 && self.lead.last().is_some_and(|t| t.kind == Kind::Comment) {
            self.comment = self.lead.split_off(self.lead.len() - 1);
        }
        if let Some(at) = self
            .lead
            .iter()
            .skip(1)
            .position(|t| t.kind == Kind::Equal)
            .map(|i| i + 1)
        {
            let open: i32 = self.lead[at..].iter().map(Token::bracket_change).sum();
            if open == 0 {
                self.assign = self.lead.split_off(at);
            }
        }
    }
}

fn indent(lines: &mut [Line<'_>]) {
    // How many brackets each level of indentation has opened.
    let mut levels: Vec<i32> = Vec::new();
    for line in lines {
        let Some(first) = line.lead.first() else {
            continue;
        };
        if first.kind == Kind::Newline {
            line.lead[0].spaces = 0;
            continue;
        }
        let change = |tokens: &[Token<'_>]| {
            let before_heredoc = tokens.iter().take_while(|t| t.kind != Kind::OpenHeredoc);
            before_heredoc.map(Token::bracket_change).sum::<i32>()
        };
        let net = change(&line.lead) + change(&line.assign);
        if net < 0 {
            close(&mut levels, -net);
        }
        line.lead[0].spaces = 2 * levels.len();
        if net > 0 {
            levels.push(net);
        }
    }
}

/// Closes brackets, and the levels that they had opened.
fn close(levels: &mut Vec<i32>, mut brackets: i32) {
    while brackets > 0 {
        let Some(level) = levels.last_mut() else {
            return;
        };
        if brackets < *level {
            *level -= brackets;
            return;
        }
        brackets -= *level;
        levels.pop();
    }
}

fn space(lines: &mut [Line<'_>]) {
    for line in lines {
        space_cell(&mut line.lead);
        if let Some(first) = line.assign.first_mut() {
            first.spaces = 1;
        }
        space_cell(&mut line.assign);
    }
}

fn space_cell(tokens: &mut [Token<'_>]) {
    for i in 0..tokens.len().saturating_sub(1) {
        let before = i.checked_sub(1).map_or(Kind::Nothing, |b| tokens[b].kind);
        let spaced = is_spaced(before, &tokens[i], &tokens[i + 1]);
        tokens[i + 1].spaces = usize::from(spaced);
    }
}

/// Whether a blank stands between two tokens; the first matching line decides.
fn is_spaced(before: Kind, subject: &Token<'_>, after: &Token<'_>) -> bool {
    use Kind::{
        Arithmetic, Bang, CloseBrace, CloseHeredoc, CloseQuote, CloseTemplate, Colon, Comma,
        Comparison, Dot, DoubleColon, Ellipsis, Equal, Ident, Literal, Minus, Newline, Nothing,
        Number, OpenBrace, OpenBracket, OpenHeredoc, OpenParenthesis, OpenQuote, OpenTemplate,
        Question,
    };
    match (subject.kind, after.kind) {
        (_, Newline) | (Ident, OpenParenthesis | DoubleColon) | (DoubleColon, Ident) => false,
        (Dot, _) | (_, Dot) | (_, Comma | Ellipsis) => false,
        (Comma, _) => true,
        (Literal | OpenQuote | OpenHeredoc, _) | (_, Literal | CloseQuote | CloseHeredoc) => false,
        (Ident, _) if subject.text == "in" && before == Ident => true,
        (Ident | Number, OpenBracket) => false,
        (_, OpenBracket) if subject.bracket_change() < 0 => false,
        (Bang, _) => false,
        (Minus, _) => !matches!(
            before,
            Nothing
                | OpenParenthesis
                | OpenBrace
                | OpenBracket
                | Equal
                | Colon
                | Comma
                | Question
                | Arithmetic
                | Minus
                | Comparison
                | Bang
        ),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        (OpenTemplate, OpenBrace) | (CloseBrace, CloseTemplate) => true,
        (CloseTemplate, OpenTemplate) => false,
        _ => subject.bracket_change() <= 0 && after.bracket_change() >= 0,
    }
}

fn align(lines: &mut [Line<'_>]) {
    chains(
        lines,
        |l| !l.assign.is_empty(),
        |l| columns(&l.lead),
        |l, spaces| l.assign[0].spaces = spaces,
    );
    chains(
        lines,
        |l| !l.comment.is_empty(),
        |l| columns(&l.lead) + columns(&l.assign),
        |l, spaces| l.comment[0].spaces = spaces,
    );
}

/// Aligns a column over each run of lines that have it.
fn chains<'t>(
    lines: &mut [Line<'t>],
    has: impl Fn(&Line<'t>) -> bool,
    width: impl Fn(&Line<'t>) -> usize,
    set: impl Fn(&mut Line<'t>, usize),
) {
    for chain in lines.chunk_by_mut(|a, b| has(a) && has(b)) {
        if !chain.first().is_some_and(&has) {
            continue;
        }
        let widest = chain.iter().map(&width).max().unwrap_or(0);
        for line in chain {
            let spaces = widest - width(line) + 1;
            set(line, spaces);
        }
    }
}

fn columns(tokens: &[Token<'_>]) -> usize {
    tokens
        .iter()
        .map(|t| t.spaces + t.text.chars().count())
        .sum()
}
