#!/bin/sh
# A web platform of alpha (node, package ws) calls through bravo's WebSocket edge (kamailio), in the clear and over TLS with its keys.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
up
cd "$WORK"
npm install --silent --no-audit --no-fund --prefix "$WORK" ws@8.18.0 >/dev/null
authority peering-ca
certify peering-ca bravo edge.bravo.example URI:sip:bravo.example,DNS:edge.bravo.example
cat >tls.cfg <<CNF
[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = $PKI/bravo.key
certificate = $PKI/bravo.pem
CNF
sed "s|WORK|$WORK|" "$HERE/kamailio-websocket.cfg" >kamailio.cfg
capture_to "$WORK/capture.pcap"
mkdir -p run
ip netns exec "$BRAVO" kamailio -DD -E -f kamailio.cfg -Y run -P kamailio.pid -n 1 >kamailio.log 2>&1 &
PIDS="$PIDS $!"
sleep 2
mute callee 0
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -m 5
cp "$HERE/websocket.js" .
ip netns exec "$ALPHA" node websocket.js ws://198.51.100.20:8080/ 192.0.2.10 2
# The same over TLS 1.2, of which the edge of bravo has no client certificate to ask for, and over 1.3.
ip netns exec "$ALPHA" node --no-warnings --tls-keylog=keys.log --tls-max-v1.2 websocket.js wss://198.51.100.20:8443/ 192.0.2.10 1 "$PKI/peering-ca.pem"
ip netns exec "$ALPHA" node --no-warnings --tls-keylog=keys.log websocket.js wss://198.51.100.20:8443/ 192.0.2.10 2 "$PKI/peering-ca.pem"
answered
capture_end
sample=$SAMPLES/websocket
mkdir -p "$sample/ca"
cp "$PKI/peering-ca.pem" "$sample/ca/"
# The secrets stand in the capture itself.
editcap --inject-secrets "tls,keys.log" -F pcapng "$WORK/capture.pcap" "$sample/capture.pcapng"
