#!/bin/sh
# The captured calls of clean-udp, as a tap would hand them over that sees one direction of the signalling, cuts packets short, and whose
# clock is set back by two seconds in the middle.
set -eu
SAMPLES=$(cd "$(dirname "$0")/.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
tcpdump -r "$SAMPLES/clean-udp/capture.pcap" -w "$WORK/one-way.pcap" 'not (src host 198.51.100.20 and udp port 5060)' 2>/dev/null
editcap -F pcap -s 400 "$WORK/one-way.pcap" "$WORK/cut.pcap"
editcap -F pcap -r "$WORK/cut.pcap" "$WORK/before.pcap" 1-400
editcap -F pcap "$WORK/cut.pcap" "$WORK/rest.pcap" 1-400
editcap -F pcap -t -2 "$WORK/rest.pcap" "$WORK/after.pcap"
mkdir -p "$SAMPLES/blind-tap"
mergecap -a -F pcap -w "$SAMPLES/blind-tap/capture.pcap" "$WORK/before.pcap" "$WORK/after.pcap"
