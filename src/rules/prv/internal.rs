//! Takes a host, gives whether it is somebody's inside, never whether it was meant to be seen.

use std::net::IpAddr;

use memchr::memchr2;

use crate::base::ip;
use crate::policy::Party;
use crate::rules::MessageSubject;

/// Why a host counts as internal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Internal {
    /// Below one of `privacy.internal_domains`.
    Domain,
    /// In one of `privacy.internal_cidrs`.
    Prefix,
    /// Private, unique local or loopback space (RFC 1918, RFC 4193).
    Private,
}

impl Internal {
    /// As findings name it.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Domain => "internal domain",
            Self::Prefix => "internal address",
            Self::Private => "private address",
        }
    }
}

/// What `ip` gives away, unless it is part of the agreed peering space.
pub(super) fn of_ip(ip: IpAddr, subject: &MessageSubject<'_>) -> Option<Internal> {
    let listed = || subject.terms.privacy.internal_cidrs.as_ref().is_some_and(|c| c.value.iter().any(|p| p.contains(&ip)));
    let kind = if is_private(ip) {
        Internal::Private
    } else if listed() {
        Internal::Prefix
    } else {
        return None;
    };
    (!is_peering_space(ip, subject)).then_some(kind)
}

/// What `name` gives away.
pub(super) fn of_name(name: &[u8], subject: &MessageSubject<'_>) -> Option<Internal> {
    let below = |domain: &String| {
        let split = name.len().checked_sub(domain.len()).and_then(|at| name.split_at_checked(at));
        split.is_some_and(|(head, tail)| tail.eq_ignore_ascii_case(domain.as_bytes()) && (head.is_empty() || head.ends_with(b".")))
    };
    subject.terms.privacy.internal_domains.as_ref().filter(|c| c.value.iter().any(below)).map(|_| Internal::Domain)
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(IpAddr::V4(ip)),
            None => ip.is_unique_local() || ip.is_loopback(),
        },
    }
}

/// The addresses that peers declare; without declared peers, those that this message travels between.
fn is_peering_space(ip: IpAddr, subject: &MessageSubject<'_>) -> bool {
    let envelope = &subject.arrival.envelope;
    let hosts = matches!(subject.from, Party::Host(_)) && [envelope.source.ip, envelope.destination.ip].contains(&ip);
    hosts || subject.policy.peers.iter().any(|p| p.sbe_at(ip).is_some() || p.dbe_at(ip).is_some())
}

/// The octets that names and IPv4 addresses are made of.
static NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = (b as u8).is_ascii_alphanumeric() || matches!(b as u8, b'.' | b'-' | b'_');
        b += 1;
    }
    table
};

/// The hosts that `text` may name: IP addresses, and names with a dot in them.
pub(super) fn hosts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends_name = |b: &u8| !NAME[usize::from(*b)];
    let ends_v6 = |b: &u8| !(b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            // A dot stands inside a name or address; IPv6 stands in brackets (RFC 3261 §25.1).
            let (before, from) = rest.split_at_checked(memchr2(b'.', b'[', rest)?)?;
            let Some(inside) = from.strip_prefix(b"[") else {
                let begin = before.iter().rposition(ends_name).map_or(0, |i| i + 1);
                let end = from.iter().position(ends_name).map_or(rest.len(), |len| before.len() + len);
                let host = rest.get(begin..end)?;
                rest = rest.get(end..)?;
                return Some(host);
            };
            let (host, behind) = inside.split_at_checked(inside.iter().position(ends_v6).unwrap_or(inside.len()))?;
            rest = behind;
            if host.iter().any(|b| matches!(b, b'.' | b':')) {
                return Some(host);
            }
        }
    })
}

/// What `host` gives away.
pub(super) fn of_host(host: &[u8], subject: &MessageSubject<'_>) -> Option<Internal> {
    match ip(host) {
        Some(ip) => of_ip(ip, subject),
        None => of_name(host, subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_hosts_in_any_text() {
        let text = b"<sip:+49@10.1.2.3:5060;maddr=[fd00::1]>, \"a\" <sip:core.example.com>;x=1";
        assert_eq!(hosts(text).collect::<Vec<_>>(), [&b"10.1.2.3"[..], b"fd00::1", b"core.example.com"]);
        assert_eq!(hosts(b"[ ] [x a[b:.c]d -[::1]e.f").collect::<Vec<_>>(), [&b"b:.c"[..], b"::1", b"e.f"]);
    }
}
