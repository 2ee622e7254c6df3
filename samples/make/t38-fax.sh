#!/bin/sh
# A page of fax over T.38, sent and received by spandsp, in a call of sipp that turns to it; the relay on the way loses some packets.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/relayed.sh"

# page FILE: a page of pattern, as TIFF of one bit a point.
page() {
    python3 - "$1" <<'PYTHON'
import struct, sys
WIDTH, HEIGHT = 1728, 200
rows = b"".join(bytes(0xFF if (x // 9 + y // 16) % 7 else 0 for x in range(WIDTH // 8)) for y in range(HEIGHT))
tags = [(256, 3, WIDTH), (257, 3, HEIGHT), (258, 3, 1), (259, 3, 1), (262, 3, 0), (273, 4, 8), (277, 3, 1), (278, 3, HEIGHT), (279, 4, len(rows))]
behind = 8 + len(rows) + 2 + 12 * (len(tags) + 3) + 4
tags += [(282, 5, behind), (283, 5, behind + 8), (296, 3, 2)]
out = b"II*\0" + struct.pack("<I", 8 + len(rows)) + rows + struct.pack("<H", len(tags))
out += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
open(sys.argv[1], "wb").write(out + struct.pack("<IIIII", 0, 204, 1, 98, 1))
PYTHON
}

up
silence
cc -O1 -o "$WORK/fax" "$HERE/fax.c" -lspandsp -ltiff
page "$WORK/page.tif"
ip netns exec "$MIDDLE" python3 "$HERE/meddle.py" bravo alpha &
RELAY=$!
PIDS="$PIDS $RELAY"
capture_to "$WORK/capture.pcap"

printf 'SEQUENTIAL\n+4930555038;+4420555038\n' >calls.csv
answer "$BRAVO" 198.51.100.20 fax-callee $BRAVO_IS -m 1
(
    sleep 3
    bravo "$WORK/fax" send 198.51.100.42 20500 192.0.2.32 16500 "$WORK/page.tif"
) >"$WORK/send.log" 2>&1 &
SENDER=$!
(
    sleep 3
    alpha "$WORK/fax" receive 192.0.2.32 16500 198.51.100.42 20500 "$WORK/got.tif"
) >"$WORK/receive.log" 2>&1 &
RECEIVER=$!
PIDS="$PIDS $SENDER $RECEIVER"
call "$ALPHA" 192.0.2.10 198.51.100.20 fax-caller $ALPHA_IS -inf calls.csv -m 1 -l 1
wait "$SENDER" && wait "$RECEIVER"
answered

capture_end
kill "$RELAY"
wait "$RELAY" || true
mkdir -p "$SAMPLES/t38-fax"
cp "$WORK/capture.pcap" "$SAMPLES/t38-fax/"
if [ -n "${KEEP_LOGS-}" ]; then cp "$WORK"/*.log "$KEEP_LOGS/"; fi
