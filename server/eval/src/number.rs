//! Terraform's numbers: binary floating point with 512 bits of mantissa.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use dashu_float::round::mode::HalfEven;
use dashu_float::{DBig, FBig};

type Float = FBig<HalfEven, 2>;

const PRECISION: usize = 512;
/// Decimal digits that always tell numbers of 512 bits apart.
const DIGITS: usize = 157;

/// A number. Small integers, nearly all there are, cost no allocation.
#[derive(Clone, Debug)]
pub enum Number {
    Int(i64),
    /// Never a value that [`Number::Int`] could hold.
    Float(Arc<Float>),
}

impl Number {
    /// The number as an integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Int(n) => Some(*n),
            Number::Float(_) => None,
        }
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Int(n) => *n as f64,
            Number::Float(f) => f.to_f64().value(),
        }
    }

    fn float(&self) -> Float {
        match self {
            Number::Int(n) => Float::from(*n).with_precision(PRECISION).value(),
            Number::Float(f) => (**f).clone(),
        }
    }

    fn of(float: Float) -> Number {
        let is_whole = float.fract() == Float::ZERO;
        if is_whole && let Ok(n) = i64::try_from(float.to_int().value()) {
            return Number::Int(n);
        }
        Number::Float(Arc::new(float))
    }

    fn exact(
        &self,
        other: &Number,
        int: fn(i64, i64) -> Option<i64>,
        float: fn(Float, Float) -> Float,
    ) -> Number {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && let Some(n) = int(*a, *b)
        {
            return Number::Int(n);
        }
        Number::of(float(self.float(), other.float()))
    }

    /// `self + other`
    pub fn add(&self, other: &Number) -> Number {
        self.exact(other, i64::checked_add, |a, b| a + b)
    }

    /// `self - other`
    pub fn subtract(&self, other: &Number) -> Number {
        self.exact(other, i64::checked_sub, |a, b| a - b)
    }

    /// `self * other`
    pub fn multiply(&self, other: &Number) -> Number {
        self.exact(other, i64::checked_mul, |a, b| a * b)
    }

    /// `self / other`; `None` for a division by zero.
    pub fn divide(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let int = |a: i64, b: i64| {
            if a.checked_rem(b) == Some(0) {
                a.checked_div(b)
            } else {
                None
            }
        };
        Some(self.exact(other, int, |a, b| a / b))
    }

    /// `self % other`, with the sign of `self`; `None` for a division by zero.
    pub fn modulo(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        Some(self.exact(other, i64::checked_rem, |a, b| {
            let quotient = (a.clone() / b.clone()).trunc();
            a - quotient * b
        }))
    }

    /// `-self`
    pub fn negate(&self) -> Number {
        Number::Int(0).subtract(self)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self, Number::Int(0))
    }

    /// The largest whole number below.
    pub fn floor(&self) -> Number {
        match self {
            Number::Int(_) => self.clone(),
            Number::Float(f) => Number::of(f.floor()),
        }
    }

    /// The smallest whole number above.
    pub fn ceil(&self) -> Number {
        match self {
            Number::Int(_) => self.clone(),
            Number::Float(f) => Number::of(f.ceil()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(b),
            _ => self.float().cmp(&other.float()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Number, NotANumber> {
        if let Ok(n) = text.parse() {
            return Ok(Number::Int(n));
        }
        let is_decimal = !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        // An exponent of a million would be a gigabyte of digits.
        let exponent = text.split(['e', 'E']).nth(1).map(str::parse::<i32>);
        if !is_decimal
            || text.len() > 1_000
            || exponent.is_some_and(|e| e.is_err() || e.is_ok_and(|e| e.abs() > 10_000))
        {
            return Err(NotANumber);
        }
        let decimal: DBig = text.parse().map_err(|_| NotANumber)?;
        Ok(Number::of(
            decimal
                .with_base_and_precision::<2>(PRECISION)
                .value()
                .with_rounding::<HalfEven>(),
        ))
    }
}

/// The decimal of the fewest digits that is read as this number.
fn shortest(float: &Float) -> FBig<HalfEven, 10> {
    let decimal = |digits| float.clone().with_base_and_precision::<10>(digits).value();
    let is_enough = |digits| {
        decimal(digits)
            .with_base_and_precision::<2>(PRECISION)
            .value()
            == *float
    };
    let (mut low, mut high) = if is_enough(20) { (1, 20) } else { (20, DIGITS) };
    while low < high {
        let middle = (low + high) / 2;
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    decimal(high)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(n) => n.fmt(f),
            Number::Float(float) => {
                let text = shortest(float).to_string();
                match text.split_once('.') {
                    Some((whole, fraction)) => {
                        let fraction = fraction.trim_end_matches('0');
                        if fraction.is_empty() {
                            f.write_str(whole)
                        } else {
                            write!(f, "{whole}.{fraction}")
                        }
                    }
                    None => f.write_str(&text),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().expect("a number")
    }

    #[test]
    fn arithmetic_is_terraforms() {
        let (tenth, fifth) = (number("0.1"), number("0.2"));
        let cases = [
            (tenth.add(&fifth).to_string(), "0.3"),
            (
                number("1")
                    .divide(&number("4"))
                    .expect("not zero")
                    .to_string(),
                "0.25",
            ),
            (
                number("7")
                    .modulo(&number("-3"))
                    .expect("not zero")
                    .to_string(),
                "1",
            ),
            (
                number("-7.5")
                    .modulo(&number("2"))
                    .expect("not zero")
                    .to_string(),
                "-1.5",
            ),
            (
                number("9223372036854775807").add(&number("1")).to_string(),
                "9223372036854775808",
            ),
            (number("1e3").to_string(), "1000"),
            (number("1.50").to_string(), "1.5"),
            (number("1e-3").to_string(), "0.001"),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        assert_eq!(number("1.0"), Number::Int(1));
        for bad in ["", "x", "1e999999999", "0x1"] {
            assert!(bad.parse::<Number>().is_err(), "{bad}");
        }
    }
}
