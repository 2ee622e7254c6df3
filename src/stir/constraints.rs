//! Takes the claim constraints of a certificate, gives what of the claims of a PASSporT they do not allow, never who signed it (RFC 8226 §8, RFC 9118).

use serde_json::{Map, Value};

use super::der::{element, list, string};

/// What a certificate lets its holder claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Claims that each PASSporT has, beside iat, orig and dest.
    include: Vec<Box<str>>,
    /// Claims with the values that they may have, where they are there.
    permitted: Vec<(Box<str>, Vec<Box<str>>)>,
    /// Claims that no PASSporT has.
    exclude: Vec<Box<str>>,
}

/// The claims of a PASSporT against the constraints of its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// They allow it.
    Allowed,
    /// They do not, and what it is that they do not allow.
    Forbidden(&'static str),
    /// A value is of a form for which nobody says how to compare it.
    Unknown,
}

impl Constraints {
    /// id-pe-JWTClaimConstraints (RFC 8226 §8) and id-pe-eJWTClaimConstraints (RFC 9118 §4).
    pub const EXTENSIONS: [&'static str; 2] = ["1.3.6.1.5.5.7.1.27", "1.3.6.1.5.5.7.1.33"];

    /// Reads the value of either extension, DER with explicit tags; `None` where it is neither, or constrains nothing.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let (0x30, parts, []) = element(der)? else { return None };
        let mut constraints = Self::default();
        for (tag, part) in list(parts)? {
            let (0x30, part, []) = element(part)? else { return None };
            let entries = list(part).filter(|entries| !entries.is_empty())?;
            match tag {
                0xa0 => constraints.include = strings(0x16, &entries)?,
                0xa1 => constraints.permitted = entries.iter().map(|&(tag, entry)| permitted(tag, entry)).collect::<Option<_>>()?,
                0xa2 => constraints.exclude = strings(0x16, &entries)?,
                _ => return None,
            }
        }
        (constraints != Self::default()).then_some(constraints)
    }

    /// What they say of claims.
    #[must_use]
    pub fn judge(&self, claims: &Map<String, Value>) -> Claimed {
        let claimed = |names: &[Box<str>], there: bool| names.iter().all(|name| claims.contains_key(&**name) == there);
        if !claimed(&self.include, true) {
            return Claimed::Forbidden("PASSporT without a claim that the certificate demands");
        }
        if !claimed(&self.exclude, false) {
            return Claimed::Forbidden("PASSporT with a claim that the certificate excludes");
        }
        let mut unknown = false;
        for (name, values) in &self.permitted {
            match claims.get(&**name).map(|claim| is_permitted(claim, values)) {
                Some(Some(false)) => return Claimed::Forbidden("PASSporT with a value that the certificate does not permit"),
                Some(None) => unknown = true,
                Some(Some(true)) | None => {}
            }
        }
        if unknown { Claimed::Unknown } else { Claimed::Allowed }
    }
}

/// A claim and its values.
fn permitted(tag: u8, entry: &[u8]) -> Option<(Box<str>, Vec<Box<str>>)> {
    let (0x16, name, rest) = element(entry)? else { return None };
    let (0x30, values, []) = element(rest)? else { return None };
    let values = list(values).filter(|values| tag == 0x30 && !values.is_empty())?;
    Some((string(name)?, strings(0x0c, &values)?))
}

fn strings(tag: u8, entries: &[(u8, &[u8])]) -> Option<Vec<Box<str>>> {
    entries.iter().map(|(own, content)| string(content).filter(|_| *own == tag)).collect()
}

/// Whether a claim has only permitted values; of objects nobody says when they are equal to a string.
fn is_permitted(claim: &Value, values: &[Box<str>]) -> Option<bool> {
    let one = |text: &str| values.iter().any(|value| &**value == text);
    match claim {
        Value::String(text) => Some(one(text)),
        Value::Number(number) => Some(one(&number.to_string())),
        Value::Bool(value) => Some(one(if *value { "true" } else { "false" })),
        Value::Array(all) => all.iter().try_fold(true, |so_far, claim| Some(so_far & is_permitted(claim, values)?)),
        Value::Object(_) | Value::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// As `openssl asn1parse -genconf` makes them: attest demanded, A or B; one origid; no rcd.
    const ENHANCED: &[u8] = b"0]\xa0\n0\x08\x16\x06attest\xa1F0D0\x10\x16\x06attest0\x06\x0c\x01A\x0c\x01B00\x16\x06origid0&\x0c$123e4567-e89b-12d3-a456-426655440000\xa2\x070\x05\x16\x03rcd";

    fn judged(claims: &Value) -> Claimed {
        Constraints::read(ENHANCED).unwrap().judge(claims.as_object().unwrap())
    }

    #[test]
    fn what_is_demanded_permitted_and_excluded_is_read() {
        let read = Constraints::read(ENHANCED).unwrap();
        assert_eq!(read.include, ["attest".into()]);
        assert_eq!(read.permitted[0], ("attest".into(), vec!["A".into(), "B".into()]));
        assert_eq!(read.exclude, ["rcd".into()]);
        let plain = b"0=\xa0\x070\x05\x16\x03foo\xa1200\x30\x19\x16\x03foo0\x12\x0c\x04foo1\x0c\x04foo2\x0c\x04foo30\x13\x16\x03bar0\x0c\x0c\x04bar1\x0c\x04bar2";
        assert_eq!(Constraints::read(plain).unwrap().permitted.len(), 2, "the sample of pyasn1-modules");
        for none in [&b"0\0"[..], b"", b"0\x04\xa0\x020\0", b"0\x09\xa0\x070\x05\x0c\x03foo"] {
            assert_eq!(Constraints::read(none), None, "{none:?}");
        }
    }

    /// RFC 8226 §8, RFC 9118 §5.
    #[test]
    fn claims_outside_of_them_are_forbidden() {
        assert_eq!(judged(&json!({"attest": "B", "dest": {"tn": ["1"]}})), Claimed::Allowed, "a claim that is not there has no value");
        assert!(matches!(judged(&json!({"attest": "C"})), Claimed::Forbidden(text) if text.ends_with("does not permit")));
        assert!(matches!(judged(&json!({"iat": 1})), Claimed::Forbidden(text) if text.ends_with("demands")));
        assert!(matches!(judged(&json!({"attest": "A", "rcd": {}})), Claimed::Forbidden(text) if text.ends_with("excludes")));
        assert!(matches!(judged(&json!({"attest": ["A", "C"]})), Claimed::Forbidden(_)));
        assert_eq!(judged(&json!({"attest": {"x": "A"}})), Claimed::Unknown);
    }

    proptest! {
        #[test]
        fn no_octets_stop_the_reader(der in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Constraints::read(&der);
        }
    }
}
