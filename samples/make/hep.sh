#!/bin/sh
# A trunk over TLS as two collectors see it: both edges relay what they decrypted as HEP, alpha's in version 2, bravo's in version 3.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
up
silence
authority peering-ca
certify peering-ca alpha sbc.alpha.example URI:sip:alpha.example,DNS:sbc.alpha.example
certify peering-ca bravo edge.bravo.example URI:sip:bravo.example,DNS:edge.bravo.example rsa:2048
for side in alpha bravo; do profile TLSv1.2+ $side >"$WORK/$side-tls.cfg"; done
# Each collector stands at the other end of the wire.
alpha ip address add 203.0.113.9/32 dev wire
bravo ip address add 203.0.113.8/32 dev wire
alpha ip route add 203.0.113.8/32 dev wire
bravo ip route add 203.0.113.9/32 dev wire

# relaying VERSION COLLECTOR CONFIG: an edge that relays what it sends and receives.
relaying() {
    sed "/^request_route/i loadmodule \"siptrace.so\"\\
modparam(\"siptrace\", \"duplicate_uri\", \"sip:$2:9060\")\\
modparam(\"siptrace\", \"hep_mode_on\", 1)\\
modparam(\"siptrace\", \"hep_version\", $1)\\
modparam(\"siptrace\", \"hep_capture_id\", 627$1)\\
modparam(\"siptrace\", \"trace_to_database\", 0)\\
modparam(\"siptrace\", \"trace_on\", 1)\\
modparam(\"siptrace\", \"trace_mode\", 1)" "$3"
}
capture_to "$WORK/capture.pcap"
mkdir "$WORK/make"
SHIPPED=$HERE HERE=$WORK/make
relaying 2 203.0.113.8 "$SHIPPED/kamailio-tls.cfg" >"$HERE/kamailio-tls.cfg"
edge alpha 192.0.2.10 192.0.2.11 198.51.100.20
relaying 3 203.0.113.9 "$SHIPPED/kamailio-tls.cfg" >"$HERE/kamailio-tls.cfg"
edge bravo 198.51.100.20 198.51.100.21 192.0.2.10

numbers calls.csv +4930555 +4420555 2
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -m 3
sed 's/sip:\[remote_ip\]:\[remote_port\]/sip:[peer_domain]/' "$SCENARIOS/options.xml" >"$WORK/options.xml"
call "$ALPHA" 192.0.2.11 192.0.2.10 options $ALPHA_IS -m 1
call "$ALPHA" 192.0.2.11 192.0.2.10 caller $ALPHA_IS -inf calls.csv -m 2 -l 1
answered

mute caller 800
mute callee 0
numbers calls.csv +4420777 +4930777 4
answer "$ALPHA" 192.0.2.11 callee $ALPHA_IS -m 4
call "$BRAVO" 198.51.100.21 198.51.100.20 caller $BRAVO_IS -inf calls.csv -m 4 -r 4
answered

capture_end
mkdir -p "$SAMPLES/hep"
python3 "$SHIPPED/hep.py" "$WORK/capture.pcap" "$SAMPLES/hep/capture.pcap"
