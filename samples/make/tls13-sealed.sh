#!/bin/sh
# The same trunk over TLS 1.3, of which nobody has the keys.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
up
cd "$WORK"
authority peering-ca
certify peering-ca alpha sbc.alpha.example URI:sip:alpha.example,DNS:sbc.alpha.example
certify peering-ca bravo edge.bravo.example URI:sip:bravo.example,DNS:edge.bravo.example
profile TLSv1.2+ alpha >"$WORK/alpha-tls.cfg"
profile TLSv1.2+ bravo >"$WORK/bravo-tls.cfg"
capture_to "$WORK/capture.pcap"
edge alpha 192.0.2.10 192.0.2.11 198.51.100.20
edge bravo 198.51.100.20 198.51.100.21 192.0.2.10

mute caller 800
mute callee 0
numbers calls.csv +4930555 +4420555 10
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -m 10
call "$ALPHA" 192.0.2.11 192.0.2.10 caller $ALPHA_IS -inf calls.csv -m 10 -r 5
answered

capture_end
sample=$SAMPLES/tls13-sealed
mkdir -p "$sample/ca"
cp "$WORK/capture.pcap" "$sample/capture.pcap"
cp "$PKI/peering-ca.pem" "$sample/ca/"
