#!/bin/sh
# Bravo's edge is a plain proxy (kamailio): what its core (sipp) sends goes out as it is.
. "$(dirname "$0")/net.sh"
up
core_up
silence
sed "s|WORK|$WORK|" "$HERE/kamailio-edge.cfg" >"$WORK/kamailio.cfg"
ip netns exec "$BRAVO" kamailio -DD -E -f "$WORK/kamailio.cfg" -Y "$WORK" -P "$WORK/kamailio.pid" -n 1 >"$WORK/kamailio.log" 2>&1 &
PIDS="$PIDS $!"
sleep 2
CORE_IS='-key own_domain bravo.example -key peer_domain alpha.example -mi 10.20.0.5 -mp 20000 -key agent Bravo-Core/5.6.3'
capture_to "$WORK/capture.pcap"

numbers calls.csv +4930555 +4420555 3
answer "$CORE" 10.20.0.5 callee $CORE_IS -m 3
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 3 -l 1
answered

numbers calls.csv 02079460 +4930777 5
answer "$ALPHA" 192.0.2.10 callee-transfer $ALPHA_IS -m 5
call "$CORE" 10.20.0.5 10.20.0.1 rogue $CORE_IS -inf calls.csv -m 5 -l 1
answered

numbers calls.csv +4420555 +4930555 2
answer "$ALPHA" 192.0.2.10 page $ALPHA_IS -m 2
call "$CORE" 10.20.0.5 10.20.0.1 message $CORE_IS -inf calls.csv -m 2 -l 1
answered

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/first-look/capture.pcap"
