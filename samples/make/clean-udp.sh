#!/bin/sh
# Calls and OPTIONS in order over UDP, with media, in both directions.
. "$(dirname "$0")/net.sh"
up
silence
capture_to "$WORK/capture.pcap"

numbers calls.csv +4930555 +4420555 4
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 6
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 4 -l 1
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1
answered

numbers calls.csv +4420777 +4930777 3
answer "$ALPHA" 192.0.2.10 callee $ALPHA_IS -m 4
call "$BRAVO" 198.51.100.20 192.0.2.10 options $BRAVO_IS -m 1
call "$BRAVO" 198.51.100.20 192.0.2.10 caller $BRAVO_IS -inf calls.csv -m 3 -l 1
answered

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/clean-udp/capture.pcap"
