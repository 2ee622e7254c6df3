#!/bin/sh
# Calls that fail: refused, cancelled, never answered by the server, never acknowledged by the caller.
. "$(dirname "$0")/net.sh"
up
cd "$WORK"
mute caller 500
mute callee 0
capture_to "$WORK/capture.pcap"

# refuse STATUS COUNT
refuse() {
    numbers calls.csv +4930555 +4420555 "$2"
    # sipp wants to see the number when it reads the scenario.
    sed "s/\[status\]/$1/" "$SCENARIOS/refuse.xml" >"$WORK/refuse.xml"
    answer "$BRAVO" 198.51.100.20 refuse $BRAVO_IS
    call "$ALPHA" 192.0.2.10 198.51.100.20 refused $ALPHA_IS -inf calls.csv -m "$2" -r 5
    answered
}
refuse '404 Not Found' 3
refuse '486 Busy Here' 4
refuse '488 Not Acceptable Here' 1
refuse '503 Service Unavailable' 6

numbers calls.csv +4930556 +4420556 2
answer "$BRAVO" 198.51.100.20 ring $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 cancel $ALPHA_IS -inf calls.csv -m 2 -r 2
answered

numbers calls.csv +4930557 +4420557 4
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 4 -r 4
answered

# Both for as long as 64 times T1.
numbers calls.csv +4930558 +4420558 2
answer "$BRAVO" 198.51.100.20 silent $BRAVO_IS
numbers deaf.csv +4420558 +4930558 2
ip netns exec "$ALPHA" timeout -s KILL 60 sipp -sf "$WORK/callee.xml" -i 192.0.2.10 -p 5060 -nostdin $ALPHA_IS -m 2 >/dev/null 2>&1 &
PIDS="$PIDS $!"
ip netns exec "$BRAVO" timeout -s KILL 60 sipp 192.0.2.10 -sf "$SCENARIOS/no-ack.xml" -i 198.51.100.21 -p 5060 -nostdin $BRAVO_IS -mp 21000 -inf deaf.csv -m 2 >/dev/null 2>&1 &
PIDS="$PIDS $!"
ip netns exec "$ALPHA" timeout -s KILL 60 sipp 198.51.100.20 -sf "$WORK/caller.xml" -i 192.0.2.11 -p 5060 -nostdin $ALPHA_IS -mp 17000 -inf calls.csv -m 2 >/dev/null 2>&1 || true
sleep 2
answered

# The capture has to last until the timers of the unanswered calls have run out: a ping a little later shows that it does.
sleep 3
answer "$BRAVO" 198.51.100.20 page $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1
answered

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/failures/capture.pcap"
