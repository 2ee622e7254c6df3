#!/usr/bin/env python3
"""Takes what two edges relay as HEP, gives what a tap before their collectors has of the trunk between them, with every second payload packed.

    hep.py CAPTURE.pcap OUT.pcap

Of alpha's calls bravo's edge reports (version 3), of bravo's calls alpha's (version 2); what passed inside of a network, and the trunk itself,
are left out. No agent that was at hand packs payloads, as version 3 allows it: here zlib does.
"""
import struct
import sys
import zlib

import packets

EDGES = {bytes([192, 0, 2, 10]), bytes([198, 51, 100, 20])}
COLLECTOR_PORT = 9060
ADDRESSES, PAYLOAD, PACKED = (3, 4), 15, 16


def chunks(report):
    """Version 3: vendor, type and value of each chunk."""
    at, out = 6, []
    while at < len(report):
        vendor, kind, length = struct.unpack(">HHH", report[at:at + 6])
        out.append((vendor, kind, report[at + 6:at + length]))
        at += length
    return out


def report_of(parts):
    body = b"".join(struct.pack(">HHH", vendor, kind, 6 + len(value)) + value for vendor, kind, value in parts)
    return b"HEP3" + struct.pack(">H", 6 + len(body)) + body


def main(source, target):
    out, packed = [], False
    for at, frame in packets.read(source):
        packet = packets.packet_of(frame)
        if packet is None or packet[9] != 17:
            continue
        ports = struct.unpack(">HH", packet[20:24])
        if ports[1] != COLLECTOR_PORT:
            # Voice.
            out.append((at, frame))
            continue
        report = packet[28:]
        if report.startswith(b"HEP3"):
            parts = chunks(report)
            ends = {value for vendor, kind, value in parts if vendor == 0 and kind in ADDRESSES}
            of_alpha = b"@192.0.2.11\r\n" in report
            if ends != EDGES or not of_alpha:
                continue
            packed = not packed
            if packed:
                parts = [(v, PACKED, zlib.compress(value)) if (v, kind) == (0, PAYLOAD) else (v, kind, value) for v, kind, value in parts]
            report = report_of(parts)
        elif {report[8:12], report[12:16]} != EDGES or b"@198.51.100.21\r\n" not in report:
            continue
        out.append((at, packets.ethernet(0x0800, packets.udp(packet[12:20], *ports, report))))
    packets.write(target, out)


main(*sys.argv[1:])
