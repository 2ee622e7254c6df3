#!/bin/sh
# Calls of softphones with protected media, in whose answers somebody on the way changed what keys the media.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/relayed.sh"
. "$(dirname "$0")/media.sh"

# meddled KIND MEDIAENC WIRE_ANSWER: a call through the relay.
meddled() {
    ip netns exec "$MIDDLE" python3 "$HERE/meddle.py" bravo alpha "$1" &
    RELAY=$!
    PIDS="$PIDS $RELAY"
    phone caller 192.0.2.10 "$2" "+49305550$1" alpha.example 198.51.100.20
    edge 'transport-protocol=RTP/AVP' "transport-protocol=$3"
    talk 3
    edge_down
    kill "$RELAY"
    wait "$RELAY" || true
}

up
core_up
tone
phone callee 10.20.0.5 none +4420555001 bravo.example 10.20.0.1
capture_to "$WORK/capture.pcap"

meddled 0 dtls_srtp UDP/TLS/RTP/SAVPF
meddled 51 dtls_srtp UDP/TLS/RTP/SAVPF
meddled 52 dtls_srtp UDP/TLS/RTP/SAVPF
meddled 53 srtp-mand RTP/SAVP
meddled 54 srtp-mand RTP/SAVP

capture_end
mkdir -p "$SAMPLES/keying-faults"
cp "$WORK/capture.pcap" "$SAMPLES/keying-faults/"
if [ -n "${KEEP_LOGS-}" ]; then cp "$WORK"/*.log "$KEEP_LOGS/"; fi
