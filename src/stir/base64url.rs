//! Takes text in base64url, gives the octets that it stands for, never those of other alphabets (RFC 4648 §5).

/// The octets; `None` where a character is none of the alphabet, or one is left over. Padding, which JWS leaves out (RFC 7515 §2), ends it.
#[must_use]
pub fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0u32, 0u32);
    for &octet in text.iter().take_while(|&&b| b != b'=') {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits & 0xff) as u8);
        }
    }
    (bits < 6).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rfc_7515_prints() {
        // RFC 7515 appendix C.
        assert_eq!(base64url(b"A-z_4ME"), Some(vec![3, 236, 255, 224, 193]));
        assert_eq!(base64url(b"eyJhbGciOiJFUzI1NiJ9"), Some(br#"{"alg":"ES256"}"#.to_vec()));
        assert_eq!([base64url(b"A+z/"), base64url(b"A z_"), base64url(b"AAAAA")], [const { None }; 3]);
    }
}
