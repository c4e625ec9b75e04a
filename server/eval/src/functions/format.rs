//! `format` and `formatlist`: the verbs of Go's `fmt` that Terraform documents.

use super::text;
use crate::expr::{Evaluated, Invalid};
use crate::number::Number;
use crate::value::{Kind, Sequence, Value};

/// `%[2]-08.3f`, read.
#[derive(Default)]
struct Verb {
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
    verb: char,
}

/// Wider output is unknown to nobody's harm.
const MAX_WIDTH: usize = 10_000;

/// `format(spec, args…)`
pub(super) fn format(args: &[Value]) -> Result<String, Invalid> {
    let spec = text(args, 0)?;
    let mut out = String::new();
    let mut rest = spec.as_ref();
    let (mut next, mut highest) = (1, 1);
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (verb, after) = verb(rest, &mut next)?;
        rest = after;
        let value = args.get(next).ok_or(Invalid)?;
        next += 1;
        highest = highest.max(next);
        out.push_str(&verb.pad(verb.text(value)?));
    }
    out.push_str(rest);
    if highest < args.len() {
        Err(Invalid)
    } else {
        Ok(out)
    }
}

/// Reads a verb; an explicit index sets `next`.
fn verb<'t>(text: &'t str, next: &mut usize) -> Result<(Verb, &'t str), Invalid> {
    let mut verb = Verb::default();
    let mut rest = text;
    loop {
        match rest.as_bytes().first().ok_or(Invalid)? {
            b'+' => verb.plus = true,
            b'-' => verb.minus = true,
            b' ' => verb.space = true,
            b'0' => verb.zero = true,
            b'#' => verb.sharp = true,
            _ => break,
        }
        rest = &rest[1..];
    }
    verb.width = digits(&mut rest).unwrap_or(0).min(MAX_WIDTH);
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        verb.precision = Some(digits(&mut rest).unwrap_or(0).min(MAX_WIDTH));
    }
    if let Some(after) = rest.strip_prefix('[') {
        rest = after;
        *next = digits(&mut rest).filter(|n| *n > 0).ok_or(Invalid)?;
        rest = rest.strip_prefix(']').ok_or(Invalid)?;
    }
    verb.verb = rest.chars().next().ok_or(Invalid)?;
    let length = verb.verb.len_utf8();
    Ok((verb, &rest[length..]))
}

fn digits(text: &mut &str) -> Option<usize> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number.parse().ok()
}

impl Verb {
    fn text(&self, value: &Value) -> Result<String, Invalid> {
        if value.is_null() && self.verb != 'v' {
            return Err(Invalid);
        }
        let number = || value.as_number().ok_or(Invalid);
        Ok(match self.verb {
            'v' if value.is_null() => return Err(Invalid),
            'v' => match (value.to_text(), self.sharp) {
                (Some(text), false) => text.to_string(),
                _ => super::json(value).ok_or(Invalid)?,
            },
            's' => self.cut(&value.to_text().ok_or(Invalid)?),
            'q' => super::json(&Value::string(self.cut(&value.to_text().ok_or(Invalid)?)))
                .ok_or(Invalid)?,
            't' => value.as_bool().ok_or(Invalid)?.to_string(),
            'd' => self.signed(whole(&number()?)?.to_string()),
            'b' => self.signed(radix(&number()?, 2)?),
            'o' => self.signed(radix(&number()?, 8)?),
            'x' => self.signed(self.prefixed("0x", radix(&number()?, 16)?)),
            'X' => self.signed(self.prefixed("0X", radix(&number()?, 16)?.to_uppercase())),
            'f' | 'F' => self.signed(format!(
                "{:.*}",
                self.precision.unwrap_or(6),
                number()?.to_f64()
            )),
            'e' | 'E' => self.signed(self.cased(scientific(
                number()?.to_f64(),
                Some(self.precision.unwrap_or(6)),
            ))),
            'g' | 'G' => self.signed(self.cased(general(number()?.to_f64(), self.precision))),
            _ => return Err(Invalid),
        })
    }

    fn cut(&self, text: &str) -> String {
        super::string::characters(text)
            .take(self.precision.unwrap_or(usize::MAX))
            .collect()
    }

    fn cased(&self, text: String) -> String {
        if self.verb.is_uppercase() {
            text.to_uppercase()
        } else {
            text
        }
    }

    fn prefixed(&self, prefix: &str, digits: String) -> String {
        match (self.sharp, digits.strip_prefix('-')) {
            (false, _) => digits,
            (true, Some(digits)) => format!("-{prefix}{digits}"),
            (true, None) => format!("{prefix}{digits}"),
        }
    }

    fn signed(&self, number: String) -> String {
        match number.starts_with('-') {
            false if self.plus => format!("+{number}"),
            false if self.space => format!(" {number}"),
            _ => number,
        }
    }

    fn pad(&self, text: String) -> String {
        let missing = self
            .width
            .saturating_sub(super::string::characters(&text).count());
        if missing == 0 {
            return text;
        }
        if self.minus {
            return text + &" ".repeat(missing);
        }
        let is_number = !matches!(self.verb, 's' | 'v' | 'q' | 't');
        if self.zero && is_number {
            let sign = usize::from(text.starts_with(['-', '+', ' ']));
            return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
        }
        " ".repeat(missing) + &text
    }
}

fn whole(number: &Number) -> Result<&Number, Invalid> {
    if *number == number.floor() {
        Ok(number)
    } else {
        Err(Invalid)
    }
}

fn radix(number: &Number, base: u32) -> Result<String, Invalid> {
    let n = whole(number)?.as_i64().ok_or(Invalid)?;
    let digits = match base {
        2 => format!("{:b}", n.unsigned_abs()),
        8 => format!("{:o}", n.unsigned_abs()),
        _ => format!("{:x}", n.unsigned_abs()),
    };
    Ok(if n < 0 { format!("-{digits}") } else { digits })
}

/// `1.5e+07`: at least two digits in the exponent.
fn scientific(number: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{number:.precision$e}"),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// `%g`: scientific for small and large exponents only.
fn general(number: f64, precision: Option<usize>) -> String {
    let rounded = match precision {
        Some(digits) => format!("{number:.*e}", digits.max(1) - 1),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    if exponent >= -4 && exponent < precision.unwrap_or(6).max(1) as i64 {
        return rounded.parse::<f64>().unwrap_or(number).to_string();
    }
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `formatlist`: lists in step, other arguments each time.
pub(super) fn format_list(args: &[Value]) -> Evaluated {
    let lengths: Vec<usize> = args
        .iter()
        .skip(1)
        .filter_map(Value::as_list)
        .map(<[Value]>::len)
        .collect();
    let length = lengths.first().copied().unwrap_or(1);
    if lengths.iter().any(|l| *l != length) {
        return Err(Invalid);
    }
    let row = |i: usize| -> Vec<Value> {
        args.iter()
            .map(|a| {
                a.as_list()
                    .and_then(|list| list.get(i))
                    .unwrap_or(a)
                    .clone()
            })
            .collect()
    };
    let rows = (0..length).map(|i| format(&row(i)).map(Value::string));
    Ok(Kind::List(
        Sequence::List,
        std::sync::Arc::new(rows.collect::<Result<_, _>>()?),
    )
    .into())
}
