//! Functions on numbers.

use super::{Strict, text};
use crate::expr::Invalid;
use crate::number::Number;
use crate::value::Value;

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
            let all = numbers(a.first().and_then(Value::as_list).ok_or(Invalid)?)?;
            all.into_iter()
                .reduce(|a, b| a.add(&b))
                .map(Value::number)
                .ok_or(Invalid)
        },
        "signum" => |a| {
            Ok(Value::int(match number(a, 0)?.cmp(&Number::Int(0)) {
                std::cmp::Ordering::Less => -1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Greater => 1,
            }))
        },
        "parseint" => |a| {
            let base = u32::try_from(super::int(a, 1)?)
                .ok()
                .filter(|b| (2..=36).contains(b))
                .ok_or(Invalid)?;
            i64::from_str_radix(&text(a, 0)?, base)
                .map(Value::int)
                .map_err(|_| Invalid)
        },
        "pow" => |a| {
            let (base, exponent) = (number(a, 0)?, super::int(a, 1)?);
            let power = u32::try_from(exponent)
                .ok()
                .filter(|e| *e <= 512)
                .ok_or(Invalid)?;
            Ok(Value::number(
                (0..power).fold(Number::Int(1), |n, _| n.multiply(&base)),
            ))
        },
        _ => return None,
    })
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
