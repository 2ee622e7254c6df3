#!/bin/sh
# A trunk over TCP and TLS whose messages do not say where they end, with a connection for each, and media that nothing names.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
. "$HERE/ask.sh"
up
silence
authority peering-ca
certify peering-ca alpha sbc.alpha.example URI:sip:alpha.example,DNS:sbc.alpha.example
certify peering-ca bravo edge.bravo.example URI:sip:bravo.example,DNS:edge.bravo.example
profile TLSv1.2 bravo >tls.cfg
{
    sed "/^LISTEN/,\$d" "$HERE/kamailio-tls-faults.cfg"
    echo "listen=tcp:198.51.100.20:5060"
    echo "listen=tls:198.51.100.20:5061"
    sed "1,/^LISTEN/d; s|WORK|$WORK|" "$HERE/kamailio-tls-faults.cfg"
} >kamailio.cfg
capture_to "$WORK/capture.pcap"
mkdir -p run
ip netns exec "$BRAVO" kamailio -DD -E -f kamailio.cfg -Y run -P kamailio.pid -n 1 >kamailio.log 2>&1 &
PIDS="$PIDS $!"
sleep 2

# Connections are counted by the minute of the clock.
while [ "$(date +%S)" -gt 40 ]; do sleep 1; done
none='Content-Length: 0'
# In order, two in one connection; then one fault each.
{ ask sip TCP "$none"; printf '\f'; ask sip TCP "$none"; } | over_tcp 20
ask sip TCP '' 'how are you?' | over_tcp 20
{ ask sip TCP 'Content-Length: 3' 'how are you?\r\n'; printf '\f'; ask sip TCP "$none"; } | over_tcp 20
ask sip TCP 'Content-Length: twelve' 'how are you?' | over_tcp 20
ask sips TCP "$none" | over_tcp 20
ask sip TCP "$none" | over_tcp 20
{ sleep 0.4; ask sips TLS "$none"; sleep 0.4; } | alpha timeout 5 openssl s_client -quiet -no_ign_eof -connect 198.51.100.20:5061 -bind 192.0.2.10 \
    -keylogfile "$WORK/keys.log" -cert "$PKI/alpha.pem" -key "$PKI/alpha.key" -servername edge.bravo.example 2>/dev/null | head -n 1

# Voice whose payload type only SDP explains; sipp plays silence for it.
for side in caller callee; do
    sed 's/RTP\/AVP 8 101/RTP\/AVP 98 101/; s/rtpmap:8 PCMA\/8000/rtpmap:98 iLBC\/8000/; s/ptime:20/ptime:30/; s/,1,8,PCMA\/8000/,1,98,iLBC\/8000/' \
        "$SCENARIOS/$side.xml" >"$WORK/$side.xml"
done
numbers calls.csv +4930555 +4420555 1
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -t t1 -m 1
call "$ALPHA" 192.0.2.10 198.51.100.21 caller $ALPHA_IS -inf calls.csv -t t1 -m 1
answered

capture_end
sample=$SAMPLES/stream-faults
mkdir -p "$sample/ca"
cp "$WORK/capture.pcap" "$sample/capture.pcap"
cp "$PKI/peering-ca.pem" "$sample/ca/"
grep -v '^#' "$WORK/keys.log" | sort -u >"$sample/keys.log"
