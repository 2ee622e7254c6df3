//! Takes nothing, gives the script of the page with the hash that lets a browser run it, never what the wire says.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// The script: the same for every report.
pub(super) const TEXT: &str = include_str!("page.js");

/// What a Content-Security-Policy says to allow this script and no other (CSP Level 3 §2.3.1, hash-source).
pub(super) fn hash() -> String {
    format!("sha256-{}", base64(digest(&SHA256, TEXT.as_bytes()).as_ref()))
}

/// Base64 with padding (RFC 4648 §4).
fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let bits = chunk.iter().chain([&0, &0]).take(3).fold(0_u32, |bits, &octet| bits << 8 | u32::from(octet));
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).filter(|_| place <= chunk.len());
            let _ = text.write_char(letter.map_or('=', |&letter| char::from(letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (text, expected) in vectors {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn the_script_cannot_end_its_element() {
        assert!(!TEXT.contains("</") && !TEXT.contains("<!--"));
    }
}
