#!/bin/sh
# A trunk in order over mutual TLS: 1.3 from alpha to bravo, 1.2 the other way, with the key log of both edges.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
up
silence
authority peering-ca
certify peering-ca alpha sbc.alpha.example URI:sip:alpha.example,DNS:sbc.alpha.example
certify peering-ca bravo edge.bravo.example URI:sip:bravo.example,DNS:edge.bravo.example rsa:2048
keylog_shim
KEYLOG=$WORK/keys.log
profile TLSv1.2+ alpha | sed '0,/TLSv1.2+/s//TLSv1.2/' >"$WORK/alpha-tls.cfg"
profile TLSv1.2+ bravo >"$WORK/bravo-tls.cfg"
capture_to "$WORK/capture.pcap"
edge alpha 192.0.2.10 192.0.2.11 198.51.100.20
edge bravo 198.51.100.20 198.51.100.21 192.0.2.10

numbers calls.csv +4930555 +4420555 2
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -m 3
# Through a proxy: the peer is named by its domain.
sed 's/sip:\[remote_ip\]:\[remote_port\]/sip:[peer_domain]/' "$SCENARIOS/options.xml" >"$WORK/options.xml"
call "$ALPHA" 192.0.2.11 192.0.2.10 options $ALPHA_IS -m 1
call "$ALPHA" 192.0.2.11 192.0.2.10 caller $ALPHA_IS -inf calls.csv -m 2 -l 1
answered

mute caller 800
mute callee 0
numbers calls.csv +4420777 +4930777 6
answer "$ALPHA" 192.0.2.11 callee $ALPHA_IS -m 6
call "$BRAVO" 198.51.100.21 198.51.100.20 caller $BRAVO_IS -inf calls.csv -m 6 -r 6
answered

capture_end
sample=$SAMPLES/tls-peering
mkdir -p "$sample/ca"
cp "$WORK/capture.pcap" "$sample/capture.pcap"
cp "$PKI/peering-ca.pem" "$sample/ca/"
grep -v '^#' "$WORK/keys.log" | sort -u >"$sample/keys.log"
