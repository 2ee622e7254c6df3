//! Takes a URI as SIP carries it, gives its parts, never resolves it (RFC 3261 §19.1, RFC 3966, RFC 5031).

use std::net::IpAddr;

use memchr::{memchr, memchr2};

use super::Params;
use super::host::{host_port, leading};
use crate::base::ip;
use crate::sip::octet::{uri_params_len, user_len};

/// The scheme of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// `urn:`
    Urn,
    /// Any other.
    Other,
}

/// A URI, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The whole text.
    pub text: &'a [u8],
    /// Its scheme.
    pub scheme: Scheme,
    /// The user part, parameters inside it included (`+49301234;npdi`); of a tel URI the number.
    pub user: Option<&'a [u8]>,
    /// The password, which nobody should send.
    pub password: Option<&'a [u8]>,
    /// The host, without the brackets of IPv6; empty for tel and urn.
    pub host: &'a [u8],
    /// The port.
    pub port: Option<u16>,
    /// The URI parameters (of a tel URI those behind the number).
    pub params: Params<'a>,
    /// What follows `?`.
    pub headers: &'a [u8],
}

impl<'a> Uri<'a> {
    /// The host as an IP address, where it is one.
    #[must_use]
    pub fn host_ip(&self) -> Option<IpAddr> {
        ip(self.host)
    }

    /// The scheme as written.
    #[must_use]
    pub fn scheme_text(&self) -> &'a [u8] {
        before(self.text, memchr(b':', self.text)).0
    }

    /// The user part without the parameters inside it (`+49301234` of `+49301234;npdi`).
    #[must_use]
    pub fn user_name(&self) -> Option<&'a [u8]> {
        self.user.map(|user| before(user, memchr(b';', user)).0)
    }

    /// The parameters inside the user part (RFC 3966 within SIP, RFC 3261 §19.1.6); of a tel URI its own.
    #[must_use]
    pub fn user_params(&self) -> Params<'a> {
        match self.scheme {
            Scheme::Tel => self.params,
            _ => Params(self.user.map_or(&[][..], |user| before(user, memchr(b';', user)).1)),
        }
    }
}

/// Takes a URI without angle brackets; `None` where it has no scheme or no host that could be read.
#[must_use]
pub fn uri(text: &[u8]) -> Option<Uri<'_>> {
    let (scheme, rest) = match text {
        [b's', b'i', b'p', b':', rest @ ..] => (Scheme::Sip, rest),
        _ => {
            let colon = memchr(b':', text)?;
            (scheme(text.get(..colon)?)?, text.get(colon + 1..)?)
        }
    };
    let blank = Uri { text, scheme, user: None, password: None, host: &[], port: None, params: Params::default(), headers: &[] };
    match scheme {
        Scheme::Sip | Scheme::Sips => located(blank, rest),
        Scheme::Tel => {
            let (number, params) = before(rest, memchr(b';', rest));
            Some(Uri { user: Some(number), params: Params(params), ..blank })
        }
        Scheme::Urn | Scheme::Other => Some(blank),
    }
}

/// RFC 3986 §3.1: a letter, then letters, digits, `+`, `-` and `.`.
fn scheme(name: &[u8]) -> Option<Scheme> {
    let (first, rest) = name.split_first()?;
    if !first.is_ascii_alphabetic() || !rest.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
        return None;
    }
    Some(match name {
        _ if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
        _ if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
        _ if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
        _ if name.eq_ignore_ascii_case(b"urn") => Scheme::Urn,
        _ => Scheme::Other,
    })
}

/// The parts behind `sip:`. No `@` may stand anywhere but at the end of the user, so the user may hold `?`, `;` and `,` (RFC 3261 §25.1).
fn located<'a>(blank: Uri<'a>, rest: &'a [u8]) -> Option<Uri<'a>> {
    let (user, password, rest) = userinfo(rest)?;
    let (host, port, rest) = match leading(rest) {
        Some(usual) => usual,
        None => {
            let (hostport, rest) = before(rest, memchr2(b';', b'?', rest));
            let (host, port) = host_port(hostport)?;
            (host, port, rest)
        }
    };
    // Nearly all parameters end with their URI.
    let (params, headers) = if uri_params_len(rest) == rest.len() { (rest, &[][..]) } else { before(rest, memchr(b'?', rest)) };
    Some(Uri { user, password, host, port, params: Params(params), headers: headers.get(1..).unwrap_or_default(), ..blank })
}

/// The user, the password, and what is behind the `@`.
type UserInfo<'a> = (Option<&'a [u8]>, Option<&'a [u8]>, &'a [u8]);

fn userinfo(rest: &[u8]) -> Option<UserInfo<'_>> {
    // Nearly every user ends at its `@`, without a password.
    let (user, behind) = rest.split_at_checked(user_len(rest))?;
    if let [b'@', rest @ ..] = behind {
        return Some((Some(user), None, rest));
    }
    let Some(at) = memchr(b'@', behind) else { return Some((None, None, rest)) };
    let (user, rest) = (rest.get(..user.len() + at)?, behind.get(at + 1..)?);
    let (user, password) = before(user, memchr(b':', user));
    Some((Some(user), password.get(1..), rest))
}

/// What comes before `at`, and the rest with the octet there.
fn before(text: &[u8], at: Option<usize>) -> (&[u8], &[u8]) {
    at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Scheme, Option<&str>, &str, Option<u16>, &str, &str) {
        let uri = uri(text.as_bytes()).unwrap();
        let utf8 = |b| std::str::from_utf8(b).unwrap();
        (uri.scheme, uri.user.map(utf8), utf8(uri.host), uri.port, utf8(uri.params.0), utf8(uri.headers))
    }

    #[test]
    fn reads_what_typed_crates_get_wrong() {
        assert_eq!(parts("sip:john.doe@example.com"), (Scheme::Sip, Some("john.doe"), "example.com", None, "", ""));
        assert_eq!(parts("sip:a@b?Subject=x"), (Scheme::Sip, Some("a"), "b", None, "", "Subject=x"));
        assert_eq!(parts("SIPS:[2001:db8::10]:5061;lr"), (Scheme::Sips, None, "2001:db8::10", Some(5061), ";lr", ""));
        assert_eq!(parts("tel:7042;phone-context=+49"), (Scheme::Tel, Some("7042"), "", None, ";phone-context=+49", ""));
        assert_eq!(parts("urn:service:sos"), (Scheme::Urn, None, "", None, "", ""));
        assert_eq!(parts("soap.beep://192.0.2.103:3002").0, Scheme::Other);
        let odd = "sip:who?,/;;*:pa$s@example.com:5080;a=b?c=d";
        assert_eq!(parts(odd), (Scheme::Sip, Some("who?,/;;*"), "example.com", Some(5080), ";a=b", "c=d"));
        assert_eq!(uri(odd.as_bytes()).unwrap().password, Some(&b"pa$s"[..]));
    }

    #[test]
    fn parameters_of_the_number_are_apart_from_those_of_the_uri() {
        let number = uri(b"sip:+49301234;npdi;rn=+4930@example.com;user=phone").unwrap();
        assert_eq!(number.user_name(), Some(&b"+49301234"[..]));
        assert_eq!(number.user_params().value(b"rn"), Some(&b"+4930"[..]));
        assert!(number.params.has(b"user") && !number.params.has(b"rn"));
    }

    #[test]
    fn no_scheme_or_no_host_is_none() {
        for text in ["", "sip:", "example.com", "sip:a@", "<sip:a@b>", "sip:2001:db8::10", "sip:a@b:99999", "sip:[::1", "sip:a b"] {
            assert_eq!(uri(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_numeric_host_is_an_address() {
        assert_eq!(uri(b"sip:192.0.2.1").unwrap().host_ip(), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(uri(b"sip:[::1]:5060").unwrap().host_ip(), Some("::1".parse().unwrap()));
        assert_eq!(uri(b"sip:example.com").unwrap().host_ip(), None);
    }
}
