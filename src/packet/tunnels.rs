//! Takes one datagram in every tunnel, gives a failure where it does not come out, never a tunnel that is none.

use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::{Layers, Packet, decode};
use crate::base::Anomaly;
use crate::capture::{Frame, LinkType};

const SIP: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n";

fn packet(link: u16, data: &[u8]) -> (Packet<'_>, Option<Anomaly>) {
    let wire_len = u32::try_from(data.len()).unwrap();
    decode(&Frame { origin: Default::default(), time: Default::default(), clock: Default::default(), link: LinkType(link), data, wire_len })
}

/// The datagram that every tunnel carries.
fn inner() -> Vec<u8> {
    let mut ip = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(5060, 5070).write(&mut ip, SIP).unwrap();
    ip
}

fn inner_frame() -> Vec<u8> {
    [&[2; 12], &[0x08, 0][..], &inner()].concat()
}

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut ip = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).write(&mut ip, protocol.into(), payload).unwrap();
    ip
}

fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut ip = Vec::new();
    PacketBuilder::ipv6([1; 16], [2; 16], 64).udp(source, destination).write(&mut ip, payload).unwrap();
    ip
}

#[track_caller]
fn carried(data: &[u8]) -> Layers {
    match packet(101, data) {
        (Packet::Udp(d), None) if d.payload == SIP && (d.source.port, d.destination.port) == (5060, 5070) => d.layers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_tunnel_leads_to_the_same_datagram() {
    let (ip, ethernet) = (inner(), inner_frame());
    let head = |head: &[u8], rest: &[u8]| [head, rest].concat();
    let gtp = |head: &[u8], rest: &[u8]| {
        let length = u16::try_from(head.len() - 6 + rest.len()).unwrap().to_be_bytes();
        [&[head[0], head[1], length[0], length[1]], &head[2..], rest].concat()
    };
    // Extension headers: a container of a PDU session (0x85) of one word, then a port (0x40) of one word.
    let extended = [0x34, 255, 0, 0, 0, 7, 0, 1, 0, 0x85, 1, 0, 9, 0x40, 1, 0x08, 0x68, 0];
    for (name, outer) in [
        ("vxlan", udp(50_000, 4789, &head(&[8, 0, 0, 0, 0, 0, 42, 0], &ethernet))),
        ("geneve", udp(50_000, 6081, &head(&[0, 0, 0x65, 0x58, 0, 0, 42, 0], &ethernet))),
        ("geneve with options, over IP", udp(50_000, 6081, &head(&[2, 0, 0x08, 0, 0, 0, 42, 0, 1, 2, 3, 1, 0, 0, 0, 0], &ip))),
        ("gtp-u", udp(2152, 2152, &gtp(&[0x30, 255, 0, 0, 0, 7], &ip))),
        ("gtp-u with a sequence number", udp(9, 2152, &gtp(&[0x32, 255, 0, 0, 0, 7, 0, 1, 0, 0], &ip))),
        ("gtp-u with extensions", udp(2152, 2152, &gtp(&extended, &ip))),
        ("gtp-u of ethernet", udp(2152, 2152, &gtp(&[0x30, 255, 0, 0, 0, 7], &ethernet))),
        ("erspan I", ipv4(47, &head(&[0, 0, 0x88, 0xbe], &ethernet))),
        ("erspan II", ipv4(47, &head(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 1, 0, 0, 0, 0], &ethernet))),
        ("erspan III", ipv4(47, &head(&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &ethernet))),
        ("erspan III of a platform", {
            let platform = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7, 7, 7, 7, 7, 7, 7, 7];
            ipv4(47, &head(&platform, &ethernet))
        }),
        ("transparent ethernet over gre", ipv4(47, &head(&[0x20, 0, 0x65, 0x58, 0, 0, 42, 1], &ethernet))),
        ("l2tpv3 over ip", ipv4(115, &head(&[0, 0, 0, 1], &ethernet))),
        ("l2tpv3 with cookie and sublayer", ipv4(115, &head(&[0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 0x40, 0, 0, 1], &ethernet))),
        ("l2tpv3 over udp", udp(1701, 1701, &head(&[0, 3, 0, 0, 0, 0, 0, 1], &ethernet))),
        ("l2tpv2", udp(1701, 50_000, &head(&[0, 2, 0, 1, 0, 1, 0xff, 3, 0, 0x21], &ip))),
        ("l2tpv2 with sequence and offset", udp(9, 1701, &head(&[0x0a, 2, 0, 1, 0, 1, 0, 1, 0, 0, 0, 2, 9, 9, 0x21], &ip))),
        ("tzsp", udp(9, 37008, &head(&[1, 0, 0, 1, 0, 10, 1, 200, 1], &ethernet))),
        ("vxlan in gtp-u in gre", {
            let vxlan = udp(50_000, 4789, &head(&[8, 0, 0, 0, 0, 0, 42, 0], &ethernet));
            ipv4(47, &head(&[0, 0, 0x86, 0xdd], &udp(9, 2152, &gtp(&[0x30, 255, 0, 0, 0, 7], &vxlan))))
        }),
    ] {
        let (Packet::Udp(d), None) = packet(101, &outer) else { panic!("{name}: {:?}", packet(101, &outer)) };
        assert_eq!((d.payload, d.source.port, d.layers.tunnelled), (SIP, 5060, true), "{name}");
        let carriage = d.layers.carriage().to_string();
        let is_named = |part: &str| part.strip_prefix("in ").is_some_and(|kind| name.contains(&kind.to_lowercase()));
        assert!(carriage.split(", ").all(is_named), "{name} is called {carriage}");
    }
}

#[test]
fn link_layers_that_wrap_a_frame() {
    // PPI around Ethernet; a provider backbone bridge around the frame of its customer (IEEE 802.1ah).
    let ppi = [&[0, 0, 12, 0, 1, 0, 0, 0, 2, 0, 0, 0], inner_frame().as_slice()].concat();
    let backbone = [&[3; 12], &[0x88, 0xe7, 0, 0, 0, 42][..], &inner_frame()].concat();
    for (link, data) in [(192, ppi), (1, backbone)] {
        assert!(matches!(packet(link, &data), (Packet::Udp(d), None) if d.payload == SIP && !d.layers.tunnelled), "{link}");
    }
    let nested = [0, 0, 8, 0, 192, 0, 0, 0].repeat(1000);
    assert!(matches!(packet(192, &nested), (Packet::NotIp, None)));
}

#[test]
fn a_mirror_names_the_vlan_that_it_mirrored() {
    let erspan = ipv4(47, &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 100, 0, 1, 0, 0, 0, 0], inner_frame().as_slice()].concat());
    assert_eq!(carried(&erspan).vlan, Some(100));
}

/// ESP around `inner`, with padding to a multiple of four and a check value of `icv` octets.
fn esp(next: u8, inner: &[u8], icv: usize) -> Vec<u8> {
    let pad = (2usize.wrapping_sub(inner.len())) % 4;
    let padding: Vec<u8> = (1..).take(pad).collect();
    [&[0xab; 4][..], &[0, 0, 0, 1], inner, &padding, &[u8::try_from(pad).unwrap(), next], &vec![0x5a; icv]].concat()
}

#[test]
fn esp_that_does_not_encrypt_is_read() {
    let ip = inner();
    for icv in [0, 12, 16, 24, 32] {
        assert!(carried(&ipv4(50, &esp(4, &ip, icv))).tunnelled, "tunnel mode, {icv}");
    }
    // Transport mode: the checksum of UDP covers the addresses of the outer header, of which there is only this one.
    let mut direct = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).udp(5060, 5070).write(&mut direct, SIP).unwrap();
    assert!(carried(&ipv4(50, &esp(17, &direct[20..], 12))).tunnelled);
    // The same between other addresses is noise that happens to look like UDP.
    assert!(matches!(packet(101, &ipv4(50, &esp(17, &ip[20..], 12))), (Packet::OtherIp { protocol: 50, .. }, None)));
}

#[test]
fn a_port_alone_makes_no_tunnel() {
    let rtp = [&[0x80, 8, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4][..], &[0xd5; 160]].concat();
    for port in [1701, 2152, 4789, 6081, 8472, 37008] {
        for payload in [SIP, b"ACK sip:a@b SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"\r\n\r\n", &rtp] {
            let data = udp(port, port, payload);
            assert!(matches!(packet(101, &data), (Packet::Udp(d), None) if d.payload == payload && !d.layers.tunnelled), "{port}");
        }
    }
}

#[test]
fn a_thousand_tunnels_are_an_anomaly() {
    let mut data = inner();
    for _ in 0..1000 {
        let [a, b] = u16::try_from(data.len()).unwrap().to_be_bytes();
        let gtp = [&[0x30, 255, a, b, 0, 0, 0, 7], data.as_slice()].concat();
        let mut outer = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0x68, 8, 0x68, 0, 0, 0, 0];
        outer.extend(gtp);
        data = outer;
    }
    assert!(matches!(packet(101, &data), (Packet::Undecodable, Some(Anomaly::NestedTooDeep))));
}

proptest! {
    #[test]
    fn any_octets_behind_any_header_are_survived(
        port in prop::sample::select(vec![1701u16, 2152, 4789, 6081, 37008]),
        protocol in prop::sample::select(vec![47u8, 50, 115, 4, 41]),
        head in prop::sample::select(vec![
            vec![8u8, 0, 0, 0, 0, 0, 42, 0], vec![0, 0, 0x65, 0x58, 0, 0, 42, 0], vec![0x34, 255, 0, 0, 0, 0, 0, 7, 0, 1, 0, 0x85],
            vec![0x0a, 2], vec![0, 3, 0, 0], vec![1, 0, 0, 1], vec![0x10, 0, 0x22, 0xeb], vec![0x10, 0, 0x88, 0xbe], vec![],
        ]),
        noise in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let payload = [head, noise].concat();
        let _ = packet(101, &udp(port, port, &payload));
        let _ = packet(101, &ipv4(protocol, &payload));
    }
}
