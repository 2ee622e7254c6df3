//! Takes a comma-separated header value, gives its elements, never splits inside quotes or angle brackets (RFC 3261 §7.3.1).

use memchr::{memchr, memchr3};

use crate::sip::octet::quoted_len;

/// The elements of a list header value, trimmed; empty elements are left out.
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value).filter(|value| !value.is_empty());
    std::iter::from_fn(move || {
        loop {
            let text = rest?;
            let end = element_len(text);
            rest = text.get(end + 1..);
            let element = text.get(..end).unwrap_or(text).trim_ascii();
            if !element.is_empty() {
                return Some(element);
            }
        }
    })
}

/// How many octets come before the comma that ends the first element; quotes or brackets that never close hide the commas behind them.
fn element_len(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(step) = memchr3(b',', b'"', b'<', rest) else { break };
        at += step + 1;
        let inside = text.get(at..).unwrap_or_default();
        at += match rest.get(step) {
            Some(b'"') => quoted_len(inside).map_or(inside.len(), |n| n + 1),
            Some(b'<') => memchr(b'>', inside).map_or(inside.len(), |n| n + 1),
            _ => return at - 1,
        };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<&str> {
        elements(value.as_bytes()).map(|e| std::str::from_utf8(e).unwrap()).collect()
    }

    #[test]
    fn splits_outside_quotes_and_brackets_only() {
        assert_eq!(list("a, b\r\n ,c"), ["a", "b", "c"]);
        assert_eq!(list(r#""Bell, A \", x" <sip:a@b>, <sip:c,d@e;lr>"#), [r#""Bell, A \", x" <sip:a@b>"#, "<sip:c,d@e;lr>"]);
        assert_eq!(list(" ,, a,"), ["a"]);
        assert!(list("").is_empty());
    }

    #[test]
    fn what_never_closes_is_one_element() {
        assert_eq!(list(r#"a, "b, c"#), ["a", r#""b, c"#]);
        assert_eq!(list("a, <b, c"), ["a", "<b, c"]);
        assert_eq!(list(r#""\"#), [r#""\"#]);
    }
}
