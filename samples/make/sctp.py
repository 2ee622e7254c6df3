#!/usr/bin/env python3
"""Takes a capture of SIP over UDP between two hosts, gives the same messages in one SCTP association, as RFC 4168 and RFC 9260 would have them.

    sctp.py CAPTURE.pcap OUT.pcap

Via and the transport parameter of URIs name SCTP; all else is as it was sent. Long messages are cut into fragments of which one overtakes
another, short ones travel with others, streams are taken in turn, and now and then a packet is sent again.
"""
import struct
import sys
import zlib

import packets

INIT, INIT_ACK, SACK, SHUTDOWN, SHUTDOWN_ACK, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 1, 2, 3, 7, 8, 10, 11, 14
BEGIN, END = 2, 1
STREAMS = 4
# What a path of 576 octets leaves (RFC 9260 §6.9).
FRAGMENT = 512
# RFC 9260 §16, RTO.Initial.
AGAIN = 1_000_000
# What a sender waits for the acknowledgement before it bundles (RFC 9260 §6.2).
DELAY = 200_000


def crc32c(octets):
    """RFC 9260 App. A."""
    value = 0xFFFFFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def chunk(kind, flags, value):
    """RFC 9260 §3.2."""
    return struct.pack(">BBH", kind, flags, 4 + len(value)) + value + b"\0" * (-len(value) % 4)


class End:
    """One end of the association."""

    def __init__(self, host, tag, tsn):
        self.host, self.tag, self.tsn, self.numbers = host, tag, tsn, [0] * STREAMS
        self.waiting, self.sent = [], 0

    def init(self, kind, more=b""):
        """RFC 9260 §3.3.2, §3.3.3."""
        return chunk(kind, 0, struct.pack(">IIHHI", self.tag, 65536, STREAMS, STREAMS, self.tsn) + more)

    def data(self, message, stream):
        """RFC 9260 §3.3.1: the fragments of a message."""
        pieces = [message[at:at + FRAGMENT] for at in range(0, len(message), FRAGMENT)]
        chunks = []
        for n, piece in enumerate(pieces):
            flags = (BEGIN if n == 0 else 0) | (END if n == len(pieces) - 1 else 0)
            chunks.append(chunk(0, flags, struct.pack(">IHHI", self.tsn, stream, self.numbers[stream], 0) + piece))
            self.tsn = self.tsn + 1 & 0xFFFFFFFF
        self.numbers[stream] += 1
        return chunks

    def sack(self):
        """RFC 9260 §3.3.4: everything that this end has sent was received."""
        return chunk(SACK, 0, struct.pack(">IIHH", self.tsn - 1 & 0xFFFFFFFF, 65536, 0, 0))


def frame(source, destination, chunks, tag=None):
    tag = destination.tag if tag is None else tag
    head = struct.pack(">HHI", 5060, 5060, tag)
    body = b"".join(chunks)
    payload = head + struct.pack("<I", crc32c(head + b"\0\0\0\0" + body)) + body
    return packets.ethernet(0x0800, packets.ipv4(source.host + destination.host, 132, payload))


def over_sctp(message):
    return message.replace(b"SIP/2.0/UDP", b"SIP/2.0/SCTP").replace(b"transport=UDP", b"transport=sctp")


def main(source, target):
    alpha, bravo = End(bytes([192, 0, 2, 10]), 0x6271A, 4_294_967_290), End(bytes([198, 51, 100, 20]), 0x6271B, 1000)
    ends, out, said = {alpha.host: alpha, bravo.host: bravo}, [], []
    for at, octets in packets.read(source):
        packet = packets.packet_of(octets)
        message = packet and packets.sip_of(packet)
        if message:
            said.append((at, ends[packet[12:16]], over_sctp(message)))
        else:
            out.append((at, octets))
    begin = said[0][0]
    cookie = chunk(7, 0, b"crumbs of bravo.")
    for before, a, b, chunks, tag in [
        (2000, alpha, bravo, [alpha.init(INIT)], 0),
        (1700, bravo, alpha, [bravo.init(INIT_ACK, cookie)], None),
        (1400, alpha, bravo, [chunk(COOKIE_ECHO, 0, b"crumbs of bravo.")], None),
        (1100, bravo, alpha, [chunk(COOKIE_ACK, 0, b"")], None),
    ]:
        out.append((begin - before, frame(a, b, chunks, tag)))
    for n, (at, end, message) in enumerate(said):
        other = bravo if end is alpha else alpha
        call = next(line for line in message.split(b"\r\n") if line.lower().startswith(b"call-id"))
        chunks = end.data(message, zlib.crc32(call) % STREAMS)
        after = said[n + 1] if n + 1 < len(said) else None
        if len(chunks) == 1 and after and after[1] is end and after[0] - at < DELAY:
            # It waits for the next, and travels with it.
            end.waiting += chunks
            continue
        chunks, end.waiting = end.waiting + chunks, []
        sent = [[other.sack()] + chunks] if sum(map(len, chunks)) < 700 else [[piece] for piece in chunks]
        if len(sent) > 1 and n % 2:
            sent[0], sent[1] = sent[1], sent[0]
        frames = [(at + 40 * k, frame(end, other, piece)) for k, piece in enumerate(sent)]
        out += frames
        end.sent += 1
        if end.sent % 7 == 0:
            # Its acknowledgement was lost.
            out.append((at + AGAIN, frames[0][1]))
        else:
            out.append((at + 300, frame(other, end, [end.sack()])))
    last = max(at for at, _ in out)
    out.append((last + 1000, frame(alpha, bravo, [chunk(SHUTDOWN, 0, struct.pack(">I", bravo.tsn - 1 & 0xFFFFFFFF))])))
    out.append((last + 1300, frame(bravo, alpha, [chunk(SHUTDOWN_ACK, 0, b"")])))
    out.append((last + 1600, frame(alpha, bravo, [chunk(SHUTDOWN_COMPLETE, 0, b"")])))
    packets.write(target, out)


main(*sys.argv[1:])
