//! Takes a URI or a claim, gives whom it names in the form that signatures are over, never a name for display (RFC 8224 §8).

use serde_json::Value;

use crate::sip::value::{Telephone, Uri};

/// A caller or callee.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Person {
    /// A telephone number: digits, `#` and `*` only (RFC 8224 §8.3).
    Number(Box<str>),
    /// A URI: user as written and host in lower case, no parameters (RFC 8224 §8.5).
    Uri(Box<str>),
}

impl Person {
    /// Whom a URI of a message names; `None` where it has no user to name.
    #[must_use]
    pub fn of(uri: &Uri<'_>) -> Option<Self> {
        if let Some(number) = Telephone::of(uri) {
            return Some(Self::Number(canonical(number.octets().map(char::from))));
        }
        let user = String::from_utf8_lossy(uri.user_name()?).into_owned();
        let host = String::from_utf8_lossy(uri.host).to_ascii_lowercase();
        let scheme = String::from_utf8_lossy(uri.scheme_text()).to_ascii_lowercase();
        Some(Self::Uri(format!("{scheme}:{user}@{host}").into()))
    }

    /// Whom a URI in a claim names: read as those of messages are.
    fn of_text(text: &str) -> Self {
        let uri = crate::sip::value::uri(text.as_bytes());
        uri.and_then(|uri| Self::of(&uri)).unwrap_or_else(|| Self::Uri(text.to_ascii_lowercase().into()))
    }

    /// Those whom `{"tn": …}` or `{"uri": …}` names, one or a list of them (RFC 8225 §5.2.1).
    pub(super) fn of_claim(claim: &Value) -> Vec<Self> {
        let texts = |value: &Value| match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(list) => list.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        let numbers = claim.get("tn").map(texts).unwrap_or_default();
        let uris = claim.get("uri").map(texts).unwrap_or_default();
        let numbers = numbers.iter().map(|text| Self::Number(canonical(text.chars())));
        numbers.chain(uris.iter().map(|text| Self::of_text(text))).collect()
    }

    /// Whether a number was written in a way that only its own country understands, so that it may be the same as another.
    #[must_use]
    pub fn is_local(uri: &Uri<'_>) -> bool {
        Telephone::of(uri).is_some_and(|number| {
            let is_short = || number.bare().next() == Some(b'0') || number.digits().len() < 8;
            !number.is_global() && (number.context.is_some() || is_short())
        })
    }

    /// Whether a number without plus is the end of this one, so that both may be the same: the signer may put the country before (RFC 8224 §8.3).
    #[must_use]
    pub fn may_be(&self, uri: &Uri<'_>) -> bool {
        let Self::Number(own) = self else { return false };
        Telephone::of(uri).is_some_and(|number| number.bare().next() != Some(b'+') && own.ends_with(&number.digits()))
    }
}

/// What is left of a number when all that pleases the eye is gone.
fn canonical(number: impl Iterator<Item = char>) -> Box<str> {
    number.filter(|c| c.is_ascii_digit() || matches!(c, '#' | '*')).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::value::uri;

    fn person(text: &str) -> Option<Person> {
        Person::of(&uri(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_number_is_its_digits_however_it_was_written() {
        let number = Some(Person::Number("12155551212".into()));
        for text in ["tel:+1-215-555-1212", "sip:+12155551212@x;user=phone", "sip:1(215)5551212;npdi@example.com"] {
            assert_eq!(person(text), number, "{text}");
        }
        assert_eq!(person("sip:Alice@EXAMPLE.com;transport=tls"), Some(Person::Uri("sip:Alice@example.com".into())));
        assert_eq!(person("sip:example.com"), None);
    }

    #[test]
    fn claims_name_one_or_many() {
        let claim = serde_json::json!({"tn": ["12125551213", "+1212"], "uri": "sip:Bob@Example.net"});
        let expected = [Person::Number("12125551213".into()), Person::Number("1212".into()), Person::Uri("sip:Bob@example.net".into())];
        assert_eq!(Person::of_claim(&claim), expected);
        assert!(Person::of_claim(&serde_json::json!("12125551213")).is_empty());
    }
}
