//! Takes octets that a stranger wrote, gives them as a finding may name them, never long or odd text.

use std::borrow::Cow;

/// Longer tokens are named by their class.
const LONGEST: usize = 32;

/// `text` where it is a short token, else `class`: what a finding is folded by must not be the sender's choice without bounds.
pub(super) fn token_or(text: &[u8], class: &'static str) -> Cow<'static, str> {
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(b);
    match std::str::from_utf8(text) {
        Ok(token) if !token.is_empty() && token.len() <= LONGEST && text.iter().all(is_token) => Cow::Owned(token.to_owned()),
        _ => Cow::Borrowed(class),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tokens_stand_as_written() {
        assert_eq!(token_or(b"NEWMETHOD", "other"), "NEWMETHOD");
        for odd in [&b""[..], b"a b", b"\xffx", &[b'A'; 33], b"<script>"] {
            assert_eq!(token_or(odd, "other"), "other");
        }
    }
}
