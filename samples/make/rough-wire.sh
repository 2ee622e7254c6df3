#!/bin/sh
# Calls with voice over a wire that loses, delays, doubles and reorders what bravo sends to alpha, and logs what it did.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/relayed.sh"

up
head -c 64000 /dev/zero | tr '\0' '\325' >"$WORK/silence.al"
cd "$WORK"
for side in caller callee; do sed 's/milliseconds="1300"/milliseconds="8500"/' "$SCENARIOS/$side.xml" >"$WORK/$side.xml"; done
ip netns exec "$MIDDLE" python3 "$HERE/rough.py" bravo alpha 16384 "$WORK/truth.json" &
RELAY=$!
PIDS="$PIDS $RELAY"
capture_to "$WORK/capture.pcap"

numbers calls.csv +4930555 +4420555 3
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 3
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 3 -l 1
answered

capture_end
kill "$RELAY"
wait "$RELAY" || true
mkdir -p "$SAMPLES/rough-wire"
cp "$WORK/capture.pcap" "$WORK/truth.json" "$SAMPLES/rough-wire/"
