//! Takes the TNAuthList of a certificate, gives whether it covers a number, never whom a provider code belongs to (RFC 8226 §9).

use super::Person;
use super::der::{element, list, string};

/// What a certificate may sign for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorized {
    /// Service provider codes: whatever numbers their owner has.
    pub providers: Vec<Box<str>>,
    /// Ranges: the first number and how many follow, itself counted.
    ranges: Vec<(Box<str>, u64)>,
}

impl Authorized {
    /// Reads the extension's value, DER with explicit tags; `None` where it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let (0x30, entries, []) = element(der)? else { return None };
        let mut authorized = Self::default();
        for (tag, entry) in list(entries)? {
            let (kind, value, _) = element(entry)?;
            match (tag, kind) {
                (0xa0, 0x16) => authorized.providers.push(string(value)?),
                (0xa2, 0x16) => authorized.ranges.push((string(value)?, 1)),
                (0xa1, 0x30) => {
                    let (0x16, start, more) = element(value)? else { return None };
                    let (0x02, count, _) = element(more)? else { return None };
                    let count = count.iter().try_fold(0u64, |n, &b| n.checked_mul(256)?.checked_add(u64::from(b)))?;
                    authorized.ranges.push((string(start)?, count));
                }
                _ => return None,
            }
        }
        Some(authorized)
    }

    /// Whether it may sign for a caller: a number of its ranges, or any number of a provider, who knows its own.
    #[must_use]
    pub fn covers(&self, person: &Person) -> bool {
        let Person::Number(number) = person else { return !self.providers.is_empty() };
        let value = |text: &str| text.parse::<u64>().ok();
        let within = |(start, count): &(Box<str>, u64)| {
            **start == **number
                || (start.len() == number.len()
                    && value(number).zip(value(start)).is_some_and(|(n, first)| n >= first && n - first < *count))
        };
        !self.providers.is_empty() || self.ranges.iter().any(within)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Person {
        Person::Number(text.into())
    }

    #[test]
    fn providers_numbers_and_ranges_are_read() {
        // As `openssl asn1parse -genconf` makes them.
        let provider = Authorized::read(b"\x30\x08\xa0\x06\x16\x041234").unwrap();
        assert_eq!(provider.providers, ["1234".into()]);
        assert!(provider.covers(&number("4930123456")));
        let one = Authorized::read(b"\x30\x0b\xa2\x09\x16\x074930123").unwrap();
        assert!(one.covers(&number("4930123")) && !one.covers(&number("4930124")));
        let range = Authorized::read(b"\x30\x10\xa1\x0e\x30\x0c\x16\x064930\x30\x30\x02\x02\x03\xe8").unwrap();
        assert!(range.covers(&number("493000")) && range.covers(&number("493999")) && !range.covers(&number("494000")));
        assert!(!range.covers(&number("4930001")), "as many digits");
        assert!(!range.covers(&Person::Uri("sip:a@x".into())));
    }

    proptest! {
        #[test]
        fn no_octets_stop_the_reader(der in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Authorized::read(&der);
        }
    }
}
