#!/bin/sh
# Calls whose media is protected on the wire, by keys in SDP and by DTLS, and clear behind bravo's edge.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/media.sh"
up
core_up
tone
phone callee 10.20.0.5 none +4420555001 bravo.example 10.20.0.1
capture_to "$WORK/capture.pcap"

phone caller 192.0.2.10 srtp-mand +4930555001 alpha.example 198.51.100.20
edge 'transport-protocol=RTP/AVP' 'transport-protocol=RTP/SAVP'
talk 6
edge_down
phone caller 192.0.2.10 dtls_srtp +4930555002 alpha.example 198.51.100.20
edge 'transport-protocol=RTP/AVP' 'transport-protocol=UDP/TLS/RTP/SAVPF'
talk 6

capture_end
mkdir -p "$SAMPLES/srtp"
cp "$WORK/capture.pcap" "$SAMPLES/srtp/"
if [ -n "${KEEP_LOGS-}" ]; then cp "$WORK"/*.log "$KEEP_LOGS/"; fi
