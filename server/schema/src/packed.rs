//! The form of committed data: small integers, text, and the compression around them.

use std::fmt;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// No table is anywhere near this large when unpacked, in bytes.
const LIMIT: usize = 16 << 20;

/// Compresses; equal input gives equal bytes.
pub fn pack(raw: &[u8]) -> Vec<u8> {
    compress_to_vec(raw, 10)
}

/// The inverse of [`pack`].
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, Corrupt> {
    decompress_to_vec_with_limit(packed, LIMIT).map_err(|_| Corrupt)
}

/// A packed table of text, see [`pack`].
pub(crate) fn unpack_text(packed: &[u8]) -> Result<String, Corrupt> {
    String::from_utf8(unpack(packed)?).map_err(|_| Corrupt)
}

/// The rows of a committed table of text: columns separated by tabs, `#` before the head.
pub(crate) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// Data that [`pack`] or [`crate::table::encode`] did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a table of this version: make it again with `cargo xtask import-facts`")
    }
}

impl std::error::Error for Corrupt {}

/// Writes unsigned integers in LEB128 and length-prefixed text.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn number(&mut self, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend_from_slice(bytes);
    }
}

/// Reads what [`Writer`] wrote.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Result<u8, Corrupt> {
        let (&first, rest) = self.0.split_first().ok_or(Corrupt)?;
        self.0 = rest;
        Ok(first)
    }

    pub(crate) fn number(&mut self) -> Result<u32, Corrupt> {
        let mut number = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Corrupt)
    }

    pub(crate) fn take(&mut self, length: u32) -> Result<&'a [u8], Corrupt> {
        let (taken, rest) = self.0.split_at_checked(length as usize).ok_or(Corrupt)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Corrupt> {
        let length = self.number()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Corrupt> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Corrupt)
    }
}
