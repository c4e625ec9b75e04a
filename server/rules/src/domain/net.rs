//! Networks: which CIDRs are open, which ports a rule lets through.

use std::net::{Ipv4Addr, Ipv6Addr};

use stockade_eval::{Kind, Value};

use crate::run::parts;

/// The strings in the arguments, and whether these are all that there may be.
fn strings(args: &[Value]) -> (Vec<Value>, bool) {
    let mut known = Vec::new();
    let mut is_whole = true;
    for arg in args {
        collect(arg, &mut known, &mut is_whole);
    }
    (known, is_whole)
}

fn collect(value: &Value, known: &mut Vec<Value>, is_whole: &mut bool) {
    match &value.kind {
        Kind::List(..) => parts(value)
            .iter()
            .for_each(|v| collect(v, known, is_whole)),
        Kind::Unknown(unknown) => {
            unknown
                .contains
                .iter()
                .for_each(|v| collect(v, known, is_whole));
            let is_open = |v: &Value| {
                let (known, _) = strings(std::slice::from_ref(v));
                known.iter().any(|k| k.as_str().is_some_and(is_everything))
            };
            if !unknown.one_of.is_empty() && unknown.one_of.iter().all(is_open) {
                // Whichever it is, it is open.
                let mut first = strings(&unknown.one_of[..1]).0;
                if let Some(mut first) = first.pop() {
                    first.origin.clone_from(&value.origin);
                    known.push(first);
                }
            } else {
                *is_whole = false;
            }
        }
        Kind::String(_) => known.push(value.clone()),
        _ => {}
    }
}

/// Those that are open to the whole internet, alone or together.
pub(super) fn open(args: &[Value]) -> Value {
    let (known, is_whole) = strings(args);
    super::found(open_ones(&known), is_whole)
}

pub(super) fn is_open(args: &[Value]) -> Value {
    let (known, is_whole) = strings(args);
    let is_open = !open_ones(&known).is_empty();
    if is_open || is_whole {
        Value::bool(is_open)
    } else {
        Value::unknown()
    }
}

/// Networks of more than a few machines that are not the whole internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Public addresses, in part at least.
    Wide,
    /// Private ones only (RFC 1918, RFC 4193).
    Private,
}

/// Those CIDR strings that are networks of a scope.
pub(super) fn of_scope(args: &[Value], scope: Scope) -> Value {
    let (known, is_whole) = strings(args);
    let is_of_scope = |v: &&Value| v.as_str().and_then(scope_of) == Some(scope);
    super::found(
        known.iter().filter(is_of_scope).cloned().collect(),
        is_whole,
    )
}

/// So many addresses of IPv4 are a few machines.
const FEW: u128 = 32;

fn scope_of(text: &str) -> Option<Scope> {
    const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
    let within =
        |(from, to): (u128, u128), (first, last): (u128, u128)| from >= first && to <= last;
    if is_everything(text) {
        return None;
    }
    if let Some(range) = v4_range(text) {
        let is_private = PRIVATE
            .iter()
            .filter_map(|p| v4_range(p))
            .any(|p| within(range, p));
        let is_wide = range.1 - range.0 >= FEW;
        return is_wide.then_some(if is_private {
            Scope::Private
        } else {
            Scope::Wide
        });
    }
    let range = v6_range(text)?;
    let is_private = v6_range("fc00::/7").is_some_and(|p| within(range, p));
    // A subnet is 2^64 addresses.
    let is_wide = range.1 - range.0 > u128::from(u64::MAX);
    is_wide.then_some(if is_private {
        Scope::Private
    } else {
        Scope::Wide
    })
}

fn open_ones(known: &[Value]) -> Vec<Value> {
    let alone: Vec<Value> = known
        .iter()
        .filter(|v| v.as_str().is_some_and(is_everything))
        .cloned()
        .collect();
    if !alone.is_empty() {
        return alone;
    }
    let v4: Vec<(u128, u128, &Value)> = ranges(known, v4_range);
    let v6: Vec<(u128, u128, &Value)> = ranges(known, v6_range);
    let together = |ranges: &[(u128, u128, &Value)], first: u128, last: u128| {
        if covers_whole(ranges, first, last) {
            ranges.iter().map(|(.., v)| (*v).clone()).collect()
        } else {
            Vec::new()
        }
    };
    let mut all: Vec<Value> = together(&v4, 0, u128::from(u32::MAX));
    let (first, last) = GLOBAL_V6;
    all.extend(together(&v6, first, last));
    all
}

/// `2000::/3`, all of the IPv6 internet.
const GLOBAL_V6: (u128, u128) = (0x2000 << 112, (0x4000 << 112) - 1);

fn ranges(known: &[Value], parse: fn(&str) -> Option<(u128, u128)>) -> Vec<(u128, u128, &Value)> {
    let mut all: Vec<_> = known
        .iter()
        .filter_map(|v| parse(v.as_str()?).map(|(from, to)| (from, to, v)))
        .collect();
    all.sort_by_key(|(from, to, _)| (*from, *to));
    all
}

fn covers_whole(ranges: &[(u128, u128, &Value)], first: u128, last: u128) -> bool {
    let mut next = first;
    for (from, to, _) in ranges {
        if *from > next {
            return false;
        }
        next = next.max(to.saturating_add(1));
    }
    next > last
}

/// The whole internet in one value, in any provider's spelling.
fn is_everything(text: &str) -> bool {
    let text = text.trim();
    if matches!(text, "*" | "any" | "Any" | "Internet" | "internet") {
        return true;
    }
    v4_range(text) == Some((0, u128::from(u32::MAX)))
        || v6_range(text).is_some_and(|(from, to)| from <= GLOBAL_V6.0 && to >= GLOBAL_V6.1)
}

fn v4_range(text: &str) -> Option<(u128, u128)> {
    let (address, bits) = text.trim().split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    range(u128::from(u32::from(address)), bits, 32)
}

fn v6_range(text: &str) -> Option<(u128, u128)> {
    let (address, bits) = text.trim().split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    range(u128::from(address), bits, 128)
}

fn range(address: u128, bits: &str, width: u32) -> Option<(u128, u128)> {
    let bits: u32 = bits.parse().ok().filter(|b| *b <= width)?;
    let host = width - bits;
    let mask = if host >= 128 {
        u128::MAX
    } else {
        (1 << host) - 1
    };
    Some((address & !mask, address & !mask | mask))
}

/// What a rule's protocol lets through.
enum Protocol {
    All,
    Named(&'static str),
    Other,
}

fn protocol(value: Option<&Value>) -> Option<Protocol> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Some(Protocol::All);
    };
    let text = value.to_text()?.to_ascii_lowercase();
    Some(match text.as_str() {
        "-1" | "all" | "any" | "*" | "" => Protocol::All,
        "tcp" | "6" => Protocol::Named("tcp"),
        "udp" | "17" => Protocol::Named("udp"),
        _ => Protocol::Other,
    })
}

/// `net::covers(from, to, port, protocol, wanted)`
pub(super) fn covers(args: &[Value]) -> Option<bool> {
    let [from, to, port, rest @ ..] = args else {
        return None;
    };
    let port = port.as_i64()?;
    let wanted = rest
        .get(1)
        .and_then(|v| v.as_str())
        .unwrap_or("tcp")
        .to_ascii_lowercase();
    match protocol(rest.first())? {
        Protocol::All if is_all_traffic(rest.first()) => return Some(true),
        Protocol::Named(name) if name != wanted => return Some(false),
        Protocol::Other => return Some(false),
        Protocol::All | Protocol::Named(_) => {}
    }
    port_ranges(from, to)?.map_or(Some(true), |ranges| {
        let is_known = ranges.iter().all(Option::is_some);
        let hit = ranges
            .iter()
            .flatten()
            .any(|(a, b)| (*a..=*b).contains(&port));
        (hit || is_known).then_some(hit)
    })
}

/// `net::covers_all(from, to, protocol)`
pub(super) fn covers_all(args: &[Value]) -> Option<bool> {
    let [from, to, rest @ ..] = args else {
        return None;
    };
    match protocol(rest.first())? {
        Protocol::All if is_all_traffic(rest.first()) => return Some(true),
        Protocol::Other => return Some(false),
        Protocol::All | Protocol::Named(_) => {}
    }
    port_ranges(from, to)?.map_or(Some(true), |ranges| {
        let hit = ranges.iter().flatten().any(|(a, b)| *a <= 1 && *b >= 65535);
        (hit || ranges.iter().all(Option::is_some)).then_some(hit)
    })
}

/// The protocol is written, and it is every one: ports don't count then.
fn is_all_traffic(value: Option<&Value>) -> bool {
    value.is_some_and(|v| {
        v.to_text()
            .is_some_and(|t| matches!(&*t.to_ascii_lowercase(), "-1" | "all"))
    })
}

/// One range a port expression; `None` inside: not known.
type Ranges = Vec<Option<(i64, i64)>>;

/// The ranges of ports; inner `None`: every port, outer `None`: can't be known.
fn port_ranges(from: &Value, to: &Value) -> Option<Option<Ranges>> {
    if from.is_unknown() || to.is_unknown() {
        return None;
    }
    if from.is_null() && to.is_null() {
        return Some(None);
    }
    if let (Some(from), Some(to)) = (from.as_i64(), to.as_i64()) {
        // -1 is every port (and every type of ICMP).
        return Some(if from == -1 {
            None
        } else {
            Some(vec![Some((from, to))])
        });
    }
    let texts = parts(if from.is_null() { to } else { from });
    if texts.is_empty() {
        return Some(None);
    }
    let parsed: Vec<Option<Option<(i64, i64)>>> = texts
        .iter()
        .map(|v| v.to_text().map(|t| port_range(&t)))
        .collect();
    if parsed.iter().any(|p| matches!(p, Some(None))) {
        return Some(None);
    }
    Some(Some(parsed.into_iter().map(Option::flatten).collect()))
}

/// `22`, `20-25`; `None` for `*` and what is no number.
fn port_range(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    match text.split_once('-') {
        Some((from, to)) => Some((from.trim().parse().ok()?, to.trim().parse().ok()?)),
        None => text.parse().ok().map(|port| (port, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(all: &[&str]) -> Value {
        Value::tuple(all.iter().map(|s| Value::string(*s)).collect())
    }

    #[test]
    fn open_networks() {
        let cases: [(&[&str], usize); 9] = [
            (&["0.0.0.0/0"], 1),
            (&["10.0.0.0/8", "::/0"], 1),
            (&["10.0.0.0/8"], 0),
            (&["0.0.0.0/1", "128.0.0.0/1"], 2),
            (&["0.0.0.0/1", "129.0.0.0/1"], 2),
            (&["0.0.0.0/1", "192.0.0.0/2"], 0),
            (&["2000::/3"], 1),
            (&["*"], 1),
            (&[], 0),
        ];
        for (cidrs, expected) in cases {
            assert_eq!(
                open(&[list(cidrs)]).as_list().map(<[Value]>::len),
                Some(expected),
                "{cidrs:?}"
            );
        }
        assert!(open(&[Value::unknown()]).is_unknown());
        assert_eq!(
            is_open(&[list(&["0.0.0.0/0"]), Value::unknown()]).as_bool(),
            Some(true)
        );
        assert!(is_open(&[list(&["10.0.0.0/8"]), Value::unknown()]).is_unknown());
    }

    #[test]
    fn scopes() {
        let cases = [
            ("0.0.0.0/0", None),
            ("10.0.0.0/8", Some(Scope::Private)),
            ("192.168.1.0/24", Some(Scope::Private)),
            ("192.168.1.0/28", None),
            ("203.0.113.0/24", Some(Scope::Wide)),
            ("203.0.113.0/27", None),
            ("8.0.0.0/5", Some(Scope::Wide)),
            ("fd00::/48", Some(Scope::Private)),
            ("2001:db8::/32", Some(Scope::Wide)),
            ("2001:db8::/64", None),
            ("sg-1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(scope_of(text), expected, "{text}");
        }
    }

    #[test]
    fn covered_ports() {
        let (n, s) = (Value::int, |t: &str| Value::string(t));
        let cases = [
            (vec![n(0), n(0), n(22), s("-1")], Some(true)),
            (vec![n(22), n(22), n(22), s("tcp")], Some(true)),
            (vec![n(20), n(30), n(22), s("6")], Some(true)),
            (vec![n(80), n(80), n(22), s("tcp")], Some(false)),
            (vec![n(22), n(22), n(22), s("udp")], Some(false)),
            (vec![n(53), n(53), n(53), s("udp"), s("udp")], Some(true)),
            (vec![n(0), n(0), n(22), s("icmp")], Some(false)),
            (
                vec![Value::null(), Value::null(), n(22), s("tcp")],
                Some(true),
            ),
            (vec![Value::unknown(), n(22), n(22), s("tcp")], None),
            (vec![n(22), n(22), n(22), Value::unknown()], None),
            (vec![s("20-25"), Value::null(), n(22), s("Tcp")], Some(true)),
            (
                vec![list(&["80", "22"]), Value::null(), n(22), s("tcp")],
                Some(true),
            ),
            (
                vec![list(&["80"]), Value::null(), n(22), s("*")],
                Some(false),
            ),
            (vec![s("*"), Value::null(), n(22), s("*")], Some(true)),
        ];
        for (args, expected) in cases {
            assert_eq!(covers(&args), expected, "{args:?}");
        }
    }
}
