#!/bin/sh
# The captured calls of clean-udp, in an SCTP association.
set -eu
SAMPLES=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$SAMPLES/sctp-trunk"
python3 "$SAMPLES/make/sctp.py" "$SAMPLES/clean-udp/capture.pcap" "$SAMPLES/sctp-trunk/capture.pcap"
