//! Hashes, and UUIDs made from one.

use std::fmt::Write;

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::encoding::base64;
use super::{Strict, text};
use crate::expr::{Evaluated, Invalid};
use crate::value::Value;

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "md5" => |a| Ok(Value::string(hex(&Md5::digest(text(a, 0)?.as_bytes())))),
        "sha1" => |a| Ok(Value::string(hex(&Sha1::digest(text(a, 0)?.as_bytes())))),
        "sha256" => |a| Ok(Value::string(hex(&Sha256::digest(text(a, 0)?.as_bytes())))),
        "sha512" => |a| Ok(Value::string(hex(&Sha512::digest(text(a, 0)?.as_bytes())))),
        "base64sha256" => |a| {
            Ok(Value::string(base64(&Sha256::digest(
                text(a, 0)?.as_bytes(),
            ))))
        },
        "base64sha512" => |a| {
            Ok(Value::string(base64(&Sha512::digest(
                text(a, 0)?.as_bytes(),
            ))))
        },
        "uuidv5" => uuid_v5,
        _ => return None,
    })
}

/// The name of the hash in `filesha256` and the like.
pub(super) fn of_file(name: &str) -> Option<Strict> {
    function(match name.strip_prefix("file")? {
        "base64sha256" => "base64sha256",
        "base64sha512" => "base64sha512",
        hash @ ("md5" | "sha1" | "sha256" | "sha512") => hash,
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// RFC 4122, section 4.3.
fn uuid_v5(args: &[Value]) -> Evaluated {
    let space = match text(args, 0)?.as_ref() {
        "dns" => 0x6ba7b810_9dad_11d1_80b4_00c04fd430c8,
        "url" => 0x6ba7b811_9dad_11d1_80b4_00c04fd430c8,
        "oid" => 0x6ba7b812_9dad_11d1_80b4_00c04fd430c8,
        "x500" => 0x6ba7b814_9dad_11d1_80b4_00c04fd430c8,
        uuid => {
            let digits: String = uuid.split('-').collect();
            u128::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| digits.len() == 32)
                .ok_or(Invalid)?
        }
    };
    let hash = Sha1::new()
        .chain_update(space.to_be_bytes())
        .chain_update(text(args, 1)?.as_bytes())
        .finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    Ok(Value::string(parts.join("-")))
}
