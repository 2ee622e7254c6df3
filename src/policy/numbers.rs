//! Takes ranges and lists of numbers as the policy writes them, gives which of them hold a number, never looks at each.

use std::ops::Deref;

use super::reader::Read;
use super::tree::Node;

/// How many entries of a list a report names.
const NAMED: usize = 10;

/// Beginnings of numbers.
#[derive(Clone, Debug, Default)]
pub struct Prefixes {
    written: Vec<String>,
    /// In order, and none the beginning of another: of all, only the last that is not greater than a number can begin it.
    sorted: Vec<Box<[u8]>>,
}

impl Prefixes {
    /// Ranges of global numbers, compared by their digits.
    #[must_use]
    pub fn of_numbers(written: Vec<String>) -> Self {
        Self::new(written, |text| text.trim_start_matches('+'))
    }

    /// Beginnings that are compared as they are written.
    #[must_use]
    pub fn verbatim(written: Vec<String>) -> Self {
        Self::new(written, |text| text)
    }

    fn new(written: Vec<String>, compared: impl Fn(&str) -> &str) -> Self {
        let mut all: Vec<Box<[u8]>> = written.iter().map(|text| compared(text).as_bytes().into()).collect();
        all.sort_unstable();
        let mut sorted: Vec<Box<[u8]>> = Vec::with_capacity(all.len());
        for prefix in all {
            if !sorted.last().is_some_and(|shorter| prefix.starts_with(shorter)) {
                sorted.push(prefix);
            }
        }
        Self { written, sorted }
    }

    /// Whether one of them begins a number.
    #[must_use]
    pub fn hold(&self, number: &[u8]) -> bool {
        let behind = self.sorted.partition_point(|prefix| **prefix <= *number);
        behind.checked_sub(1).and_then(|at| self.sorted.get(at)).is_some_and(|prefix| number.starts_with(prefix))
    }

    /// What is said of them: all, or the first and how many there are.
    #[must_use]
    pub fn text(&self) -> String {
        match self.written.get(..NAMED) {
            Some(first) if self.written.len() > NAMED => format!("{} and {} more", first.join(", "), self.written.len() - NAMED),
            _ => self.written.join(", "),
        }
    }
}

impl Deref for Prefixes {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.written
    }
}

impl From<Vec<String>> for Prefixes {
    fn from(written: Vec<String>) -> Self {
        Self::of_numbers(written)
    }
}

/// Texts, each with what it stands for, by which numbers they begin.
#[derive(Clone, Debug)]
pub struct Beginnings<T> {
    sorted: Vec<(Box<[u8]>, T)>,
}

impl<T> Default for Beginnings<T> {
    fn default() -> Self {
        Self { sorted: Vec::new() }
    }
}

impl<T> FromIterator<(Box<[u8]>, T)> for Beginnings<T> {
    fn from_iter<I: IntoIterator<Item = (Box<[u8]>, T)>>(all: I) -> Self {
        let mut sorted: Vec<_> = all.into_iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { sorted }
    }
}

impl<T> Beginnings<T> {
    /// Those that begin a number, the shorter first: a search for each digit at which the ways of texts and number part.
    pub fn of(&self, number: &[u8]) -> impl Iterator<Item = (&[u8], &T)> {
        let mut rest = self.sorted.as_slice();
        std::iter::from_fn(move || {
            loop {
                let (first, behind) = rest.split_first()?;
                let common = first.0.iter().zip(number).take_while(|(one, other)| one == other).count();
                if common == first.0.len() {
                    rest = behind;
                    return Some((&*first.0, &first.1));
                }
                // Whatever begins the number is no greater than it, and has this digit where it comes later than this text.
                if first.0.get(common) > number.get(common) {
                    return None;
                }
                let wanted = number.get(..=common)?;
                rest = rest.get(rest.partition_point(|(text, _)| **text < *wanted)..)?;
            }
        })
    }
}

/// Numbers, and beginnings of them where an entry ends in `*`; with a plus, global ones only.
#[derive(Clone, Debug, Default)]
pub struct NumberList {
    written: Vec<String>,
    /// By their digits.
    entries: Beginnings<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    is_global: bool,
    is_prefix: bool,
    at: usize,
}

impl NumberList {
    /// The longest entry that holds a number of these digits, which may be a global one and may be one without plus.
    #[must_use]
    pub fn entry(&self, number: &[u8], is_global: bool, is_plain: bool) -> Option<&str> {
        let holds = |(digits, entry): &(&[u8], &Entry)| {
            let is_of_kind = if entry.is_global { is_global } else { is_plain };
            is_of_kind && (entry.is_prefix || digits.len() == number.len())
        };
        let found = self.entries.of(number).filter(holds).filter_map(|(_, entry)| Some((self.written.get(entry.at)?, entry.at)));
        found.max_by_key(|(text, at)| (text.len(), *at)).map(|(text, _)| text.as_str())
    }
}

impl Deref for NumberList {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.written
    }
}

impl From<Vec<String>> for NumberList {
    fn from(written: Vec<String>) -> Self {
        let entry = |(at, text): (usize, &String)| {
            let (text, is_prefix) = text.strip_suffix('*').map_or((text.as_str(), false), |text| (text, true));
            let (text, is_global) = text.strip_prefix('+').map_or((text, false), |digits| (digits, true));
            (text.as_bytes().into(), Entry { is_global, is_prefix, at })
        };
        let entries = written.iter().enumerate().map(entry).collect();
        Self { written, entries }
    }
}

impl Read for NumberList {
    fn read(node: &Node) -> Option<Self> {
        Vec::read(node).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the two structures replace: one entry after the other.
    fn one_by_one<'l>(list: &'l [String], number: &[u8], is_global: bool, is_plain: bool) -> Option<&'l str> {
        let holds = |entry: &&String| {
            let (text, is_prefix) = entry.strip_suffix('*').map_or((entry.as_str(), false), |text| (text, true));
            let (digits, of_kind) = match text.strip_prefix('+') {
                Some(digits) => (digits.as_bytes(), is_global),
                None => (text.as_bytes(), is_plain),
            };
            of_kind && if is_prefix { number.starts_with(digits) } else { number == digits }
        };
        list.iter().filter(holds).max_by_key(|entry| entry.len()).map(String::as_str)
    }

    /// Each number of a long list is found, and so is what begins it, wherever in the order that stands.
    #[test]
    fn a_long_list_is_searched_to_its_ends() {
        let list: Vec<String> = (0..100_000).map(|n| format!("+49{n:06}")).chain(["+490*", "+4991*", "+4*"].map(String::from)).collect();
        let numbers = NumberList::from(list.clone());
        for text in &list[..100_000] {
            let number = &text.as_bytes()[1..];
            assert_eq!(numbers.entry(number, true, false), Some(text.as_str()));
            assert_eq!(numbers.entry(number, false, true), None);
        }
        let entry = |number: &[u8]| numbers.entry(number, true, false);
        assert_eq!(
            [entry(b"49912"), entry(b"490000000"), entry(b"491"), entry(b"5")].map(Option::unwrap_or_default),
            ["+4991*", "+490*", "+4*", ""]
        );
    }

    /// Numbers and lists of few digits, so that they often meet, in an order that repeats.
    #[test]
    fn a_search_finds_what_a_look_at_each_finds() {
        let mut seed = 1_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let digits = |next: &mut dyn FnMut(u64) -> u64, most: u64| -> String {
                let length = next(most);
                (0..length).map(|_| char::from(b'1' + u8::try_from(next(2)).unwrap())).collect()
            };
            let length = next(12);
            let list: Vec<String> = (0..length)
                .map(|_| {
                    let text = digits(&mut next, 5);
                    format!("{}{text}{}", if next(2) == 0 { "+" } else { "" }, if next(2) == 0 { "*" } else { "" })
                })
                .collect();
            let (searched, prefixes) = (NumberList::from(list.clone()), Prefixes::from(list.clone()));
            for _ in 0..20 {
                let number = digits(&mut next, 7);
                let (is_global, is_plain) = (next(2) == 0, next(2) == 0);
                let number = number.as_bytes();
                assert_eq!(searched.entry(number, is_global, is_plain), one_by_one(&list, number, is_global, is_plain), "{list:?}");
                let listed: Beginnings<()> = list.iter().map(|text| (text.as_bytes().into(), ())).collect();
                let mut beginning: Vec<&[u8]> = list.iter().map(|text| text.as_bytes()).filter(|text| number.starts_with(text)).collect();
                beginning.sort_unstable();
                assert_eq!(listed.of(number).map(|(text, ())| text).collect::<Vec<_>>(), beginning, "{list:?}");
                let begins = list.iter().any(|text| number.starts_with(text.trim_start_matches('+').as_bytes()));
                assert_eq!(prefixes.hold(number), begins, "{list:?}");
            }
        }
    }

    #[test]
    fn a_long_list_is_not_told_in_full() {
        let many = Prefixes::verbatim((10..30).map(|n| n.to_string()).collect());
        assert_eq!(many.text(), "10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 10 more");
        assert_eq!(Prefixes::verbatim(vec!["10".into(), "11".into()]).text(), "10, 11");
    }
}
