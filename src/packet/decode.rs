//! Takes a frame or a reassembled datagram, gives the packet in it and what is odd about it, never allocates.

use etherparse::{TcpSlice, UdpSlice};

use super::ip::{self, Ip};
use super::link::{self, Inside, Peeled};
use super::{Datagram, Fragment, Layers, Packet, Sctp, Segment, TcpFlags, Tunnels, Whole, plain, sctp, tunnel};
use crate::base::{Anomaly, Endpoint};
use crate::capture::Frame;

/// Headers below the transport that one packet may have; more is an attack on decoders.
const MAX_DEPTH: usize = 24;

/// A packet and the worst oddity that was met on the way to it.
pub type Decoded<'a> = (Packet<'a>, Option<Anomaly>);

/// Takes a frame apart down to the transport: link layers, tags, MPLS, PPPoE, IP and its extension headers, and tunnels of every kind.
#[must_use]
#[inline]
pub fn decode<'a>(frame: &Frame<'a>) -> Decoded<'a> {
    match plain::datagram(frame) {
        Some(datagram) => (Packet::Udp(datagram), None),
        None => walk(frame),
    }
}

/// Takes any frame apart.
pub(super) fn walk<'a>(frame: &Frame<'a>) -> Decoded<'a> {
    let cut = frame.data.len() < frame.wire_len as usize;
    let mut walk = Walk { anomaly: cut.then_some(Anomaly::SnapCut), ..Walk::default() };
    let packet = match link::open(frame.link, frame.data) {
        Some(peeled) => walk.down(peeled.inside, peeled.rest),
        None => None,
    };
    (packet.unwrap_or(Packet::Undecodable), walk.anomaly)
}

/// Where the IP headers of a frame begin, the outermost first: those of tunnels, and of what they carry.
#[must_use]
pub fn ip_headers(frame: &Frame<'_>) -> Vec<usize> {
    let mut walk = Walk { heads: Some(Vec::new()), ..Walk::default() };
    if let Some(peeled) = link::open(frame.link, frame.data) {
        walk.down(peeled.inside, peeled.rest);
    }
    let begin = frame.data.as_ptr().addr();
    walk.heads.into_iter().flatten().filter_map(|head| head.checked_sub(begin)).collect()
}

impl Whole {
    /// The packet in a reassembled datagram.
    #[must_use]
    pub fn packet(&self) -> Decoded<'_> {
        let mut walk = Walk { layers: self.layers, in_ip: true, ..Walk::default() };
        let mut ip = Ip {
            source: self.source,
            destination: self.destination,
            dscp: self.layers.dscp,
            id: self.layers.ip_id,
            len: self.layers.ip_len,
            protocol: self.protocol,
            payload: &self.bytes,
            missing: u32::from(self.cut),
            fragment: None,
            authenticated: false,
            lies: false,
        };
        let packet = ip.skip_extensions().filter(|()| ip.fragment.is_none()).and_then(|()| {
            if ip.authenticated {
                walk.lies_in(Tunnels::AH);
            }
            walk.transport(&ip)
        });
        (packet.unwrap_or(Packet::Undecodable), walk.anomaly)
    }
}

/// The way down through the headers of one packet.
#[derive(Default)]
struct Walk {
    layers: Layers,
    anomaly: Option<Anomaly>,
    depth: usize,
    in_ip: bool,
    /// Whether this is a packet that an ICMP error quotes.
    quoted: bool,
    /// Where IP headers were met in memory, if anybody asks.
    heads: Option<Vec<usize>>,
}

impl Walk {
    /// The first oddity stands: a cut packet also looks as if its headers lied.
    const fn odd(&mut self, anomaly: Anomaly) {
        if self.anomaly.is_none() {
            self.anomaly = Some(anomaly);
        }
    }

    fn down<'a>(&mut self, mut inside: Inside, mut data: &'a [u8]) -> Option<Packet<'a>> {
        loop {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                self.odd(Anomaly::NestedTooDeep);
                return None;
            }
            match inside {
                Inside::Ip => return self.ip(data),
                Inside::Foreign => return Some(Packet::NotIp),
                Inside::Ethernet | Inside::EtherType(_) | Inside::Ppp(_) | Inside::PppFrame => {
                    if let Some(tunnel) = link::tunnel(inside) {
                        self.lies_in(tunnel);
                    }
                    let peeled = link::peel(inside, data)?;
                    self.layers.vlan = peeled.vlan.or(self.layers.vlan);
                    (inside, data) = (peeled.inside, peeled.rest);
                }
            }
        }
    }

    fn ip<'a>(&mut self, data: &'a [u8]) -> Option<Packet<'a>> {
        let ip = ip::parse(data)?;
        if let Some(heads) = &mut self.heads {
            heads.push(data.as_ptr().addr());
        }
        if ip.lies || (ip.missing > 0 && !self.quoted) {
            self.odd(Anomaly::BadLength);
        }
        self.layers = Layers { tunnelled: self.in_ip, dscp: ip.dscp, ip_id: ip.id, ip_len: ip.len, ..self.layers };
        self.in_ip = true;
        if ip.authenticated {
            self.lies_in(Tunnels::AH);
        }
        match ip.fragment {
            Some((offset, more)) => Some(Packet::Fragment(Fragment {
                source: ip.source,
                destination: ip.destination,
                protocol: ip.protocol,
                layers: self.layers,
                offset,
                more,
                payload: ip.payload,
                cut: ip.missing > 0,
            })),
            None => self.transport(&ip),
        }
    }

    fn transport<'a>(&mut self, ip: &Ip<'a>) -> Option<Packet<'a>> {
        match ip.protocol {
            17 => self.udp(ip),
            6 => self.tcp(ip),
            132 => Sctp::parse(ip, self.layers, ip.payload).map(Packet::Sctp),
            1 | 58 => Some(Packet::Icmp { quoted: self.quoted(ip) }),
            // RFC 2003, RFC 4213
            protocol @ (4 | 41) => {
                self.lies_in(if protocol == 4 { Tunnels::IP_IN_IP } else { Tunnels::SIX_IN_FOUR });
                self.down(Inside::Ip, ip.payload)
            }
            47 => {
                self.lies_in(if tunnel::is_mirror(ip.payload) { Tunnels::ERSPAN } else { Tunnels::GRE });
                self.tunnel(&tunnel::gre(ip.payload)?)
            }
            50 if ip.missing == 0 => match tunnel::esp_null(ip) {
                Some((protocol, payload)) => {
                    self.layers.tunnelled = true;
                    self.lies_in(Tunnels::ESP);
                    self.transport(&Ip { protocol, payload, ..*ip })
                }
                None => Some(other(ip)),
            },
            115 => match tunnel::l2tp_session(ip.payload) {
                Some(frame) => {
                    self.lies_in(Tunnels::L2TP);
                    self.tunnel(&frame)
                }
                None => Some(other(ip)),
            },
            _ => Some(other(ip)),
        }
    }

    const fn lies_in(&mut self, tunnel: Tunnels) {
        self.layers.tunnels = self.layers.tunnels.and(tunnel);
    }

    fn tunnel<'a>(&mut self, carried: &Peeled<'a>) -> Option<Packet<'a>> {
        self.layers.vlan = carried.vlan.or(self.layers.vlan);
        self.down(carried.inside, carried.rest)
    }

    fn udp<'a>(&mut self, ip: &Ip<'a>) -> Option<Packet<'a>> {
        let udp = UdpSlice::from_slice_lax(ip.payload).ok()?;
        let announced = usize::from(udp.length());
        // Zero stands for "more than fits" (RFC 2675 §4) and for offload.
        if (announced != 0 && announced < 8) || (announced > ip.payload.len() && ip.missing == 0) {
            self.odd(Anomaly::BadLength);
        }
        if let Some((tunnel, carried)) = tunnel::over_udp(udp.source_port(), udp.destination_port(), udp.payload()) {
            self.lies_in(tunnel);
            return self.tunnel(&carried);
        }
        if (udp.source_port() == sctp::OVER_UDP || udp.destination_port() == sctp::OVER_UDP)
            && let Some(packet) = Sctp::parse(ip, self.layers, udp.payload()).filter(Sctp::is_plausible)
        {
            return Some(Packet::Sctp(packet));
        }
        Some(Packet::Udp(Datagram {
            source: Endpoint::new(ip.source, udp.source_port()),
            destination: Endpoint::new(ip.destination, udp.destination_port()),
            layers: self.layers,
            payload: udp.payload(),
            cut: ip.missing > 0 && (announced == 0 || announced > ip.payload.len()),
        }))
    }

    fn tcp<'a>(&mut self, ip: &Ip<'a>) -> Option<Packet<'a>> {
        let tcp = TcpSlice::from_slice(ip.payload).ok()?;
        let payload = tcp.payload();
        Some(Packet::Tcp(Segment {
            source: Endpoint::new(ip.source, tcp.source_port()),
            destination: Endpoint::new(ip.destination, tcp.destination_port()),
            layers: self.layers,
            seq: tcp.sequence_number(),
            ack: tcp.acknowledgment_number(),
            flags: TcpFlags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() },
            payload,
            wire_len: u32::try_from(payload.len()).unwrap_or(u32::MAX).saturating_add(ip.missing),
        }))
    }

    /// The payload of the UDP or TCP packet that an ICMP error quotes; empty for any other message (RFC 792, RFC 4443 §2.1).
    fn quoted<'a>(&self, icmp: &Ip<'a>) -> &'a [u8] {
        let is_error = match (icmp.protocol, icmp.payload.first()) {
            (1, Some(kind)) => matches!(kind, 3 | 4 | 5 | 11 | 12),
            (_, Some(kind)) => *kind < 128,
            _ => false,
        };
        let Some(packet) = icmp.payload.get(8..).filter(|_| is_error && !self.quoted) else { return &[] };
        let mut walk = Self { quoted: true, depth: self.depth, ..Self::default() };
        match walk.down(Inside::Ip, packet) {
            Some(Packet::Udp(datagram)) => datagram.payload,
            Some(Packet::Tcp(segment)) => segment.payload,
            _ => &[],
        }
    }
}

/// A packet of a protocol that is not looked into.
fn other<'a>(ip: &Ip<'_>) -> Packet<'a> {
    let octets = u32::try_from(ip.payload.len()).unwrap_or(u32::MAX).saturating_add(ip.missing);
    Packet::OtherIp { protocol: ip.protocol, source: ip.source, destination: ip.destination, octets }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    use super::*;
    use crate::capture::LinkType;

    const SIP: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n";

    fn frame(link: u16, data: &[u8]) -> Frame<'_> {
        let wire_len = u32::try_from(data.len()).unwrap();
        Frame { origin: Default::default(), time: Default::default(), clock: Default::default(), link: LinkType(link), data, wire_len }
    }

    fn ipv4_udp() -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(5060, 5070).write(&mut packet, SIP).unwrap();
        packet
    }

    fn udp(link: u16, data: &[u8]) -> (Vec<u8>, Layers) {
        match decode(&frame(link, data)) {
            (Packet::Udp(d), None) => {
                assert_eq!((d.source.port, d.destination.port, d.cut), (5060, 5070, false));
                (d.payload.to_vec(), d.layers)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_link_layer_leads_to_the_same_datagram() {
        let ip = ipv4_udp();
        let under = |head: &[u8]| [head, &ip].concat();
        let ethernet = |tail: &[u8]| under(&[&[0; 12], tail].concat());
        let gre_ppp = {
            let mut outer = Vec::new();
            let inner = [&[0x30, 1, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0x21], ip.as_slice()].concat();
            PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).write(&mut outer, 47.into(), &inner).unwrap();
            outer
        };
        for (link, data, vlan) in [
            (1, ethernet(&[0x08, 0]), None),
            (1, ethernet(&[0x81, 0, 0xe0, 0x64, 0x08, 0]), Some(100)),
            (1, ethernet(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 7, 0x81, 0, 0, 8, 0x08, 0]), Some(8)),
            (1, ethernet(&[0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64]), None),
            (1, ethernet(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 80, 0, 0x21]), None),
            (1, ethernet(&[0, 80, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0]), None),
            (113, under(&[&[0; 14], &[0x08, 0][..]].concat()), None),
            (276, under(&[&[0x08, 0], &[0; 18][..]].concat()), None),
            (0, under(&[2, 0, 0, 0]), None),
            (108, under(&[0, 0, 0, 2]), None),
            (9, under(&[0xff, 3, 0, 0x21]), None),
            (101, under(&[]), None),
            (228, gre_ppp, None),
        ] {
            let (payload, layers) = udp(link, &data);
            assert_eq!((payload.as_slice(), layers.vlan), (SIP, vlan), "link type {link}");
        }
    }

    #[test]
    fn ip_in_ip_is_marked_as_tunnelled() {
        for protocol in [4, 41] {
            let mut outer = Vec::new();
            PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).write(&mut outer, protocol.into(), &ipv4_udp()).unwrap();
            assert!(udp(101, &outer).1.tunnelled);
        }
        assert!(!udp(101, &ipv4_udp()).1.tunnelled);
    }

    #[test]
    fn ethernet_padding_is_no_payload() {
        let padded = [&[0; 12], &[0x08, 0][..], &ipv4_udp(), &[0; 18]].concat();
        assert_eq!(udp(1, &padded).0, SIP);
    }

    #[test]
    fn segmentation_offload_leaves_length_zero() {
        let mut ip = ipv4_udp();
        ip[2..4].copy_from_slice(&[0, 0]);
        assert_eq!(udp(101, &ip).0, SIP);
    }

    #[test]
    fn a_snapped_datagram_says_so() {
        let ip = ipv4_udp();
        let mut snapped = frame(101, &ip[..40]);
        snapped.wire_len = u32::try_from(ip.len()).unwrap();
        let (Packet::Udp(d), Some(Anomaly::SnapCut)) = decode(&snapped) else { panic!() };
        assert_eq!((d.payload, d.cut), (&SIP[..12], true));
        // The same bytes with nothing snapped: the header lies.
        assert!(matches!(decode(&frame(101, &ip[..40])), (Packet::Udp(_), Some(Anomaly::BadLength))));
    }

    #[test]
    fn a_snapped_segment_knows_its_length_on_the_wire() {
        let mut ip = Vec::new();
        PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).tcp(1, 2, 1000, 64).ack(5).write(&mut ip, SIP).unwrap();
        let (Packet::Tcp(s), _) = decode(&frame(101, &ip[..50])) else { panic!() };
        assert_eq!((s.payload.len(), s.wire_len as usize, s.seq, s.ack), (10, SIP.len(), 1000, 5));
    }

    #[test]
    fn ipv6_extensions_lead_to_the_fragment() {
        // Hop-by-hop, then fragment: offset 2 units of 8 octets, more to come, identification 0xabcd.
        let exts = [44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0x11, 0, 0, 0xab, 0xcd];
        let mut ip = Vec::new();
        PacketBuilder::ipv6([1; 16], [2; 16], 64).write(&mut ip, 59.into(), &[&exts, SIP].concat()).unwrap();
        ip[6] = 0;
        let (Packet::Fragment(f), None) = decode(&frame(101, &ip)) else { panic!() };
        assert_eq!((f.offset, f.more, f.protocol, f.layers.ip_id, f.payload), (16, true, 17, 0xabcd, SIP));
    }

    #[test]
    fn an_icmp_error_quotes_and_an_echo_does_not() {
        for (kind, want) in [(3, SIP), (8, &[][..])] {
            let mut ip = Vec::new();
            let icmp = [&[kind, 3, 0, 0, 0, 0, 0, 0], ipv4_udp().as_slice()].concat();
            PacketBuilder::ipv4([192, 0, 2, 2], [192, 0, 2, 1], 64).write(&mut ip, 1.into(), &icmp).unwrap();
            assert!(matches!(decode(&frame(101, &ip)).0, Packet::Icmp { quoted } if quoted == want));
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let tags = [0x81, 0, 0, 1].repeat(40);
        let data = [&[0; 12], tags.as_slice(), &[0x08, 0], &ipv4_udp()].concat();
        assert!(matches!(decode(&frame(1, &data)), (Packet::Undecodable, Some(Anomaly::NestedTooDeep))));
    }

    proptest! {
        #[test]
        fn any_bytes_of_any_link_are_survived(
            link in prop::sample::select(vec![0u16, 1, 9, 12, 101, 108, 113, 276]),
            at in any::<prop::sample::Index>(),
            noise in proptest::collection::vec(any::<u8>(), 0..90),
        ) {
            let mut data = [&[0; 12], &[0x08, 0][..], &ipv4_udp()].concat();
            let at = at.index(data.len());
            data.splice(at..(at + noise.len()).min(data.len()), noise);
            let _ = decode(&frame(link, &data));
            let _ = decode(&frame(link, &data[at..]));
        }
    }
}
