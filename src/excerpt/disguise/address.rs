//! Takes IP addresses, gives those that stand for them, never one of another kind or of another length as text.
//!
//! Addresses share after the change as many leading octets (IPv4) or digits (IPv6) as before. Kept are: unspecified, loopback,
//! multicast and broadcast addresses; what makes an address private, shared, link-local or unique local; groups that are zero.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Disguise;

impl Disguise {
    /// The address that stands for `ip`.
    pub(super) fn ip(&mut self, ip: IpAddr) -> IpAddr {
        if let Some(known) = self.addresses.get(&ip) {
            return *known;
        }
        let mapped = match ip {
            IpAddr::V4(v4) => IpAddr::V4(self.v4(v4)),
            IpAddr::V6(v6) => IpAddr::V6(self.v6(v6)),
        };
        self.addresses.insert(ip, mapped);
        mapped
    }

    /// Replaces text that is an address.
    pub(in super::super) fn address(&mut self, text: &mut String) {
        if let Ok(ip) = text.parse() {
            *text = self.ip(ip).to_string();
        }
    }

    /// The same of octets as they stand in a header: 4 or 16.
    pub(super) fn ip_octets(&mut self, octets: &mut [u8]) {
        if let Ok(v4) = <[u8; 4]>::try_from(&*octets) {
            if let IpAddr::V4(mapped) = self.ip(IpAddr::from(v4)) {
                octets.copy_from_slice(&mapped.octets());
            }
        } else if let Ok(v6) = <[u8; 16]>::try_from(&*octets)
            && let IpAddr::V6(mapped) = self.ip(IpAddr::from(v6))
        {
            octets.copy_from_slice(&mapped.octets());
        }
    }

    fn v4(&self, ip: Ipv4Addr) -> Ipv4Addr {
        let octets = ip.octets();
        if matches!(octets, [0 | 127 | 224..=255, ..]) {
            return ip;
        }
        let mut mapped = octets;
        for (place, to) in mapped.iter_mut().enumerate() {
            let (prefix, rest) = octets.split_at(place);
            let own = u32::from(rest.first().copied().unwrap_or_default());
            let class: Vec<u32> = (0..=255).filter(|&other| v4_kind(prefix, other) == v4_kind(prefix, own)).collect();
            *to = u8::try_from(self.among(&class, &[b"4", prefix].concat(), own)).unwrap_or(*to);
        }
        Ipv4Addr::from(mapped)
    }

    fn v6(&mut self, ip: Ipv6Addr) -> Ipv6Addr {
        let groups = ip.segments();
        // IPv4 inside IPv6: mapped (RFC 4291 §2.5.5.2), and behind a translator (RFC 6052 §2.1).
        if let [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] = groups {
            let mut octets = ip.octets();
            if let Some(inside) = octets.get_mut(12..) {
                self.ip_octets(inside);
            }
            return Ipv6Addr::from(octets);
        }
        if ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() {
            return ip;
        }
        let mut mapped = groups;
        for (place, to) in mapped.iter_mut().enumerate() {
            let (prefix, rest) = groups.split_at(place);
            let before: Vec<u8> = std::iter::once(b'6').chain(prefix.iter().flat_map(|group| group.to_be_bytes())).collect();
            *to = self.group(place == 0, &before, rest.first().copied().unwrap_or_default());
        }
        Ipv6Addr::from(mapped)
    }

    /// The group of 16 bits that stands for another, digit by digit: as many digits, and the first group of the same kind of address.
    fn group(&self, first: bool, before: &[u8], own: u16) -> u16 {
        // Global unicast is 2000::/3 (RFC 4291 §2.4); other kinds show in the first group.
        if own == 0 || (first && !(0x2000..0x4000).contains(&own)) {
            return own;
        }
        let (mut new, mut leading) = (0_u16, true);
        for shift in [12, 8, 4, 0] {
            let digit = u32::from(own >> shift & 0xf);
            let class: Vec<u32> = match (leading, digit) {
                (true, 0) => vec![0],
                (true, _) if first => vec![2, 3],
                (true, _) => (1..16).collect(),
                (false, _) => (0..16).collect(),
            };
            leading &= digit == 0;
            let head = (own >> shift).checked_shr(4).unwrap_or(0).to_be_bytes();
            let context = [before, &[shift], &head].concat();
            new = new << 4 | u16::try_from(self.among(&class, &context, digit)).unwrap_or(0);
        }
        new
    }

    /// The member of a class that stands for another.
    pub(super) fn among(&self, class: &[u32], context: &[u8], own: u32) -> u32 {
        let size = u32::try_from(class.len()).unwrap_or(0);
        let place = class.iter().position(|&member| member == own).and_then(|place| u32::try_from(place).ok());
        place.and_then(|place| class.get(self.key.permuted(context, size, place) as usize)).copied().unwrap_or(own)
    }

    /// Rewrites an address as text, if it is one; whether it is.
    pub(super) fn ip_text(&mut self, text: &mut [u8]) -> bool {
        let Some(ip) = crate::base::ip(text) else { return false };
        match self.ip(ip) {
            IpAddr::V4(mapped) => overwrite(text, mapped.to_string().as_bytes()),
            IpAddr::V6(mapped) => rewrite_groups(text, mapped),
        }
        true
    }
}

fn overwrite(text: &mut [u8], new: &[u8]) {
    debug_assert_eq!(text.len(), new.len());
    if text.len() == new.len() {
        text.copy_from_slice(new);
    }
}

/// What octets may stand for each other behind a prefix: as many digits, the same kind of address.
fn v4_kind(prefix: &[u8], octet: u32) -> (u32, u32) {
    let digits = match octet {
        0..10 => 1,
        10..100 => 2,
        _ => 3,
    };
    // 10/8, 100.64/10, 169.254/16, 172.16/12, 192.168/16 and what is next to them stay what they are.
    let special = match (prefix, octet) {
        ([], 10 | 100 | 169 | 172 | 192) => 1000 + octet,
        ([], 0 | 127 | 224..) => 2000,
        ([100], 64..128) | ([169], 254) | ([172], 16..32) | ([192], 168) => 1,
        _ => 0,
    };
    (digits, special)
}

/// Writes the groups of an address over those of another that has them in the same places.
fn rewrite_groups(text: &mut [u8], ip: Ipv6Addr) {
    let upper = text.iter().any(u8::is_ascii_uppercase);
    let groups = ip.segments();
    let count = text.split(|&b| b == b':').filter(|part| !part.is_empty()).count();
    let dotted = text.contains(&b'.');
    // A dotted end stands for two groups.
    let mut left = count + usize::from(dotted);
    let begins_short = text.starts_with(b"::");
    let (mut next, mut passed_gap) = (if begins_short { groups.len() - left.min(groups.len()) } else { 0 }, begins_short);
    let mut at = 0;
    while at < text.len() {
        if text.get(at) == Some(&b':') {
            if text.get(at + 1) == Some(&b':') && at > 0 && !passed_gap {
                next = groups.len() - left.min(groups.len());
                passed_gap = true;
            }
            at += 1;
            continue;
        }
        let end = text.get(at..).and_then(|rest| rest.iter().position(|&b| b == b':')).map_or(text.len(), |n| at + n);
        let Some(part) = text.get_mut(at..end) else { return };
        if part.contains(&b'.') {
            let [.., a, b] = groups;
            let [a, b, c, d] = [a.to_be_bytes(), b.to_be_bytes()].concat().try_into().unwrap_or([0; 4]);
            overwrite(part, Ipv4Addr::new(a, b, c, d).to_string().as_bytes());
            return;
        }
        let group = groups.get(next).copied().unwrap_or_default();
        let width = part.len();
        let new = if upper { format!("{group:0width$X}") } else { format!("{group:0width$x}") };
        overwrite(part, new.as_bytes());
        (next, left, at) = (next + 1, left.saturating_sub(1), end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Key;
    use super::*;

    fn mapped(text: &str) -> String {
        let mut octets = text.as_bytes().to_vec();
        assert!(Disguise::new(Key::of("k")).ip_text(&mut octets), "{text}");
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn what_an_address_is_for_stays() {
        for kept in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"] {
            assert_eq!(mapped(kept), kept);
        }
        for (text, lead) in
            [("10.1.2.3", "10."), ("192.168.20.9", "192.168."), ("169.254.1.1", "169.254."), ("fe80::1:2", "fe80::"), ("fd00::8", "fd00::")]
        {
            let new = mapped(text);
            assert!(new.starts_with(lead) && new != text && new.len() == text.len(), "{text} {new}");
        }
        let private = |text: &str| text.parse::<Ipv4Addr>().unwrap().is_private();
        assert!(private(&mapped("172.20.1.1")) && !private(&mapped("172.33.1.1")) && !private(&mapped("192.0.2.1")));
        assert!(mapped("::ffff:198.51.100.33").starts_with("::ffff:"));
    }

    #[test]
    fn any_way_to_write_an_address_leads_to_the_same() {
        let ways = ["2001:db8::1:0:5", "2001:0DB8::1:0:5", "2001:db8:0:0:0:1:0:5", "2001:db8:0000::0001:0:0005"];
        let new: Vec<Ipv6Addr> = ways.iter().map(|way| mapped(way).parse().unwrap()).collect();
        assert!(new.iter().all(|ip| *ip == new[0]), "{new:?}");
        assert!(ways.iter().all(|way| mapped(way).len() == way.len()));
    }

    proptest! {
        #[test]
        fn prefixes_and_lengths_stay_and_binary_and_text_agree(a: u32, b: u32, keep in 0u32..4) {
            let mask = u32::MAX.checked_shl(8 * (4 - keep)).unwrap_or(0);
            let b = (a & mask) | (b & !mask);
            let mut disguise = Disguise::new(Key::of("k"));
            let [x, y] = [a, b].map(|n| disguise.ip(IpAddr::V4(Ipv4Addr::from(n))));
            let (IpAddr::V4(x), IpAddr::V4(y)) = (x, y) else { panic!() };
            prop_assert_eq!(u32::from(x) & mask, u32::from(y) & mask);
            prop_assert_eq!(a == b, x == y);
            prop_assert_eq!(mapped(&Ipv4Addr::from(a).to_string()), x.to_string());
        }

        #[test]
        fn addresses_of_ipv6_are_rewritten_in_place(groups: [u16; 8], zeros in 0u8..255) {
            let mut groups = groups;
            groups.iter_mut().enumerate().filter(|(n, _)| zeros >> n & 1 == 1).for_each(|(_, group)| *group = 0);
            let ip = Ipv6Addr::from(groups);
            prop_assume!(!ip.to_string().contains('.'));
            let IpAddr::V6(new) = Disguise::new(Key::of("k")).ip(IpAddr::V6(ip)) else { panic!() };
            prop_assert_eq!(mapped(&ip.to_string()), new.to_string());
        }
    }
}
