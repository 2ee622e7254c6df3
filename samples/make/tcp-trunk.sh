#!/bin/sh
# Calls in order over one TCP connection a direction, several calls in a segment.
. "$(dirname "$0")/net.sh"
up
silence
capture_to "$WORK/capture.pcap"

numbers calls.csv +4930555 +4420555 2
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -t t1 -m 2
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -t t1 -m 2 -l 1
answered

mute caller 800
mute callee 0
numbers calls.csv +4420777 +4930777 20
answer "$ALPHA" 192.0.2.10 callee $ALPHA_IS -t t1 -m 20
call "$BRAVO" 198.51.100.20 192.0.2.10 caller $BRAVO_IS -inf calls.csv -t t1 -m 20 -r 20
answered

capture_end
editcap -F pcapng "$WORK/capture.pcap" "$SAMPLES/tcp-trunk/capture.pcapng"
