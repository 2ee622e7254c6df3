//! Takes one Via element, gives its parts, never a list (RFC 3261 §20.42).

use memchr::memchr;

use super::Params;
use super::host::host_port;
use crate::sip::octet::{is_lws, is_token, token_len};

/// A Via.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// The transport token as written.
    pub transport: &'a [u8],
    /// The host of sent-by, without the brackets of IPv6.
    pub host: &'a [u8],
    /// The port of sent-by.
    pub port: Option<u16>,
    /// branch, received, rport and the rest.
    pub params: Params<'a>,
}

/// Takes one list element; `None` where it is no `SIP/2.0/transport sent-by`. White space may stand around each slash (RFC 4475 §3.1.1.1).
#[must_use]
pub fn via(element: &[u8]) -> Option<Via<'_>> {
    let behind = match element.strip_prefix(b"SIP/2.0/") {
        Some(rest) => rest,
        None => spelled_oddly(element)?,
    };
    let (transport, rest) = behind.split_at_checked(token_len(behind))?;
    if transport.is_empty() || !rest.first().copied().is_some_and(is_lws) {
        return None;
    }
    let (sent_by, params) = rest.split_at_checked(memchr(b';', rest).unwrap_or(rest.len()))?;
    let (host, port) = host_port(sent_by.trim_ascii())?;
    Some(Via { transport, host, port, params: Params(params) })
}

/// What is behind a protocol name and version in another case, version or spacing than everybody writes.
fn spelled_oddly(element: &[u8]) -> Option<&[u8]> {
    let mut parts = element.splitn(3, |&b| b == b'/');
    let name = parts.next()?.trim_ascii();
    let version = parts.next()?.trim_ascii();
    (name.eq_ignore_ascii_case(b"SIP") && version.iter().all(|&b| is_token(b))).then_some(parts.next()?.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sent_by_and_parameters() {
        let read = via(b"SIP/2.0/UDP 192.0.2.15:5066;branch=z9hG4bK1;rport").unwrap();
        assert_eq!((read.transport, read.host, read.port), (&b"UDP"[..], &b"192.0.2.15"[..], Some(5066)));
        assert_eq!(read.params.value(b"branch"), Some(&b"z9hG4bK1"[..]));
        let read = via(b"SIP/2.0/TLS-SCTP [2001:db8::9:1]").unwrap();
        assert_eq!((read.transport, read.host, read.port), (&b"TLS-SCTP"[..], &b"2001:db8::9:1"[..], None));
    }

    #[test]
    fn white_space_may_stand_anywhere_between() {
        let read = via(b"sip  / 2.0\r\n / TCP     spindle.example.com : 5060  ;\r\n  branch  =   z9hG4bK9").unwrap();
        assert_eq!((read.transport, read.host, read.port), (&b"TCP"[..], &b"spindle.example.com"[..], Some(5060)));
        assert_eq!(read.params.value(b"branch"), Some(&b"z9hG4bK9"[..]));
    }

    #[test]
    fn refuses_what_is_no_via() {
        for element in ["", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP;branch=1", "HTTP/1.1/TCP a", "SIP/2.0/UDP a b", "SIP/2.0/UDP a:b"] {
            assert_eq!(via(element.as_bytes()), None, "{element}");
        }
    }
}
