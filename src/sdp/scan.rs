//! Takes bytes of a line, gives its tokens and numbers, never allocates.

/// Splits off the first token at white space; what follows is trimmed at its beginning.
pub(super) fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (token, rest) = text.split_at_checked(end)?;
    (!token.is_empty()).then_some((token, rest.trim_ascii_start()))
}

/// Splits at the first `separator`, which goes; all of the text and nothing, where there is none.
pub(super) fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let at = memchr::memchr(separator, text).unwrap_or(text.len());
    (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())
}

/// The decimal number that the text is; `None` for anything else and for what does not fit.
pub(super) fn number<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let digit = |n: u64, b: &u8| n.checked_mul(10)?.checked_add(u64::from(b.is_ascii_digit().then(|| b - b'0')?));
    text.iter().try_fold(0, digit).and_then(|n| T::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_numbers() {
        assert_eq!(token(b"  96   opus/48000/2 "), Some((&b"96"[..], &b"opus/48000/2 "[..])));
        assert_eq!(token(b" \t "), None);
        assert_eq!(cut(b"rtpmap:0 a:b", b':'), (&b"rtpmap"[..], &b"0 a:b"[..]));
        assert_eq!(cut(b"sendrecv", b':'), (&b"sendrecv"[..], &b""[..]));
        assert_eq!(number::<u16>(b"65535"), Some(65535));
        assert_eq!(number::<u16>(b"65536"), None);
        assert_eq!(number::<u32>(b"99999999999999999999999"), None);
        assert_eq!(number::<u32>(b"+5"), None);
        assert_eq!(number::<u32>(b""), None);
    }
}
