//! Functions on IP networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Strict, int, text};
use crate::expr::{Evaluated, Invalid};
use crate::number::Number;
use crate::value::{Sequence, Value};

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "cidrhost" => host,
        "cidrnetmask" => netmask,
        "cidrsubnet" => |a| {
            let network = network(a)?;
            let longer = u8::try_from(int(a, 1)?).map_err(|_| Invalid)?;
            let number = a.get(2).and_then(Value::as_number).ok_or(Invalid)?;
            Ok(Value::string(network.subnet(longer, &number)?.to_string()))
        },
        "cidrsubnets" => subnets,
        _ => return None,
    })
}

/// An address and how many of its bits name the network, as a number of `width` bits.
#[derive(Clone, Copy)]
struct Network {
    bits: u128,
    length: u8,
    width: u8,
}

fn network(args: &[Value]) -> Result<Network, Invalid> {
    let text = text(args, 0)?;
    let (address, length) = text.split_once('/').ok_or(Invalid)?;
    let (bits, width) = match parse(address)? {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let length = length.parse().ok().filter(|l| *l <= width).ok_or(Invalid)?;
    Ok(Network {
        bits,
        length,
        width,
    }
    .masked())
}

/// Terraform takes leading zeros, which it once took for octal, as decimal.
fn parse(address: &str) -> Result<IpAddr, Invalid> {
    if address.contains(':') {
        return address.parse().map_err(|_| Invalid);
    }
    let parts = address
        .split('.')
        .map(|p| p.trim_start_matches('0'))
        .map(|p| if p.is_empty() { "0" } else { p });
    parts
        .collect::<Vec<_>>()
        .join(".")
        .parse()
        .map_err(|_| Invalid)
}

impl Network {
    fn host_bits(self) -> u32 {
        u32::from(self.width - self.length)
    }

    fn masked(self) -> Network {
        let kept = match self.host_bits() {
            128 => 0,
            host => (self.bits >> host) << host,
        };
        Network { bits: kept, ..self }
    }

    fn address(self) -> IpAddr {
        match u32::try_from(self.bits) {
            Ok(bits) if self.width == 32 => IpAddr::V4(Ipv4Addr::from(bits)),
            _ => IpAddr::V6(Ipv6Addr::from(self.bits)),
        }
    }

    fn subnet(self, longer: u8, number: &Number) -> Result<Network, Invalid> {
        let length = self
            .length
            .checked_add(longer)
            .filter(|l| *l <= self.width)
            .ok_or(Invalid)?;
        let number = u128::try_from(number.as_i64().ok_or(Invalid)?).map_err(|_| Invalid)?;
        if longer < 127 && number >> longer != 0 {
            return Err(Invalid);
        }
        let shift = u32::from(self.width - length);
        let offset = if shift == 128 { 0 } else { number << shift };
        Ok(Network {
            bits: self.bits | offset,
            length,
            ..self
        })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(), self.length)
    }
}

/// A negative number counts from the end.
fn host(args: &[Value]) -> Evaluated {
    let network = network(args)?;
    let number = i128::from(int(args, 1)?);
    let size = match network.host_bits() {
        bits @ 0..=126 => 1_i128 << bits,
        _ => i128::MAX,
    };
    if number >= size || -number > size {
        return Err(Invalid);
    }
    let offset =
        u128::try_from(if number < 0 { size + number } else { number }).map_err(|_| Invalid)?;
    Ok(Value::string(
        Network {
            bits: network.bits | offset,
            ..network
        }
        .address()
        .to_string(),
    ))
}

fn netmask(args: &[Value]) -> Evaluated {
    let network = network(args)?;
    if network.width != 32 {
        return Err(Invalid);
    }
    let mask = u32::MAX.checked_shl(network.host_bits()).unwrap_or(0);
    Ok(Value::string(Ipv4Addr::from(mask).to_string()))
}

/// Subnets one after the other, each at the next place where one of its size can start.
fn subnets(args: &[Value]) -> Evaluated {
    let network = network(args)?;
    let mut next = Some(network.bits);
    let mut out = Vec::new();
    let end = network
        .bits
        .checked_add(1_u128.checked_shl(network.host_bits()).unwrap_or(0));
    for at in 1..args.len() {
        let longer = u8::try_from(int(args, at)?)
            .ok()
            .filter(|l| (1..=32).contains(l))
            .ok_or(Invalid)?;
        let length = network
            .length
            .checked_add(longer)
            .filter(|l| *l <= network.width)
            .ok_or(Invalid)?;
        let size = 1_u128
            .checked_shl(u32::from(network.width - length))
            .ok_or(Invalid)?;
        let start = next
            .and_then(|n| n.checked_next_multiple_of(size))
            .ok_or(Invalid)?;
        let after = start.checked_add(size);
        if after
            .zip(end)
            .is_some_and(|(after, end)| after > end && end > network.bits)
        {
            return Err(Invalid);
        }
        next = after;
        out.push(Value::string(
            Network {
                bits: start,
                length,
                ..network
            }
            .to_string(),
        ));
    }
    Ok(Value::sequence(Sequence::List, out))
}
