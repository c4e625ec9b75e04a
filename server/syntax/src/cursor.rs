//! What stands around a cursor in a text that is being typed: by its tokens, since it need not parse.

use crate::format::token::{Kind, tokens};

/// What a cursor stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The headers of the blocks around it, outermost first: `["resource", "aws_instance", "web"]`.
    pub blocks: Vec<Vec<String>>,
    /// What of its line comes before it, within the innermost block.
    pub typed: Typed,
}

/// What has been typed of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Typed {
    /// `resource "aws_s3`: words at the beginning of a line, quotes left out; the last one is being typed.
    Words(Vec<String>),
    /// `name = val`: the text after the `=`, blanks before it left out.
    Value(String, String),
    /// In a comment.
    Comment(String),
    /// Anything else: a list, an object, an expression over several lines.
    #[default]
    Other,
}

/// An open bracket.
enum Open {
    Block(Vec<String>),
    Other,
}

/// What the end of a text stands in; the text begins outside of blocks.
pub fn cursor(text: &str) -> Cursor {
    let tokens = tokens(text);
    let mut open: Vec<Open> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut argument: Option<usize> = None;
    let mut is_plain = true;
    let mut is_template = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Newline | Kind::Comment if token.text.ends_with('\n') => {
                words.clear();
                argument = None;
                is_plain = true;
            }
            Kind::Ident | Kind::Literal if is_template == 0 => words.push(token.text.to_owned()),
            Kind::OpenBrace => {
                let is_header = is_plain && argument.is_none() && !words.is_empty();
                open.push(match is_header {
                    true => Open::Block(std::mem::take(&mut words)),
                    false => Open::Other,
                });
                words.clear();
                argument = None;
                is_plain = true;
            }
            Kind::OpenBracket | Kind::OpenParenthesis => open.push(Open::Other),
            Kind::CloseBrace | Kind::CloseBracket | Kind::CloseParenthesis => {
                open.pop();
                is_plain = false;
            }
            Kind::Equal if is_plain && words.len() == 1 && argument.is_none() => {
                argument = Some(at);
            }
            Kind::OpenTemplate => is_template += 1,
            Kind::CloseTemplate => is_template = is_template.saturating_sub(1),
            Kind::OpenQuote | Kind::CloseQuote | Kind::Comment => {}
            _ => is_plain &= argument.is_some(),
        }
    }
    let is_in_body = !matches!(open.last(), Some(Open::Other));
    let comment = tokens.last().filter(|token| token.kind == Kind::Comment);
    let typed = match (comment, argument) {
        (Some(comment), _) if !comment.text.ends_with('\n') => {
            Typed::Comment(comment.text.to_owned())
        }
        (_, Some(at)) if is_in_body && is_template == 0 => {
            let equal = tokens[at].text;
            let end = equal.as_ptr() as usize - text.as_ptr() as usize + equal.len();
            let after = text[end..].trim_start();
            Typed::Value(words.first().cloned().unwrap_or_default(), after.to_owned())
        }
        (_, None) if is_in_body && is_plain => {
            // After a blank the next word begins.
            let opens = tokens.last().is_some_and(|t| t.kind == Kind::OpenQuote);
            if opens || text.ends_with([' ', '\t', '\n']) && !words.is_empty() {
                words.push(String::new());
            }
            Typed::Words(words)
        }
        _ => Typed::Other,
    };
    let blocks = open.into_iter().filter_map(|open| match open {
        Open::Block(header) => Some(header),
        Open::Other => None,
    });
    Cursor {
        blocks: blocks.collect(),
        typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> Typed {
        Typed::Value(name.to_owned(), text.to_owned())
    }

    fn words(words: &[&str]) -> Typed {
        Typed::Words(words.iter().map(|w| (*w).to_owned()).collect())
    }

    #[test]
    fn cursors() {
        let instance = "resource \"aws_instance\" \"web\" {\n  ami = \"${var.x}\" # {\n";
        let check = |text: &str, blocks: &[&str], typed: Typed| {
            let cursor = cursor(text);
            let shown: Vec<String> = cursor.blocks.iter().map(|b| b.join(" ")).collect();
            assert_eq!(
                (shown, cursor.typed),
                (blocks.iter().map(|b| (*b).to_owned()).collect(), typed),
                "{text}"
            );
        };
        let web = "resource aws_instance web";
        check("", &[], words(&[]));
        check("aws_s3", &[], words(&["aws_s3"]));
        check("resource \"aws_s3", &[], words(&["resource", "aws_s3"]));
        check("resource \"", &[], words(&["resource", ""]));
        check("resource ", &[], words(&["resource", ""]));
        check(instance, &[web], words(&[]));
        check(
            &format!("{instance}  monitoring = "),
            &[web],
            value("monitoring", ""),
        );
        check(
            &format!("{instance}  monitoring = tr"),
            &[web],
            value("monitoring", "tr"),
        );
        check(
            &format!("{instance}  metadata_options {{\n    http_tokens = \"op"),
            &[web, "metadata_options"],
            value("http_tokens", "\"op"),
        );
        check(
            &format!("{instance}  x = var.a ?  \"b"),
            &[web],
            value("x", "var.a ?  \"b"),
        );
        check(
            &format!("{instance}  dynamic \"m\" {{\n    content {{\n    x = 1\n    y"),
            &[web, "dynamic m", "content"],
            words(&["y"]),
        );
        check(
            &format!("{instance}  tags = {{\n    a = "),
            &[web],
            Typed::Other,
        );
        check(&format!("{instance}  x = [1, "), &[web], Typed::Other);
        check(&format!("{instance}  x = \"${{var."), &[web], Typed::Other);
        check(
            &format!("{instance}  # stock"),
            &[web],
            Typed::Comment("# stock".to_owned()),
        );
        check(&format!("{instance}  a {{\n  }}\n"), &[web], words(&[]));
        check(
            "locals {\n  a = <<EOT\n{\nEOT\n  b = 1\n}\n",
            &[],
            words(&[]),
        );
    }
}
