#!/bin/sh
# Six packets of alpha, cut short: a request over TCP without its end, and the first words of a TLS handshake.
. "$(dirname "$0")/net.sh"
. "$HERE/ask.sh"
up
cd "$WORK"
# Somebody who takes connections and says nothing.
for port in 5060 5061; do
    bravo python3 -c "import socket, time; s = socket.create_server(('198.51.100.20', $port)); c = s.accept(); time.sleep(9)" &
    PIDS="$PIDS $!"
done
ip netns exec "$ALPHA" tcpdump -Z root -i wire -s 500 -c 6 -U -w capture.pcap 'tcp and src host 192.0.2.10' 2>/dev/null &
CAPTURE=$!
sleep 1
long=$(printf '%0600d' 0)
ask sip TCP 'Content-Length: 600' "$long" | over_tcp 20 &
sleep 0.2
alpha timeout 2 openssl s_client -tls1_2 -cipher ECDHE+AESGCM -connect 198.51.100.20:5061 -bind 192.0.2.10 </dev/null >/dev/null 2>&1 || true
wait "$CAPTURE"
CAPTURE=
mkdir -p "$SAMPLES/glimpse"
cp capture.pcap "$SAMPLES/glimpse/capture.pcap"
