"""Takes frames on one device, gives them on another, both ways; does to the media of each call what the last two digits of its callee say.

meddle.py BRAVO ALPHA [KIND]: BRAVO and ALPHA are devices; what goes from bravo to alpha is treated, as KIND says instead of the digits. The choices come from a generator with a fixed
seed; the times are those of the machine.
"""

import heapq
import random
import re
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
OUTGOING = 4
SIP = 5060


def opened(device):
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    frames.bind((device, 0))
    return frames


def summed(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets[: len(octets) & ~1])) + (octets[-1] << 8 if len(octets) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Datagram:
    """A UDP datagram over IPv4, to be changed and put together again."""

    def __init__(self, frame):
        self.link, self.head = frame[:14], bytearray(frame[14:34])
        self.source, self.destination = struct.unpack_from("!HH", frame, 34)
        self.payload = frame[42 : 14 + struct.unpack_from("!H", frame, 16)[0]]

    @staticmethod
    def of(frame):
        return Datagram(frame) if frame[12:15] == b"\x08\x00\x45" and frame[23] == 17 else None

    def frame(self):
        length = len(self.payload) + 8
        struct.pack_into("!H", self.head, 2, length + 20)
        struct.pack_into("!H", self.head, 10, 0)
        struct.pack_into("!H", self.head, 10, summed(bytes(self.head)))
        udp = struct.pack("!HHHH", self.source, self.destination, length, 0) + self.payload
        pseudo = bytes(self.head[12:20]) + struct.pack("!HH", 17, length)
        return self.link + bytes(self.head) + udp[:6] + struct.pack("!H", summed(pseudo + udp) or 0xFFFF) + self.payload


# What is changed in the SDP of answers: keys that do not fit what is sent, or what was offered.
ANSWERS = {
    51: (rb"(a=fingerprint:\S+ )(..)", lambda found: found[1] + b"%02X" % (int(found[2], 16) ^ 0xFF)),
    52: (rb"a=setup:active", b"a=setup:passive"),
    53: (rb"a=crypto:1 ", b"a=crypto:9 "),
    54: (rb"(a=crypto:\d+ AES_CM_128_HMAC_SHA1)_80", rb"\1_32"),
}


def rewritten(message, pattern, by):
    """A SIP message with its body changed, and as long as it says."""
    head, _, body = message.partition(b"\r\n\r\n")
    changed = re.sub(pattern, by, body)
    head = re.sub(rb"(?i)(\r\n(?:content-length|l)\s*:\s*)\d+", lambda found: found[1] + b"%d" % len(changed), head)
    return head + b"\r\n\r\n" + changed


class Calls:
    """What is done to the media of the call at hand."""

    def __init__(self, kind):
        self.chance, self.kind, self.seen, self.last, self.latest = random.Random(6271), kind or 0, 0, None, 0.0
        self.fixed = kind is not None

    def hear(self, payload):
        """Follows the signalling; gives what a relay goes on to send when a call is over."""
        invite = re.match(rb"INVITE sip:\+?\d*(\d\d)@", payload)
        if invite and not self.fixed:
            self.kind, self.seen, self.last, self.latest = int(invite[1]), 0, None, 0.0
        return self.kind == 5 and payload.startswith(b"BYE ") and self.last

    def treat(self, datagram):
        """Gives when each copy of a datagram goes on, and the copy."""
        if self.kind in ANSWERS and SIP in (datagram.source, datagram.destination):
            datagram.payload = rewritten(datagram.payload, *ANSWERS[self.kind])
        payload = bytearray(datagram.payload)
        if self.kind == 38 and SIP not in (datagram.source, datagram.destination) and payload[0] >> 6 == 0:
            # A fax, of which every twentieth packet is lost, and every hundredth with the three behind it.
            self.seen += 1
            if self.seen % 20 == 0 or self.seen % 100 in (1, 2, 3) and self.seen > 100:
                return []
        if len(payload) < 13 or payload[0] >> 6 != 2 or SIP in (datagram.source, datagram.destination):
            return [(0.0, datagram.frame())]
        self.seen += 1
        kind, wait = self.kind, 0.0
        is_rtp = not 200 <= payload[1] <= 207
        if kind == 1 and is_rtp:
            # A line that is full: packets queue, and a seventh are thrown away.
            if self.chance.random() < 0.15:
                return []
            wait = self.chance.random() ** 2 * 0.25
        elif kind == 2:
            datagram.source += 100
        elif kind == 3:
            datagram.source, datagram.destination = datagram.source + 100, 31000
        elif kind == 4 and is_rtp:
            payload[1] = payload[1] & 0x80 | 18
        elif kind == 7:
            return []
        elif kind == 8 and is_rtp and self.seen % 10 == 0:
            payload[0] |= 0x20
        elif kind == 11:
            datagram.destination = 31000
        elif kind == 20:
            wait = 0.180
        datagram.payload = bytes(payload)
        if is_rtp:
            self.last = datagram
        # In order, however long each waits.
        self.latest = max(self.latest, time.monotonic() + wait)
        copies = 2 if kind == 9 and is_rtp else 1
        return [(self.latest - time.monotonic() + 0.002 * n, datagram.frame()) for n in range(copies)]

    def stuck(self, datagram):
        """Two seconds of a relay that did not hear that the call is over."""
        out = []
        for n in range(1, 101):
            payload = bytearray(datagram.payload)
            number, stamp = struct.unpack_from("!HI", payload, 2)
            struct.pack_into("!HI", payload, 2, (number + n) & 0xFFFF, (stamp + 160 * n) & 0xFFFFFFFF)
            copy = Datagram(datagram.frame())
            copy.payload = bytes(payload)
            out.append((0.02 * n, copy.frame()))
        return out


def main():
    bravo, alpha = opened(sys.argv[1]), opened(sys.argv[2])
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    calls, waiting, count = Calls(int(sys.argv[3]) if len(sys.argv) > 3 else None), [], 0
    while running:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.2
        ready, _, _ = select.select([bravo, alpha], [], [], timeout)
        for device in ready:
            frame, origin = device.recvfrom(65535)
            if origin[2] == OUTGOING:
                continue
            datagram = Datagram.of(frame)
            if device is alpha:
                bravo.send(frame)
                last = datagram and calls.hear(datagram.payload)
                due = calls.stuck(last) if last else []
            else:
                due = calls.treat(datagram) if datagram else [(0.0, frame)]
            for wait, out in due:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + wait, count, out))
        while waiting and waiting[0][0] <= time.monotonic():
            alpha.send(heapq.heappop(waiting)[2])


main()
