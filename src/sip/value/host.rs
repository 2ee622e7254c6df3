//! Takes `host[:port]`, gives both, never the brackets of IPv6 (RFC 3261 §25.1, RFC 5954).

use memchr::memchr;

use crate::sip::octet::host_len;

/// Takes text without white space at its ends; white space around the colon is allowed as Via allows it.
/// `None` where the host is empty or holds what no host holds, or the port is no port.
pub(super) fn host_port(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (host, rest) = match text.strip_prefix(b"[") {
        Some(inside) => {
            let end = memchr(b']', inside)?;
            let (host, rest) = inside.split_at_checked(end)?;
            (host.iter().all(|&b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).then_some(host)?, rest.get(1..)?)
        }
        None => text.split_at_checked(host_len(text))?,
    };
    if host.is_empty() {
        return None;
    }
    match rest.trim_ascii_start() {
        [] => Some((host, None)),
        [b':', digits @ ..] => Some((host, Some(port(digits.trim_ascii_start())?))),
        _ => None,
    }
}

/// The same at the beginning of `text` as nearly everybody writes it, and what is behind; `None` where it takes [`host_port`] to tell.
pub(super) fn leading(text: &[u8]) -> Option<(&[u8], Option<u16>, &[u8])> {
    let (host, behind) = text.split_at_checked(host_len(text))?;
    let (port, behind) = match behind {
        [b':', digits @ ..] => {
            let (digits, behind) = digits.split_at_checked(digits.iter().take_while(|b| b.is_ascii_digit()).count())?;
            (Some(port(digits)?), behind)
        }
        _ => (None, behind),
    };
    (!host.is_empty() && matches!(behind, [] | [b';' | b'?', ..])).then_some((host, port, behind))
}

fn port(digits: &[u8]) -> Option<u16> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all_digits.then_some(digits)?.iter().try_fold(0_u16, |n, d| n.checked_mul(10)?.checked_add(u16::from(d - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_addresses_and_ports() {
        assert_eq!(host_port(b"sbc-1.example.com"), Some((&b"sbc-1.example.com"[..], None)));
        assert_eq!(host_port(b"192.0.2.1 : 5060"), Some((&b"192.0.2.1"[..], Some(5060))));
        assert_eq!(host_port(b"[2001:db8::9:1]:5061"), Some((&b"2001:db8::9:1"[..], Some(5061))));
    }

    #[test]
    fn the_usual_way_to_write_it_is_read_the_same() {
        for text in ["a.example", "192.0.2.1:5060", "a:1", "a:65536", "a:", "[::1]:5", " a", "a :5", ":5", "a_b-c.d:65535"] {
            for end in ["", ";x=y", "?h=v"] {
                let line = format!("{text}{end}");
                if let Some((host, port, behind)) = leading(line.as_bytes()) {
                    assert_eq!((Some((host, port)), behind), (host_port(text.as_bytes()), end.as_bytes()), "{line}");
                }
            }
        }
        assert_eq!(leading(b"192.0.2.1:5060;lr"), Some((&b"192.0.2.1"[..], Some(5060), &b";lr"[..])));
    }

    #[test]
    fn refuses_what_is_neither() {
        for text in ["", ":5060", "[::1", "[]", "[g::1]", "a:", "a:70000", "a:+1", "2001:db8::1", "a b"] {
            assert_eq!(host_port(text.as_bytes()), None, "{text}");
        }
    }
}
