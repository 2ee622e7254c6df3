//! Takes text, gives the IP address that it is, or takes that and gives the text, never a name's.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use memchr::memchr;

/// The IP address that `host` is, IPv6 without brackets.
#[must_use]
pub fn ip(host: &[u8]) -> Option<IpAddr> {
    let first = *host.first()?;
    match first.is_ascii_digit().then(|| ipv4(host)).flatten() {
        Some(ip) => Some(IpAddr::V4(ip)),
        // A name is most often told by its first letter.
        None if first != b':' && !first.is_ascii_hexdigit() => None,
        None => memchr(b':', host).and_then(|_| std::str::from_utf8(host).ok()?.parse().ok().map(IpAddr::V6)),
    }
}

/// Four decimal numbers without leading zeros, as the standard library reads them, several times as fast.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut rest = text;
    for (n, octet) in octets.iter_mut().enumerate() {
        if n > 0 {
            rest = rest.strip_prefix(b".")?;
        }
        let (value, len) = match *rest {
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
                (u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'), 3)
            }
            [a @ b'1'..=b'9', b @ b'0'..=b'9', ..] => (u16::from(a - b'0') * 10 + u16::from(b - b'0'), 2),
            [a @ b'0'..=b'9', ..] => (u16::from(a - b'0'), 1),
            _ => return None,
        };
        *octet = u8::try_from(value).ok()?;
        rest = rest.get(len..)?;
    }
    rest.is_empty().then(|| Ipv4Addr::from(octets))
}

/// Appends an address as the standard library writes it, several times as fast for IPv4.
pub fn push_ip(text: &mut String, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => {
            for (n, octet) in ip.octets().into_iter().enumerate() {
                if n > 0 {
                    text.push('.');
                }
                text.push_str(itoa::Buffer::new().format(octet));
            }
        }
        // Writing to a string cannot fail.
        IpAddr::V6(ip) => _ = write!(text, "{ip}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_as_the_standard_library_does() {
        let odd =
            ["192.0.2.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "1..2.3", "12345.1.1.1"];
        let six = ["::1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "1:2", "a.example", "1.example", "", ":"];
        for text in odd.into_iter().chain(six) {
            assert_eq!(ip(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn writes_addresses_as_the_standard_library_does() {
        for ip in ["0.0.0.0", "192.0.2.10", "255.255.255.255", "::", "2001:db8::1", "::ffff:192.0.2.1"] {
            let mut text = String::new();
            push_ip(&mut text, ip.parse().unwrap());
            assert_eq!(text, ip);
        }
    }
}
