#!/bin/sh
# Two carriers of which neither keeps to anything: each scenario breaks as many clauses as its messages have room for.
. "$(dirname "$0")/net.sh"
up
cd "$WORK"
capture_to "$WORK/capture.pcap"

# refuse STATUS COUNT
refuse() {
    numbers calls.csv +4930556 +4420556 "$2"
    sed "s|\[status\]|$1|" "$SCENARIOS/crooked-refuse.xml" >"$WORK/crooked-refuse.xml"
    sed "s|response=\"503\"|response=\"${1%% *}\"|" "$SCENARIOS/refused.xml" >"$WORK/crooked-refused.xml"
    answer "$BRAVO" 198.51.100.20 crooked-refuse $BRAVO_IS
    call "$ALPHA" 192.0.2.10 198.51.100.20 crooked-refused $ALPHA_IS -inf calls.csv -m "$2" -r 5
    answered
}
refuse '401 Unauthorized' 1
refuse '405 Method Not Allowed' 1
refuse '420 Bad Extension' 1
refuse '499 Not Today' 1
refuse '603 Decline' 2

numbers calls.csv +4930557 +4420557 1
answer "$BRAVO" 198.51.100.20 no-presence $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 presence $ALPHA_IS -inf calls.csv -m 1
answered
answer "$BRAVO" 198.51.100.20 hasty-answer $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 hasty $ALPHA_IS -inf calls.csv -m 1
answered

# From an address that is no border element, to one that is none, to a port that is not agreed, over IPv6, and to nobody.
numbers calls.csv +4930558 +4420558 1
# page OWN OTHER PORT
page() {
    ip netns exec "$BRAVO" timeout -s KILL 20 sipp -sf "$SCENARIOS/page.xml" -i "$2" -p "$3" -nostdin $BRAVO_IS >/dev/null 2>&1 &
    ANSWERER=$!
    sleep 1
    case $2 in *:*) other="[$2]" ;; *) other=$2 ;; esac
    call "$ALPHA" "$1" "$other:$3" message $ALPHA_IS -inf calls.csv -m 1
    answered
}
page 192.0.2.32 198.51.100.20 5060
page 192.0.2.10 198.51.100.42 5060
page 192.0.2.10 198.51.100.20 5070
page 2001:db8:a::10 2001:db8:b::20 5060
answer "$BRAVO" 198.51.100.20 page $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1 2>/dev/null
answered
# Only what comes later shows that the time for an answer had run out; and that a response has no request, only what came before.
sleep 2
numbers calls.csv +4930555 +4420555 2
answer "$BRAVO" 198.51.100.20 crooked-callee $BRAVO_IS
call "$ALPHA" 192.0.2.10 198.51.100.20 crooked-caller $ALPHA_IS -inf calls.csv -m 2 -l 1
answered

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/broken-contract/capture.pcap"
