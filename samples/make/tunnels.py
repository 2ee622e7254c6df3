#!/usr/bin/env python3
"""Puts each packet of a captured exchange into the next of several tunnels, as routers and mirror ports would: the kernel that the samples
are made on has no GRE, no IP-in-IP and no MPLS.

    tunnels.py CAPTURE.pcap OUT.pcap
"""
import struct
import sys

MACS = bytes.fromhex("020000000002020000000001")
# Expedited forwarding (RFC 3246).
EF = 46
ALPHA_MEDIA = bytes([192, 0, 2, 32])
ROUTERS = bytes([203, 0, 113, 1]), bytes([203, 0, 113, 2])


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, tos=0):
    """RFC 791, between the two routers; each packet is in one piece."""
    head = struct.pack(">BBHHHBBH", 0x45, tos, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + b"".join(ROUTERS)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def udp(port, payload):
    return ipv4(17, struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload)


def marked(packet, dscp):
    """RFC 2474 §3: the same packet with this code point, as the edge router of its sender would mark it."""
    head = packet[:1] + bytes([dscp << 2]) + packet[2:10] + b"\0\0" + packet[12:20]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + packet[20:]


def ethernet(kind, payload):
    return MACS + struct.pack(">H", kind) + payload


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


def erspan(n, packet):
    """draft-foschiano-erspan §4.2: type II, as a switch mirrors VLAN 100."""
    head = struct.pack(">HHI", 0x1000, 0x88BE, n) + struct.pack(">HHI", 0x1000 | 100, 5, 1)
    return ethernet(0x0800, ipv4(47, head + ethernet(0x0800, packet)))


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


TUNNELS = [gre, ip_in_ip, gtp_u, erspan, mpls, vlan, vlan_in_gre_in_gtp]


def main(source, target):
    with open(source, "rb") as file:
        data = file.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}[data[:4]]
    at, sip, out = 24, 0, [data[:24]]
    while at < len(data):
        seconds, part, length, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if frame[12:14] == b"\x08\x00":
            packet = frame[14:14 + struct.unpack(">H", frame[16:18])[0]]
            is_sip = b"SIP/2.0" in packet
            if not is_sip and packet[12:16] == ALPHA_MEDIA:
                packet = marked(packet, EF)
            # Media all goes in GRE, as agreed; each SIP message in the next tunnel.
            frame = (TUNNELS[sip % len(TUNNELS)] if is_sip else gre)(len(out), packet)
            sip += is_sip
        out.append(struct.pack(order + "IIII", seconds, part, len(frame), len(frame)) + frame)
    with open(target, "wb") as file:
        file.write(b"".join(out))


main(*sys.argv[1:])
