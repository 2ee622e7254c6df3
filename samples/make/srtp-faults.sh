#!/bin/sh
# Media that is not protected as the trunk demands: keys offered beside RTP/AVP and not taken, and SRTP agreed but not sent.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/media.sh"
up
core_up
tone
phone callee 10.20.0.5 none +4420555001 bravo.example 10.20.0.1
capture_to "$WORK/capture.pcap"

# Opportunistic (RFC 8643): the phone offers keys, and the edge lets them fall.
phone caller 192.0.2.10 srtp +4930555001 alpha.example 198.51.100.20
edge 'transport-protocol=RTP/AVP SDES-off' 'transport-protocol=RTP/AVP SDES-off'
talk 5
edge_down

# Two machines that agree on SRTP and send as if they had not.
head -c 40000 /dev/zero | tr '\0' '\325' >"$WORK/silence.al"
cd "$WORK"
protect() {
    sed "s|RTP/AVP 8 101|RTP/SAVP 8 101\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:$2|; s/milliseconds=\"1300\"/milliseconds=\"4500\"/" "$SCENARIOS/$1.xml" >"$WORK/$1.xml"
}
protect caller "$(head -c 30 /dev/urandom | base64)"
protect callee "$(head -c 30 /dev/urandom | base64)"
numbers calls.csv +4930555 +4420555 1
answer "$BRAVO" 198.51.100.21 callee $BRAVO_IS -m 1
call "$ALPHA" 192.0.2.11 198.51.100.21 caller $ALPHA_IS -inf calls.csv -m 1 -l 1
answered

capture_end
mkdir -p "$SAMPLES/srtp-faults"
cp "$WORK/capture.pcap" "$SAMPLES/srtp-faults/"
if [ -n "${KEEP_LOGS-}" ]; then cp "$WORK"/*.log "$KEEP_LOGS/"; fi
