//! Takes a telephone number as written, gives the one that stands for it, never of another country or of another length.
//!
//! Kept are a leading `+` or `00` with the country code, a leading zero, separators, and numbers of up to three digits, which are services.
//! The number with `+` and the same with `00` or with its country code alone become the same.

use super::Disguise;

/// Up to so many digits are a service, not a subscriber.
const SERVICE: usize = 3;
/// From so many digits on, a number that begins with no zero has its country code.
const INTERNATIONAL: usize = 11;
/// Numbers of so many digits are looked for in free text.
const LONG: usize = 5;

impl Disguise {
    /// Rewrites a number, if `text` is one; whether it is.
    pub(super) fn number(&mut self, text: &mut [u8]) -> bool {
        let own = text.strip_prefix(b"+").unwrap_or(text);
        let is_separator = |b: &u8| matches!(b, b'-' | b'.' | b'(' | b')' | b' ');
        let is_number =
            own.first().is_some_and(|b| b.is_ascii_digit() || *b == b'(') && own.iter().all(|b| b.is_ascii_digit() || is_separator(b));
        if !is_number {
            return false;
        }
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
        if digits.len() <= SERVICE {
            return true;
        }
        if digits.len() >= LONG {
            self.met.insert(digits.as_slice().into());
        }
        let new = self.digits(&digits, text.first() == Some(&b'+'));
        text.iter_mut().filter(|b| b.is_ascii_digit()).zip(new).for_each(|(digit, new)| *digit = new);
        true
    }

    /// The digits that stand for others; also of the begin of a number.
    pub(super) fn digits(&self, digits: &[u8], global: bool) -> Vec<u8> {
        let (lead, canonical) = match digits {
            [b'0', b'0', rest @ ..] if !global => (2, Some(rest)),
            [b'0', ..] if !global => (digits.iter().take_while(|&&b| b == b'0').count(), None),
            _ if global || digits.len() >= INTERNATIONAL => (0, Some(digits)),
            _ => (0, None),
        };
        let kept = lead + canonical.map_or(0, country_code);
        let canonical = canonical.unwrap_or(digits);
        let shift = digits.len() - canonical.len();
        let mut new = digits.to_vec();
        for place in kept..digits.len() {
            let before = canonical.get(..place - shift).unwrap_or_default();
            let own = digits.get(place).copied().unwrap_or_default();
            // No area begins with a zero or a one where numbers of subscribers begin so.
            let class: &[u32] = match (place == kept, own) {
                (true, b'0' | b'1') => &[],
                (true, _) => &[50, 51, 52, 53, 54, 55, 56, 57],
                _ => &[48, 49, 50, 51, 52, 53, 54, 55, 56, 57],
            };
            if let Some(to) = new.get_mut(place) {
                *to = u8::try_from(self.among(class, &[b"n", before].concat(), own.into())).unwrap_or(own);
            }
        }
        new
    }
}

/// How many digits the country code has that a number begins with (ITU-T E.164).
fn country_code(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => digits.len().min(3),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn mapped(text: &str) -> String {
        let mut octets = text.as_bytes().to_vec();
        assert!(Disguise::new(Key::of("k")).number(&mut octets), "{text}");
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn the_shape_of_a_number_stays() {
        let new = mapped("+49 (30) 123-4567");
        let shape = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect::<String>();
        assert!(new.starts_with("+49 (") && shape(&new) == shape("+49 (30) 123-4567") && !new.contains("1234567"), "{new}");
        assert_eq!((mapped("112"), mapped("0301234567").starts_with('0')), ("112".into(), true));
        assert!(mapped("+12155551212").starts_with("+1") && mapped("+35312345678").starts_with("+353"));
    }

    #[test]
    fn one_number_written_three_ways_stays_one() {
        let [plus, zeros, bare] = ["+493012345678", "00493012345678", "493012345678"].map(mapped);
        assert_eq!((plus.trim_start_matches('+'), zeros.trim_start_matches("00")), (&*bare, &*bare));
    }

    #[test]
    fn numbers_of_a_range_stay_in_a_range() {
        let disguise = Disguise::new(Key::of("k"));
        let range = disguise.digits(b"4930", true);
        assert!(mapped("+49301234567").as_bytes()[1..].starts_with(&range));
        assert!(!mapped("+49401234567").as_bytes()[1..].starts_with(&range));
    }
}
