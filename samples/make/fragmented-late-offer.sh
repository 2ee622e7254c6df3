#!/bin/sh
# INVITEs of more than a frame over UDP, as IPv4 and IPv6 fragments, and INVITEs without an offer.
. "$(dirname "$0")/net.sh"
up
cd "$WORK"
mute callee 0
capture_to "$WORK/capture.pcap"

numbers calls.csv +4930555 +4420555 3
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 3
call "$ALPHA" 192.0.2.10 198.51.100.20 large $ALPHA_IS -inf calls.csv -m 3 -r 3
answered

answer "$BRAVO" 2001:db8:b::20 callee -key own_domain bravo.example -key agent Bravo-Edge -mi 2001:db8:b::20 -m 3
call "$ALPHA" 2001:db8:a::10 '[2001:db8:b::20]' large -key own_domain alpha.example -key peer_domain bravo.example -key agent Alpha-SBC \
    -mi 2001:db8:a::10 -inf calls.csv -m 3 -r 3
answered

numbers calls.csv +4420777 +4930777 3
answer "$ALPHA" 192.0.2.10 callee $ALPHA_IS -m 3
call "$BRAVO" 198.51.100.20 192.0.2.10 late-offer $BRAVO_IS -inf calls.csv -m 3 -r 3
answered

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/fragmented-late-offer/capture.pcap"
