#!/bin/sh
# A trunk inside a VXLAN between two routers, captured on the wire (in the tunnel) and on the interface behind it (outside): each packet twice.
. "$(dirname "$0")/net.sh"
up
silence
# The addresses of net.sh move into the tunnel; the wire gets those of the routers.
alpha ip address flush dev wire scope global
bravo ip address flush dev wire scope global
alpha ip address add 203.0.113.1/24 dev wire
bravo ip address add 203.0.113.2/24 dev wire
alpha ip link add overlay type vxlan id 4711 dstport 4789 local 203.0.113.1 remote 203.0.113.2 dev wire
bravo ip link add overlay type vxlan id 4711 dstport 4789 local 203.0.113.2 remote 203.0.113.1 dev wire
for address in 192.0.2.10/32 192.0.2.11/32 192.0.2.32/32; do alpha ip address add "$address" dev overlay; done
for address in 198.51.100.20/32 198.51.100.21/32 198.51.100.42/32; do bravo ip address add "$address" dev overlay; done
for side in alpha bravo; do
    $side ip link set overlay up
    $side ethtool -K overlay tx off >/dev/null 2>&1 || true
done
alpha ip route add 198.51.100.0/24 dev overlay src 192.0.2.10
bravo ip route add 192.0.2.0/24 dev overlay src 198.51.100.20

capture_to "$WORK/outer.pcap"
ip netns exec "$ALPHA" tcpdump -Z root -i overlay -s 0 -U -w "$WORK/inner.pcap" 'udp or tcp' 2>/dev/null &
INNER=$!
PIDS="$PIDS $INNER"
sleep 1
numbers calls.csv +4930555 +4420555 2
answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 3
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1
call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 2 -l 1
answered
mute caller 800
mute callee 0
numbers calls.csv +4420777 +4930777 4
answer "$ALPHA" 192.0.2.10 callee $ALPHA_IS -t t1 -m 4
call "$BRAVO" 198.51.100.20 192.0.2.10 caller $BRAVO_IS -inf calls.csv -t t1 -m 4 -r 4
answered
kill $INNER
wait $INNER || true
capture_end
mkdir -p "$SAMPLES/vxlan-mirror"
mergecap -F pcapng -w "$SAMPLES/vxlan-mirror/capture.pcapng" "$WORK/outer.pcap" "$WORK/inner.pcap"
