#!/bin/sh
# The captured calls of clean-udp, put into tunnels.
set -eu
SAMPLES=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$SAMPLES/tunnels"
python3 "$SAMPLES/make/tunnels.py" "$SAMPLES/clean-udp/capture.pcap" "$SAMPLES/tunnels/capture.pcap"
