//! Takes a frame, gives its datagram where no header needs a second look, never one with anything odd about it.

use std::net::{IpAddr, Ipv4Addr};

use super::{Datagram, Layers, Tunnels, tunnel};
use crate::base::Endpoint;
use crate::capture::{Frame, LinkType};

/// What nearly every frame of media is: Ethernet with one VLAN tag or none, IPv4 without options and fragments, UDP, captured whole.
/// Only a shortcut: [`super::decode`] comes to the same for all that is taken here, and to something for all that is not.
#[inline]
pub(super) fn datagram<'a>(frame: &Frame<'a>) -> Option<Datagram<'a>> {
    if frame.link != LinkType(1) || frame.data.len() < frame.wire_len as usize {
        return None;
    }
    let (_addresses, data) = frame.data.split_first_chunk::<12>()?;
    let (vlan, packet) = match data {
        [0x08, 0x00, packet @ ..] => (None, packet),
        [0x81, 0x00, a, b, 0x08, 0x00, packet @ ..] => (Some(u16::from_be_bytes([*a, *b]) & 0x0fff), packet),
        _ => return None,
    };
    let (headers, data) = packet.split_first_chunk::<28>()?;
    // RFC 791 §3.1 and RFC 768 in words of 16 bits: five words of header, no more fragments and no offset, UDP.
    let ([[0x45, service], total, id, [0x00 | 0x40, 0], [_, 17], _, s, s2, d, d2, from, to, length, _], _) = headers.as_chunks::<2>()
    else {
        return None;
    };
    if tunnel::may_go_over_udp(u16::from_be_bytes(*from), u16::from_be_bytes(*to)) {
        return None;
    }
    let (total, length) = (u16::from_be_bytes(*total), u16::from_be_bytes(*length));
    if usize::from(total) > packet.len() || length > total.checked_sub(20)? {
        return None;
    }
    let end = |[a, b]: [u8; 2], [c, d]: [u8; 2], port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), u16::from_be_bytes(port));
    let ip_id = u32::from(u16::from_be_bytes(*id));
    Some(Datagram {
        source: end(*s, *s2, *from),
        destination: end(*d, *d2, *to),
        layers: Layers { vlan, dscp: service >> 2, ip_id, tunnelled: false, tunnels: Tunnels::default(), ip_len: u32::from(total) },
        payload: data.get(..usize::from(length.checked_sub(8)?))?,
        cut: false,
    })
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    use super::super::Packet;
    use super::super::decode::walk;
    use super::*;

    fn frame(data: &[u8]) -> Frame<'_> {
        let wire_len = u32::try_from(data.len()).unwrap();
        Frame { origin: Default::default(), time: Default::default(), clock: Default::default(), link: LinkType(1), data, wire_len }
    }

    fn bytes(tagged: bool, payload: &[u8]) -> Vec<u8> {
        let ethernet = PacketBuilder::ethernet2([1; 6], [2; 6]);
        let mut bytes = Vec::new();
        let (ip, udp) = (([192, 0, 2, 1], [198, 51, 100, 2], 64), (4000, 4002));
        match tagged {
            true => ethernet.single_vlan(7.try_into().unwrap()).ipv4(ip.0, ip.1, ip.2).udp(udp.0, udp.1).write(&mut bytes, payload),
            false => ethernet.ipv4(ip.0, ip.1, ip.2).udp(udp.0, udp.1).write(&mut bytes, payload),
        }
        .unwrap();
        bytes
    }

    #[test]
    fn a_plain_frame_is_taken_whole() {
        for (tagged, vlan) in [(false, None), (true, Some(7))] {
            let bytes = bytes(tagged, b"voice");
            let datagram = datagram(&frame(&bytes)).unwrap();
            assert_eq!((datagram.payload, datagram.layers.vlan), (&b"voice"[..], vlan));
            assert_eq!(datagram.source.to_string(), "192.0.2.1:4000");
        }
    }

    proptest! {
        /// Whatever a few damaged octets, missing ones and padding make of the frame.
        #[test]
        fn the_long_way_comes_to_the_same(
            tagged: bool,
            payload in proptest::collection::vec(any::<u8>(), 0..40),
            damage in proptest::collection::vec((0usize..60, any::<u8>()), 0..3),
            kept in 0usize..120,
            padding in 0usize..8,
        ) {
            let mut bytes = bytes(tagged, &payload);
            bytes.resize(bytes.len() + padding, 0);
            for (at, value) in damage {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            bytes.truncate(kept);
            if let Some(short) = datagram(&frame(&bytes)) {
                let (packet, anomaly) = walk(&frame(&bytes));
                let Packet::Udp(long) = packet else { panic!("{packet:?}") };
                prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
                prop_assert_eq!(anomaly, None);
            }
        }
    }
}
