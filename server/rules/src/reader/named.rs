//! Named arguments of matchers: `one_of(a, b, write = c)`.
//!
//! HCL's calls have none, so that `write = c` is written as the comparison `write ==c` before the
//! text is parsed. The length stays, and with it every range.

use stockade_syntax::ast::{BinaryOp, Expr, ExprKind};

/// What surrounds a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Call,
    Brackets,
    Braces,
    Quotes,
    Interpolation,
}

/// The text with named arguments as comparisons. Errors: offsets of those that have no space around
/// their `=`.
pub(super) fn as_comparisons(text: &str) -> (String, Vec<usize>) {
    let mut bytes = text.as_bytes().to_vec();
    let mut errors = Vec::new();
    let mut stack: Vec<Inside> = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let inside = stack.last().copied();
        let rest = &text.as_bytes()[i..];
        if inside == Some(Inside::Quotes) {
            match rest {
                [b'\\', _, ..] => i += 2,
                [b'$', b'$', b'{', ..] => i += 3,
                [b'$' | b'%', b'{', ..] => {
                    stack.push(Inside::Interpolation);
                    i += 2;
                }
                [b'"', ..] => {
                    stack.pop();
                    i += 1;
                }
                _ => i += 1,
            }
            continue;
        }
        match rest {
            [b'#', ..] | [b'/', b'/', ..] => i += line_length(rest),
            [b'/', b'*', ..] => i += find(rest, b"*/").map_or(rest.len(), |n| n + 2),
            [b'<', b'<', ..] => i += heredoc_length(&text[i..]).unwrap_or(2),
            [b'"', ..] => {
                stack.push(Inside::Quotes);
                i += 1;
            }
            [b'(', ..] => {
                stack.push(Inside::Call);
                i += 1;
            }
            [b'[', ..] => {
                stack.push(Inside::Brackets);
                i += 1;
            }
            [b'{', ..] => {
                stack.push(Inside::Braces);
                i += 1;
            }
            [b')' | b']' | b'}', ..] => {
                stack.pop();
                i += 1;
            }
            [b'=' | b'!' | b'<' | b'>', b'=', ..] | [b'=', b'>', ..] => i += 2,
            [b'=', next, ..] if inside == Some(Inside::Call) => {
                if *next == b' ' {
                    bytes[i + 1] = b'=';
                } else if i > 0 && bytes[i - 1] == b' ' {
                    bytes[i - 1] = b'=';
                } else {
                    errors.push(i);
                }
                i += 2;
            }
            _ => i += 1,
        }
    }
    (
        String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()),
        errors,
    )
}

fn line_length(rest: &[u8]) -> usize {
    rest.iter()
        .position(|b| *b == b'\n')
        .map_or(rest.len(), |n| n + 1)
}

fn find(rest: &[u8], what: &[u8]) -> Option<usize> {
    rest.windows(what.len()).position(|w| w == what)
}

/// The length of the heredoc that begins here.
fn heredoc_length(rest: &str) -> Option<usize> {
    let (head, _) = rest.split_once('\n')?;
    let marker = head.strip_prefix("<<")?.trim_start_matches('-').trim();
    let is_name = !marker.is_empty() && marker.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut length = is_name.then_some(head.len() + 1)?;
    for line in rest[length..].split_inclusive('\n') {
        length += line.len();
        if line.trim() == marker {
            break;
        }
    }
    Some(length)
}

/// The name and value of a named argument.
pub(super) fn named(argument: &Expr) -> Option<(&str, &Expr)> {
    let ExprKind::Binary {
        op: BinaryOp::Equal,
        left,
        right,
    } = &argument.kind
    else {
        return None;
    };
    let ExprKind::Variable(name) = &left.kind else {
        return None;
    };
    Some((name, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arguments_of_calls_change() {
        let cases = [
            ("x = one_of(1, write = 2)", "x = one_of(1, write ==2)"),
            ("x = f({ a = 1 }, b = [1])", "x = f({ a = 1 }, b ==[1])"),
            ("x = f(a == b, c => d)", "x = f(a == b, c => d)"),
            ("x = f(\"a = ${g(y = 1)}\")", "x = f(\"a = ${g(y ==1)}\")"),
            ("x = 1 # (a = b", "x = 1 # (a = b"),
            ("x = f(<<EOT\n(a = b\nEOT\n)", "x = f(<<EOT\n(a = b\nEOT\n)"),
        ];
        for (text, expected) in cases {
            assert_eq!(as_comparisons(text), (expected.to_owned(), Vec::new()));
        }
        assert_eq!(as_comparisons("f(a=b)").1, [3]);
    }
}
