//! Takes `"Name" <uri>;params` or `uri;params`, gives its parts, never splits a list (RFC 3261 §20.10).

use memchr::{memchr, memchr3};

use super::{Params, Uri};
use crate::sip::octet::quoted_len;

/// One address of From, To, Contact, Route, P-Asserted-Identity and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name without its quotes.
    pub display: Option<&'a [u8]>,
    /// The URI as text; `*` for a Contact that removes all bindings.
    pub address: &'a [u8],
    /// The header parameters behind it.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// The address as a URI, where it can be read as one.
    #[must_use]
    pub fn uri(&self) -> Option<Uri<'a>> {
        super::uri(self.address)
    }
}

/// Takes the value of a header, gives its only address where it is written as nearly everybody writes it, `Name <uri>;params`; `None`
/// says nothing.
#[must_use]
pub(in crate::sip) fn only_address(value: &[u8]) -> Option<NameAddr<'_>> {
    let value = value.trim_ascii();
    let (name, bracketed) = value.split_at_checked(memchr3(b'<', b'"', b',', value)?)?;
    let inside = bracketed.strip_prefix(b"<")?;
    let (address, behind) = inside.split_at_checked(memchr(b'>', inside)?)?;
    let params = behind.get(1..).filter(|params| memchr3(b'<', b'"', b',', params).is_none())?;
    let display = Some(name.trim_ascii()).filter(|name| !name.is_empty());
    Some(NameAddr { display, address: address.trim_ascii(), params: Params(params) })
}

/// Takes one list element; `None` where quotes or brackets do not close.
#[must_use]
pub fn name_addr(element: &[u8]) -> Option<NameAddr<'_>> {
    let element = element.trim_ascii();
    let (display, rest) = match element.strip_prefix(b"\"") {
        Some(inside) => {
            let (name, rest) = inside.split_at_checked(quoted_len(inside)?)?;
            (Some(name), rest.get(1..)?.trim_ascii_start())
        }
        None => (None, element),
    };
    let open = if rest.first() == Some(&b'<') { Some(0) } else { memchr(b'<', rest) };
    let Some(open) = open else {
        // Without brackets the parameters are the header's, not the URI's.
        let (address, params) = rest.split_at_checked(memchr(b';', rest).unwrap_or(rest.len()))?;
        return display.is_none().then_some(NameAddr { display, address: address.trim_ascii_end(), params: Params(params) });
    };
    let (name, inside) = (rest.get(..open)?.trim_ascii(), rest.get(open + 1..)?);
    let (address, params) = inside.split_at_checked(memchr(b'>', inside)?)?;
    let display = display.or((!name.is_empty()).then_some(name));
    Some(NameAddr { display, address: address.trim_ascii(), params: Params(params.get(1..)?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::value::elements;
    use proptest::prelude::*;

    fn parts(element: &str) -> (Option<&str>, &str, &str) {
        let utf8 = |b| std::str::from_utf8(b).unwrap();
        let read = name_addr(element.as_bytes()).unwrap();
        (read.display.map(utf8), utf8(read.address), utf8(read.params.0))
    }

    #[test]
    fn reads_each_form() {
        assert_eq!(parts(r#""J \\\"" <sip:j@x>;tag=1"#), (Some(r#"J \\\""#), "sip:j@x", ";tag=1"));
        assert_eq!(parts(r#""<a>, b" <sip:j@x;lr>"#), (Some("<a>, b"), "sip:j@x;lr", ""));
        assert_eq!(parts("caller<sip:c@x>;tag=3"), (Some("caller"), "sip:c@x", ";tag=3"));
        assert_eq!(parts("sip:c@x ; tag=3"), (None, "sip:c@x", "; tag=3"));
        assert_eq!(parts("*"), (None, "*", ""));
    }

    #[test]
    fn what_does_not_close_is_none() {
        for element in [r#""Mr. J <sip:j@x>"#, "<sip:j@x", r#""J" sip:j@x"#, "\"", "\"\\"] {
            assert_eq!(name_addr(element.as_bytes()), None, "{element}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_quickly_is_read_so_with_care(value in "[ a\"]{0,3}[<\",]?[ a:;,\"]{0,4}[>]?[;,=a<> \"]{0,4}") {
            if let Some(only) = only_address(value.as_bytes()) {
                let all: Vec<_> = elements(value.as_bytes()).map(name_addr).collect();
                prop_assert_eq!(all, [Some(only)]);
            }
        }
    }
}
