//! Bytes as text.

use sha2::{Digest, Sha256};

/// Returns bytes as lowercase hex digits, two for each byte.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the SHA-256 of bytes, in hex.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}
