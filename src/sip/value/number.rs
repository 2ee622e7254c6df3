//! Takes digits, gives their number, never wraps (RFC 3261 §25.1: delta-seconds and all the other `1*DIGIT`).

/// The number that `text` is, saturating; `None` where it is empty or anything but digits.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |n, &b| b.is_ascii_digit().then(|| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_digits_only() {
        assert_eq!(number(b"0068"), Some(68));
        assert_eq!(number(b"36893488147419103232"), Some(u64::MAX));
        assert_eq!([number(b""), number(b"-999"), number(b"+1"), number(b"1 2")], [None; 4]);
    }
}
