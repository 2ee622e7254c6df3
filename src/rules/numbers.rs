//! Takes a URI and what was agreed of numbers, gives whether a range or a list holds the number in it, never whose number it is.

use smallvec::SmallVec;

use super::MessageSubject;
use super::addresses::{Address, Place};
use crate::policy::{NumberList, Prefixes};
use crate::sip::HeaderName;
use crate::sip::value::{Telephone, Uri};

/// So many digits make a number that could be called from abroad; fewer are a local one or a service.
const SHORTEST: usize = 8;

/// What a list says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sought<'l> {
    /// The longest entry that holds it.
    Held(&'l str),
    /// It has no plus, and the digits of a global entry: it is that, or one of another country in national form.
    Perhaps,
    Not,
}

/// A telephone number in the form in which numbers are compared (`standards.md` §5.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// Digits, `*` and `#`; of a routing number also the letters of hexadecimal ones (RFC 4694 §3), in upper case.
    digits: SmallVec<[u8; 16]>,
    has_plus: bool,
    /// It holds in a context of its own only (RFC 3966 §5.1.4).
    is_local: bool,
}

impl Number {
    /// The number that a URI names: where it was ported, the routing number (RFC 4694 §3); `None` where it names none.
    pub(super) fn routed(uri: &Uri<'_>) -> Option<Self> {
        let params = uri.user_params();
        let ported = params.value(b"rn").filter(|_| params.has(b"npdi"));
        let number = |text: &[u8]| {
            let dials = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'*' | b'#');
            let digits = text.iter().filter(|b| dials(b)).map(u8::to_ascii_uppercase).collect();
            Self { digits, has_plus: text.first() == Some(&b'+'), is_local: params.has(b"rn-context") }
        };
        ported.map(number).or_else(|| Self::of(uri))
    }

    /// The number that a URI names; `None` where it names none.
    pub(super) fn of(uri: &Uri<'_>) -> Option<Self> {
        let number = Telephone::of(uri)?;
        let digits = number.octets().filter(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#')).collect();
        let has_plus = number.octets().next() == Some(b'+');
        Some(Self { digits, has_plus, is_local: number.context.is_some() && !has_plus })
    }

    /// Whether it can be a global number, with its plus or without: 1 to 15 digits, no zero first; one without plus is no short number.
    /// A routing number may have letters behind its country code, and then be longer.
    pub(super) fn is_global(&self) -> bool {
        let digits = self.digits.len();
        if self.is_local || self.digits.first() == Some(&b'0') {
            return false;
        }
        if self.has_plus && self.digits.iter().any(u8::is_ascii_uppercase) {
            return self.digits.first().is_some_and(u8::is_ascii_digit) && self.digits.iter().all(u8::is_ascii_hexdigit);
        }
        let enough = if self.has_plus { digits >= 2 } else { digits >= SHORTEST };
        enough && digits <= 15 && self.digits.iter().all(u8::is_ascii_digit)
    }

    /// Whether both may be the same though they are written otherwise: one without plus may lack its country, or hold in a context.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let is_end = |short: &Self, long: &Self| !short.has_plus && !short.digits.is_empty() && long.digits.ends_with(&short.digits);
        self.is_global() != other.is_global() || is_end(self, other) || is_end(other, self)
    }

    /// Whether both are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.digits == other.digits && (self.is_global() == other.is_global())
    }

    /// Whether it lies in one of these ranges of global numbers.
    pub(super) fn is_within(&self, prefixes: &Prefixes) -> bool {
        self.is_global() && prefixes.hold(&self.digits)
    }

    /// Whether an entry of a list holds the number that a URI names.
    pub(crate) fn is_listed(uri: &Uri<'_>, list: &NumberList) -> bool {
        Self::of(uri).is_some_and(|number| number.entry(list).is_some())
    }

    /// What a list says of it, where that matters: a global entry holds for certain what has a plus.
    pub(super) fn sought<'l>(&self, list: &'l NumberList) -> Sought<'l> {
        match list.entry(&self.digits, self.has_plus && self.is_global(), !self.has_plus) {
            Some(entry) => Sought::Held(entry),
            None if !self.has_plus && list.entry(&self.digits, self.is_global(), false).is_some() => Sought::Perhaps,
            None => Sought::Not,
        }
    }

    /// Whether nothing tells its country, so that a list of global numbers may hold it in another form.
    pub(super) fn may_lack_its_country(&self) -> bool {
        !self.has_plus
    }

    /// The longest entry of a list that holds it: with `*` at its end a beginning, else the whole number; with a plus a global one.
    pub(super) fn entry<'l>(&self, list: &'l NumberList) -> Option<&'l str> {
        list.entry(&self.digits, self.is_global(), !self.has_plus)
    }
}

/// Who calls: the asserted identity with a number, else any asserted one, else From (RFC 3325 §9.1).
pub(super) fn caller<'s, 'a>(subject: &MessageSubject<'a>) -> Option<&'s Address<'a>>
where
    'a: 's,
{
    let of = |name: HeaderName| subject.addresses().iter().filter(move |a| a.place == Place::Header(name));
    let asserted = || of(HeaderName::PAssertedIdentity);
    let numbered = asserted().find(|a| a.uri.is_some_and(|uri| Telephone::of(&uri).is_some()));
    numbered.or_else(|| asserted().next()).or_else(|| of(HeaderName::From).next())
}

/// Whether the capture cut the message where another caller than [`caller`] gives may have been named.
pub(super) fn may_name_another(subject: &MessageSubject<'_>) -> bool {
    let asserts = subject.addresses().iter().any(|a| a.place == Place::Header(HeaderName::PAssertedIdentity) && !subject.is_half(a.at));
    subject.lacks_headers() && !asserts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::value::uri;

    fn number(text: &str) -> Number {
        Number::routed(&uri(text.as_bytes()).unwrap()).unwrap()
    }

    fn within(prefix: &str) -> Prefixes {
        vec![prefix.to_owned()].into()
    }

    #[test]
    fn numbers_are_compared_by_their_digits() {
        assert!(number("tel:+49-30-1234567").is(&number("sip:49301234567@x")));
        assert!(!number("tel:+112").is(&number("tel:112")));
        assert!(number("tel:+4930123").is_within(&within("+4930")));
        assert!(!number("tel:030123456").is_within(&within("+0301")));
        assert!(number("tel:+4930123;npdi;rn=+44207").is_within(&within("+44")));
        assert!(number("tel:+4930123;rn=+44207").is_within(&within("+49")), "nobody looked it up");
    }

    #[test]
    fn a_global_entry_holds_for_certain_what_has_a_plus() {
        let list = NumberList::from(["+30*", "30999*", "112"].map(String::from).to_vec());
        let sought = |text| number(text).sought(&list);
        assert_eq!([sought("tel:+3012345678"), sought("sip:3012345678@x")], [Sought::Held("+30*"), Sought::Perhaps]);
        assert_eq!([sought("sip:3099912345@x"), sought("tel:112")], [Sought::Held("30999*"), Sought::Held("112")]);
        assert_eq!([sought("sip:4012345678@x"), sought("tel:+3099")], [Sought::Not, Sought::Held("+30*")]);
    }

    #[test]
    fn the_longest_entry_counts() {
        let list = NumberList::from(["+4930*", "+4930999*", "112", "116*"].map(String::from).to_vec());
        assert_eq!(number("tel:+4930999123").entry(&list), Some("+4930999*"));
        assert_eq!(number("tel:112").entry(&list), Some("112"));
        assert_eq!(number("sip:116117@x").entry(&list), Some("116*"));
        assert_eq!([number("tel:+112").entry(&list), number("tel:1121").entry(&list), number("tel:493099").entry(&list)], [None; 3]);
    }
}
