#!/bin/sh
# tcpdump starts when calls are up, and stops when others are.
. "$(dirname "$0")/net.sh"
up
cd "$WORK"
mute caller 4000
mute callee 0
numbers calls.csv +4930555 +4420555 12
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 12
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 12 -r 1 &
calls=$!
sleep 5
capture_to "$WORK/capture.pcap"
sleep 6
capture_end
wait $calls
answered
# The disk was full in the middle of the last record.
head -c $(($(stat -c %s "$WORK/capture.pcap") - 100)) "$WORK/capture.pcap" >"$SAMPLES/cut-mid-call/capture.pcap"
