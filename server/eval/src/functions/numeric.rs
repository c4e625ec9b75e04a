//! Functions on numbers.

use std::cmp::Ordering;

use super::{Strict, int};
use crate::expr::{Evaluated, Invalid};
use crate::number::Number;
use crate::value::{Kind, Value};

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "abs" => |a| {
            let n = number(a, 0)?;
            Ok(Value::number(if n < Number::Int(0) {
                n.negate()
            } else {
                n
            }))
        },
        "ceil" => |a| Ok(Value::number(number(a, 0)?.ceil())),
        "floor" => |a| Ok(Value::number(number(a, 0)?.floor())),
        "max" => |a| {
            numbers(a)?
                .into_iter()
                .max()
                .map(Value::number)
                .ok_or(Invalid)
        },
        "min" => |a| {
            numbers(a)?
                .into_iter()
                .min()
                .map(Value::number)
                .ok_or(Invalid)
        },
        "sum" => |a| {
            let all = numbers(super::list(a, 0)?)?;
            all.into_iter()
                .reduce(|a, b| a.add(&b))
                .map(Value::number)
                .ok_or(Invalid)
        },
        // Only of whole numbers.
        "signum" => |a| {
            Ok(Value::int(match super::int(a, 0)?.cmp(&0) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }))
        },
        "parseint" => parse_int,
        // Terraform computes these two with float64.
        "pow" => |a| of_f64(number(a, 0)?.to_f64().powf(number(a, 1)?.to_f64())),
        "log" => |a| of_f64(number(a, 0)?.to_f64().ln() / number(a, 1)?.to_f64().ln()),
        _ => return None,
    })
}

fn of_f64(result: f64) -> Evaluated {
    if !result.is_finite() {
        return Err(Invalid);
    }
    // The shortest decimal that is this float.
    format!("{result:e}")
        .parse()
        .map(Value::number)
        .map_err(|_| Invalid)
}

fn number(args: &[Value], at: usize) -> Result<Number, Invalid> {
    args.get(at).and_then(Value::as_number).ok_or(Invalid)
}

fn numbers(values: &[Value]) -> Result<Vec<Number>, Invalid> {
    values
        .iter()
        .map(|v| v.as_number().ok_or(Invalid))
        .collect()
}

/// `parseint(string, base)`, of any length; digits above 36 tell the case of letters.
fn parse_int(args: &[Value]) -> Evaluated {
    let base = int(args, 1)?;
    let Some(Kind::String(text)) = args.first().map(|v| &v.kind) else {
        return Err(Invalid);
    };
    if !(2..=62).contains(&base) || text.len() > 1_000 {
        return Err(Invalid);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut sum = Number::Int(0);
    for c in digits.chars() {
        let digit = digit(c, base).filter(|d| *d < base).ok_or(Invalid)?;
        sum = sum.multiply(&Number::Int(base)).add(&Number::Int(digit));
    }
    match digits.is_empty() {
        true => Err(Invalid),
        false => Ok(Value::number(if text.starts_with('-') {
            sum.negate()
        } else {
            sum
        })),
    }
}

fn digit(c: char, base: i64) -> Option<i64> {
    let from =
        |first: char, value: i64| i64::from(u32::from(c)) - i64::from(u32::from(first)) + value;
    match c {
        '0'..='9' => Some(from('0', 0)),
        'a'..='z' => Some(from('a', 10)),
        'A'..='Z' if base <= 36 => Some(from('A', 10)),
        'A'..='Z' => Some(from('A', 36)),
        _ => None,
    }
}
