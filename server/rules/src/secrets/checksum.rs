//! Checksums that tokens carry.

/// A checksum at the end of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// The last six characters are the CRC-32 of the random part in base 62, as GitHub and npm write it.
    /// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
    Crc32,
    /// Bech32 (BIP 173), of age's keys.
    Bech32,
}

impl Checksum {
    pub(super) fn named(name: &str) -> Option<Checksum> {
        match name {
            "crc32" => Some(Checksum::Crc32),
            "bech32" => Some(Checksum::Bech32),
            _ => None,
        }
    }

    /// Whether a token's checksum is right.
    pub(super) fn holds(self, token: &str) -> bool {
        match self {
            Checksum::Crc32 => crc32_holds(token),
            Checksum::Bech32 => {
                bech32::primitives::decode::CheckedHrpstring::new::<bech32::Bech32>(token).is_ok()
            }
        }
    }
}

fn crc32_holds(token: &str) -> bool {
    let Some((_, body)) = token.split_once('_') else {
        return false;
    };
    let Some((random, sum)) = body.len().checked_sub(6).map(|at| body.split_at(at)) else {
        return false;
    };
    base62(crc32fast::hash(random.as_bytes())) == sum
}

/// Six digits of base 62: `0-9A-Za-z`.
pub(super) fn base62(mut n: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(n % 62) as usize];
        n /= 62;
    }
    digits.iter().map(|d| char::from(*d)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_with_their_checksums() {
        let random = "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5";
        let right = format!("ghp_{random}{}", base62(crc32fast::hash(random.as_bytes())));
        assert!(Checksum::Crc32.holds(&right));
        assert!(!Checksum::Crc32.holds(&right.replace("q1W", "q1X")));
        // A valid string of BIP 173.
        assert!(
            Checksum::Bech32.holds("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")
        );
        assert!(
            !Checksum::Bech32.holds("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3q")
        );
    }
}
