#!/usr/bin/env python3
"""Puts each packet of a captured exchange into the next of several tunnels, as routers and mirror ports would: the kernel that the samples
are made on has none of them but VXLAN and VLANs.

    tunnels.py CAPTURE.pcap OUT.pcap
"""
import hashlib
import struct
import sys

import packets
from packets import checksum, ethernet

# Expedited forwarding (RFC 3246).
EF = 46
ALPHA_MEDIA = bytes([192, 0, 2, 32])
ROUTERS = bytes([203, 0, 113, 1]), bytes([203, 0, 113, 2])


def ipv4(protocol, payload, tos=0):
    return packets.ipv4(b"".join(ROUTERS), protocol, payload, tos)


def udp(port, payload):
    return packets.udp(b"".join(ROUTERS), port, port, payload)


def marked(packet, dscp):
    """RFC 2474 §3: the same packet with this code point, as the edge router of its sender would mark it."""
    head = packet[:1] + bytes([dscp << 2]) + packet[2:10] + b"\0\0" + packet[12:20]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + packet[20:]


def gre(n, packet):
    """RFC 2784 with the key and the sequence number of RFC 2890."""
    return ethernet(0x0800, ipv4(47, struct.pack(">HHII", 0x3000, 0x0800, 7, n) + packet, packet[1]))


def ip_in_ip(n, packet):
    """RFC 2003."""
    return ethernet(0x0800, ipv4(4, packet, packet[1]))


def gtp_u(n, packet):
    """3GPP TS 29.281 §5.1, with a sequence number and one extension header (PDCP number, §5.2.2)."""
    body = struct.pack(">HBB", n & 0xFFFF, 0, 0xC0) + struct.pack(">BHB", 1, n & 0xFFFF, 0) + packet
    return ethernet(0x0800, udp(2152, struct.pack(">BBHI", 0x36, 255, len(body), 1) + body))


def erspan_i(n, packet):
    """draft-foschiano-erspan §4.1: type I, which has no header of its own."""
    return ethernet(0x0800, ipv4(47, struct.pack(">HH", 0, 0x88BE) + ethernet(0x0800, packet)))


def erspan_ii(n, packet):
    """draft-foschiano-erspan §4.2, as a switch mirrors VLAN 100."""
    head = struct.pack(">HHI", 0x1000, 0x88BE, n) + struct.pack(">HHI", 0x1000 | 100, 5, 1)
    return ethernet(0x0800, ipv4(47, head + ethernet(0x0800, packet)))


def erspan_iii(n, packet):
    """draft-foschiano-erspan §4.3: with a time stamp, and what the platform adds (§4.4)."""
    head = struct.pack(">HHI", 0x1000, 0x22EB, n) + struct.pack(">HHIHH", 0x2000, 5, n, 0, 1) + struct.pack(">II", 0x03 << 26, 0)
    return ethernet(0x0800, ipv4(47, head + ethernet(0x0800, packet)))


def geneve(n, packet):
    """RFC 8926 §3.4, with an option of one word (§3.5)."""
    head = struct.pack(">BBHI", 2, 0, 0x6558, 42 << 8) + struct.pack(">HBBI", 0x0101, 1, 1, n)
    return ethernet(0x0800, udp(6081, head + ethernet(0x0800, packet)))


def vxlan(n, packet):
    """RFC 7348 §5."""
    return ethernet(0x0800, udp(4789, struct.pack(">II", 0x08000000, 42 << 8) + ethernet(0x0800, packet)))


def pppoe(n, packet):
    """RFC 2516 §4, RFC 1332: IPv4 in session 1."""
    return ethernet(0x8864, struct.pack(">BBHHH", 0x11, 0, 1, len(packet) + 2, 0x0021) + packet)


def ppp_in_gre(n, packet):
    """RFC 2637 §4.1: PPP in GRE version 1, with a sequence number."""
    frame = b"\xff\x03\x00\x21" + packet
    return ethernet(0x0800, ipv4(47, struct.pack(">HHHHI", 0x3001, 0x880B, len(frame), 7, n) + frame))


def l2tp(n, packet):
    """RFC 2661 §3.1: version 2 over UDP, with its length."""
    frame = b"\xff\x03\x00\x21" + packet
    return ethernet(0x0800, udp(1701, struct.pack(">HHHH", 0x4002, 8 + len(frame), 1, 1) + frame))


def tzsp(n, packet):
    """TaZmen Sniffer Protocol: a received Ethernet frame, and no tag but the one that ends them."""
    return ethernet(0x0800, udp(37008, bytes([1, 0, 0, 1, 1]) + ethernet(0x0800, packet)))


def esp_null(n, packet):
    """RFC 4303 §2 with NULL encryption (RFC 2410) and a check value of 96 bits (RFC 2404), which nobody but the ends can check."""
    pad = (2 - len(packet)) % 4
    body = packet + bytes(range(1, pad + 1)) + bytes([pad, 4])
    return ethernet(0x0800, ipv4(50, struct.pack(">II", 0x6271, n + 1) + body + hashlib.sha1(body).digest()[:12]))


def mpls(n, packet):
    """RFC 3032, two labels."""
    labels = struct.pack(">II", 1000 << 12 | 64, 2000 << 12 | 1 << 8 | 64)
    return ethernet(0x8847, labels + packet)


def vlan(n, packet):
    """IEEE 802.1Q, VLAN 100."""
    return ethernet(0x8100, struct.pack(">HH", 100, 0x0800) + packet)


def vlan_in_gre_in_gtp(n, packet):
    """GRE that carries Ethernet (RFC 1701's transparent bridging) with a VLAN, and all of it in GTP-U."""
    inner = ethernet(0x8100, struct.pack(">HH", 200, 0x0800) + packet)
    return gtp_u(n, ipv4(47, struct.pack(">HH", 0, 0x6558) + inner, packet[1]))


TUNNELS = [gre, ip_in_ip, gtp_u, erspan_ii, mpls, vlan, vlan_in_gre_in_gtp, erspan_i, erspan_iii, geneve, vxlan, pppoe, ppp_in_gre, l2tp, tzsp, esp_null]


def main(source, target):
    sip, out = 0, []
    for at, frame in packets.read(source):
        packet = packets.packet_of(frame)
        if packet:
            is_sip = packets.sip_of(packet) is not None
            if not is_sip and packet[12:16] == ALPHA_MEDIA:
                packet = marked(packet, EF)
            # Media all goes in GRE, as agreed; each SIP message in the next tunnel.
            frame = (TUNNELS[sip % len(TUNNELS)] if is_sip else gre)(len(out), packet)
            sip += is_sip
        out.append((at, frame))
    packets.write(target, out)


main(*sys.argv[1:])
