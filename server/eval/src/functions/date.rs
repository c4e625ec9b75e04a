//! Functions on times, all of them RFC 3339 texts.

use jiff::civil::{DateTime, Weekday};
use jiff::{SignedDuration, ToSpan};

use super::{Strict, text};
use crate::expr::{Evaluated, Invalid};
use crate::value::Value;

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "formatdate" => |a| {
            Ok(Value::string(format_date(
                &text(a, 0)?,
                &time(&text(a, 1)?)?,
            )?))
        },
        "timeadd" => |a| {
            let time = time(&text(a, 0)?)?;
            let local = time
                .local
                .checked_add(duration(&text(a, 1)?)?)
                .map_err(|_| Invalid)?;
            Ok(Value::string(Time { local, ..time }.to_string()))
        },
        "timecmp" => compare,
        _ => return None,
    })
}

/// A time as it is shown at an offset from UTC, in minutes.
struct Time {
    local: DateTime,
    offset: i64,
}

/// RFC 3339 with `T` and seconds, as Terraform wants it.
fn time(text: &str) -> Result<Time, Invalid> {
    let (date, zone) = match text.strip_suffix('Z') {
        Some(date) => (date, None),
        None => text
            .split_at_checked(text.len().wrapping_sub(6))
            .map(|(d, z)| (d, Some(z)))
            .ok_or(Invalid)?,
    };
    let offset = zone.map_or(Ok(0), |zone| {
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = zone
            .strip_prefix(['+', '-'])
            .and_then(|z| z.split_once(':'))
            .ok_or(Invalid)?;
        let number = |digits: &str| digits.parse::<i64>().map_err(|_| Invalid);
        Ok(sign * (number(hours)? * 60 + number(minutes)?))
    })?;
    let is_shaped = date.len() >= 19 && date.as_bytes()[10] == b'T' && date.as_bytes()[16] == b':';
    let local = date.parse().ok().filter(|_| is_shaped).ok_or(Invalid)?;
    Ok(Time { local, offset })
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.local.strftime("%Y-%m-%dT%H:%M:%S"))?;
        if self.offset == 0 {
            f.write_str("Z")
        } else {
            f.write_str(&self.zone(":"))
        }
    }
}

impl Time {
    fn zone(&self, colon: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

fn compare(args: &[Value]) -> Evaluated {
    let utc = |at| -> Result<DateTime, Invalid> {
        let time = time(&text(args, at)?)?;
        time.local
            .checked_sub(time.offset.minutes())
            .map_err(|_| Invalid)
    };
    Ok(Value::int(utc(0)?.cmp(&utc(1)?) as i64))
}

/// Go's durations: `1h30m`, `-1.5h`.
fn duration(text: &str) -> Result<SignedDuration, Invalid> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() || seconds == 0.0 {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or(Invalid)?;
        let number: f64 = rest[..end].parse().map_err(|_| Invalid)?;
        let unit_end = rest[end..]
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .map_or(rest.len(), |at| end + at);
        seconds += number
            * match &rest[end..unit_end] {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" | "μs" => 1e-6,
                "ns" => 1e-9,
                _ => return Err(Invalid),
            };
        rest = &rest[unit_end..];
        if rest.is_empty() {
            break;
        }
    }
    SignedDuration::try_from_secs_f64(sign * seconds).map_err(|_| Invalid)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `formatdate`: runs of a letter are a field, text stands in single quotes.
fn format_date(spec: &str, time: &Time) -> Result<String, Invalid> {
    let mut out = String::new();
    let mut rest = spec;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(c).len();
        let length = match c {
            '\'' => {
                rest = quoted(&rest[1..], &mut out)?;
                continue;
            }
            'a'..='z' | 'A'..='Z' => {
                out.push_str(&field(c, run, time)?);
                run
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(out)
}

/// Text up to the closing quote; two quotes are one.
fn quoted<'t>(mut rest: &'t str, out: &mut String) -> Result<&'t str, Invalid> {
    loop {
        let (before, after) = rest.split_once('\'').ok_or(Invalid)?;
        out.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Ok(after),
        }
    }
}

fn field(letter: char, run: usize, time: &Time) -> Result<String, Invalid> {
    let local = time.local;
    let number = |n: i8, at: usize| {
        if at == 1 {
            n.to_string()
        } else {
            format!("{n:02}")
        }
    };
    let hour12 = (local.hour() + 11) % 12 + 1;
    let half = if local.hour() < 12 { "am" } else { "pm" };
    let month = MONTHS[usize::from(local.month().unsigned_abs()) - 1];
    Ok(match (letter, run) {
        ('Y', 4) => format!("{:04}", local.year()),
        ('Y', 2) => format!("{:02}", local.year() % 100),
        ('M', 4) => month.to_owned(),
        ('M', 3) => month[..3].to_owned(),
        ('M', 1 | 2) => number(local.month(), run),
        ('D', 1 | 2) => number(local.day(), run),
        ('E', 4) => weekday(local.weekday()).to_owned(),
        ('E', 3) => weekday(local.weekday())[..3].to_owned(),
        ('h', 1 | 2) => number(local.hour(), run),
        ('H', 1 | 2) => number(hour12, run),
        ('A', 2) => half.to_uppercase(),
        ('a', 2) => half.to_owned(),
        ('m', 1 | 2) => number(local.minute(), run),
        ('s', 1 | 2) => number(local.second(), run),
        ('Z', 1) if time.offset == 0 => "Z".to_owned(),
        ('Z', 3) if time.offset == 0 => "UTC".to_owned(),
        ('Z', 3 | 4) => time.zone(""),
        ('Z', 1 | 5) => time.zone(":"),
        _ => return Err(Invalid),
    })
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
