"""Takes a classic capture of Ethernet and parts of packets, gives its frames and whole packets, never another order of time."""

import struct

ORDERS = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}
MACS = bytes.fromhex("020000000002020000000001")


def read(path):
    """The frames, as microseconds and octets."""
    with open(path, "rb") as file:
        data = file.read()
    order, at, frames = ORDERS[data[:4]], 24, []
    while at < len(data):
        seconds, micros, length, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frames.append((seconds * 1_000_000 + micros, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


def write(path, frames):
    """A classic capture of Ethernet, in the order of time."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for micros, frame in sorted(frames, key=lambda frame: frame[0]):
            file.write(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)


def packet_of(frame):
    """The IPv4 packet of a frame, without padding; nothing of another kind."""
    return frame[14:14 + struct.unpack(">H", frame[16:18])[0]] if frame[12:14] == b"\x08\x00" else None


def sip_of(packet):
    """The SIP message of a UDP packet without IP options, if it has one."""
    message = packet[28:]
    return message if packet[9] == 17 and b"SIP/2.0" in message[:message.find(b"\r\n")] else None


def checksum(octets):
    """RFC 1071."""
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(addresses, protocol, payload, tos=0):
    """RFC 791; each packet is in one piece."""
    head = struct.pack(">BBHHHBBH", 0x45, tos, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + addresses
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def udp(addresses, source, destination, payload):
    return ipv4(addresses, 17, struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload)


def ethernet(kind, payload):
    return MACS + struct.pack(">H", kind) + payload
