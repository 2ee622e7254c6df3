"""Takes frames on one device, gives them on another, both ways; voice to one port is dropped, delayed, overtaken and doubled on the way.

rough.py BRAVO ALPHA PORT TRUTH: what was done to the RTP that went from BRAVO to ALPHA at PORT is written to TRUTH when it is told to end.
The choices come from a generator with a fixed seed; the times are those of the machine.
"""

import heapq
import json
import random
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
OUTGOING = 4


def opened(device):
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    frames.bind((device, 0))
    return frames


def voice(frame, port):
    """The source and number of an RTP packet to the port, or nothing."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    udp = 14 + (frame[14] & 15) * 4
    if struct.unpack_from("!H", frame, udp + 2)[0] != port or frame[udp + 8] >> 6 != 2:
        return None
    number, stamp, source = struct.unpack_from("!HII", frame, udp + 10)
    return source, number, stamp


class Rough:
    """A line that loses packets alone and in rows, and lets some wait."""

    def __init__(self):
        self.chance = random.Random(6271)
        self.row = 0

    def treat(self):
        """How long each copy of the next packet waits, in seconds: no copy is a loss."""
        if self.row:
            self.row -= 1
            return []
        dice = self.chance.random()
        if dice < 0.008:
            return []
        if dice < 0.012:
            self.row = self.chance.randrange(3, 9)
            return []
        if dice < 0.017:
            return [0.0, 0.004]
        if dice < 0.027:
            # Longer than the next packet takes.
            return [0.030 + self.chance.random() * 0.02]
        if dice < 0.032:
            # Longer than a jitter buffer waits.
            return [0.090]
        return [self.chance.random() * 0.006]


def jitter(passed):
    """RFC 3550 A.8 over (time, time stamp) at 8000 Hz, in milliseconds: the mean and the greatest."""
    now, values = 0.0, []
    for (at, stamp), (later, next_stamp) in zip(passed, passed[1:]):
        step = (next_stamp - stamp + 2**31) % 2**32 - 2**31
        now += (abs((later - at) * 8000 - step) - now) / 16
        values.append(now / 8)
    return sum(values) / max(1, len(values)), max(values, default=0.0)


def truth(streams):
    out = []
    for (source, start), stream in streams.items():
        seen, highest, overtaken, first = set(), None, 0, []
        for at, number, stamp in stream["passed"]:
            if number in seen:
                continue
            overtaken += highest is not None and number < highest
            highest = number if highest is None else max(highest, number)
            seen.add(number)
            first.append((at, stamp))
        if not seen:
            continue
        # What was dropped before the first or behind the last that passed is known to nobody.
        dropped = [number for number in stream["dropped"] if min(seen) < number < max(seen)]
        mean, most = jitter(first)
        out.append({
            "ssrc": source,
            "passed": len(stream["passed"]),
            "lost": len(dropped),
            "duplicates": len(stream["passed"]) - len(seen),
            "reordered": overtaken,
            "jitter_mean_ms": round(mean, 3),
            "jitter_max_ms": round(most, 3),
        })
    return out


def main():
    bravo, alpha, port, log = opened(sys.argv[1]), opened(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    rough, waiting, count = Rough(), [], 0
    streams, current = {}, {}
    while running:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.2
        ready, _, _ = select.select([bravo, alpha], [], [], timeout)
        for device in ready:
            frame, origin = device.recvfrom(65535)
            if origin[2] == OUTGOING:
                continue
            if device is alpha:
                bravo.send(frame)
                continue
            told = voice(frame, port)
            if told is None:
                alpha.send(frame)
                continue
            source, number, stamp = told
            # Each call of sipp begins anew with the numbers.
            if source not in current or number < current[source][1] - 100:
                current[source] = [(source, count), number]
            current[source][1] = number
            stream = streams.setdefault(current[source][0], {"passed": [], "dropped": []})
            waits = rough.treat()
            if not waits:
                stream["dropped"].append(number)
            for wait in waits:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + wait, count, frame, stream, number, stamp))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, frame, stream, number, stamp = heapq.heappop(waiting)
            alpha.send(frame)
            stream["passed"].append((time.time(), number, stamp))
    with open(log, "w", encoding="ascii") as file:
        json.dump(truth(streams), file, indent=1)
        file.write("\n")


main()
