//! Takes a URI, gives the telephone number in it, never the number's owner (RFC 3966, E.164).

use super::{Scheme, Uri, unescaped};

/// A telephone number as a URI carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telephone<'a> {
    /// The number as written, visual separators and escapes included.
    pub text: &'a [u8],
    /// `phone-context`: where a local number holds.
    pub context: Option<&'a [u8]>,
}

impl<'a> Telephone<'a> {
    /// The number that `uri` names: any tel URI; a SIP(S) URI whose user is made of what one dials, or with
    /// `user=phone` holds a digit at least: `anonymous` is nobody's number.
    #[must_use]
    pub fn of(uri: &Uri<'a>) -> Option<Self> {
        let text = uri.user_name()?;
        let said = || uri.params.value(b"user").is_some_and(|v| v.eq_ignore_ascii_case(b"phone"));
        let is_number = match uri.scheme {
            Scheme::Tel => true,
            Scheme::Sip | Scheme::Sips => has_digit(text) && (is_dialled(text) || said()),
            Scheme::Urn | Scheme::Other => false,
        };
        is_number.then(|| Self { text, context: uri.user_params().value(b"phone-context") })
    }

    /// The number without escapes: what its text stands for.
    pub fn octets(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        unescaped(self.text)
    }

    /// The number without visual separators: `+` and what is dialled.
    pub fn bare(self) -> impl Iterator<Item = u8> {
        self.octets().filter(|&b| !is_separator(b))
    }

    /// Whether visual separators stand in it.
    #[must_use]
    pub fn has_separators(self) -> bool {
        self.octets().any(is_separator)
    }

    /// Whether it is global E.164, separators aside: `+`, no zero first, 2 to 15 digits.
    #[must_use]
    pub fn is_global(self) -> bool {
        let mut bare = self.bare();
        let begins = bare.next() == Some(b'+') && bare.next().is_some_and(|d| matches!(d, b'1'..=b'9'));
        let (mut digits, mut others) = (1, 0);
        for b in bare {
            if b.is_ascii_digit() { digits += 1 } else { others += 1 }
        }
        begins && others == 0 && (2..=15).contains(&digits)
    }

    /// The form in which numbers are compared: digits only.
    #[must_use]
    pub fn digits(self) -> String {
        self.octets().filter(u8::is_ascii_digit).map(char::from).collect()
    }
}

/// RFC 3966 §3: what may stand in a number to please the eye.
const fn is_separator(b: u8) -> bool {
    matches!(b, b'-' | b'.' | b'(' | b')')
}

/// Whether `text` holds only what one dials.
fn is_dialled(text: &[u8]) -> bool {
    unescaped(text).all(|b| b.is_ascii_digit() || is_separator(b) || matches!(b, b'+' | b'*' | b'#'))
}

fn has_digit(text: &[u8]) -> bool {
    unescaped(text).any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::value::uri;

    fn number(text: &str) -> Option<(String, bool)> {
        Telephone::of(&uri(text.as_bytes()).unwrap()).map(|t| (t.digits(), t.is_global()))
    }

    #[test]
    fn finds_numbers_in_each_kind_of_uri() {
        assert_eq!(number("tel:+49-30-123456"), Some(("4930123456".into(), true)));
        assert_eq!(number("sip:+49(30)123456;npdi;rn=+4930@example.com"), Some(("4930123456".into(), true)));
        assert_eq!(number("sip:110@example.com"), Some(("110".into(), false)));
        assert_eq!(number("sip:x12@example.com;user=phone"), Some(("12".into(), false)));
        assert_eq!(number("sip:anonymous@anonymous.invalid;user=phone"), None);
        assert_eq!(
            [number("sip:alice@example.com"), number("sip:example.com"), number("sip:-@a"), number("urn:service:sos")],
            [const { None }; 4]
        );
    }

    #[test]
    fn a_global_number_has_a_plus_and_2_to_15_digits() {
        for (text, global) in [
            ("+49", true),
            ("+123456789012345", true),
            ("+1234567890123456", false),
            ("+4", false),
            ("+0301", false),
            ("00491", false),
            ("+49#1", false),
        ] {
            assert_eq!(number(&format!("tel:{text}")).unwrap().1, global, "{text}");
        }
    }

    #[test]
    fn escapes_stand_for_what_is_dialled() {
        for text in ["sip:%2B4930123456@example.com", "sip:+%34930123456@example.com;user=phone", "sip:%2b49%2D30123456@example.com"] {
            assert_eq!(number(text), Some(("4930123456".into(), true)), "{text}");
        }
        assert_eq!(number("sip:%2331%23110@example.com"), Some(("31110".into(), false)));
    }

    #[test]
    fn the_context_of_a_local_number_is_kept() {
        let local = uri(b"tel:7042;phone-context=example.com").unwrap();
        assert_eq!(Telephone::of(&local).unwrap().context, Some(&b"example.com"[..]));
    }
}
