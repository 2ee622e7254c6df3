#!/bin/sh
# Makes the captures of this folder that need OpenSSL's own programs: early data and renegotiation. Run in this folder, with the right to capture.
set -e
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

request() {
    printf 'OPTIONS sip:b@bravo.example SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK-%s\r\nMax-Forwards: 70\r\n' "$1"
    printf 'From: <sip:a@alpha.example>;tag=1\r\nTo: <sip:b@bravo.example>\r\nCall-ID: %s@alpha.example\r\nCSeq: 1 OPTIONS\r\n' "$1"
    printf 'Content-Length: 0\r\n\r\n'
}

openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=sbc.bravo.example -days 3650 \
    -keyout "$work/key" -out "$work/cert" 2>/dev/null

record() {
    name=$1
    rm -f "$name.keys" "$work/session"
    tcpdump -i lo -U -w "$name.pcap" tcp port 5061 2>/dev/null &
    dump=$!
    sleep 1
}

early() {
    record "$1"
    shift
    sleep 9 | openssl s_server -accept 127.0.0.1:5061 -cert "$work/cert" -key "$work/key" -tls1_3 -early_data -no_anti_replay "$@" >/dev/null 2>&1 &
    server=$!
    sleep 1
    request early >"$work/early"
    (sleep 0.5; request first; sleep 1) |
        openssl s_client -connect 127.0.0.1:5061 -tls1_3 -sess_out "$work/session" -keylogfile "$name.keys" >/dev/null 2>&1 || true
    (sleep 0.5; request late; sleep 1) |
        openssl s_client -connect 127.0.0.1:5061 -tls1_3 -sess_in "$work/session" -early_data "$work/early" -keylogfile "$name.keys" \
            >/dev/null 2>&1 || true
    sleep 1
    kill "$server" "$dump" 2>/dev/null || true
}

early early-data-accepted
# The client guesses another group: its early data is refused by a HelloRetryRequest.
early early-data-refused -groups P-256

record renegotiated
(sleep 2.5; echo r; sleep 3) | openssl s_server -accept 127.0.0.1:5061 -cert "$work/cert" -key "$work/key" -tls1_2 >/dev/null 2>&1 &
server=$!
sleep 1
(request before; sleep 3; request behind; sleep 1) |
    timeout 6 openssl s_client -connect 127.0.0.1:5061 -tls1_2 -ign_eof -quiet -keylogfile renegotiated.keys >/dev/null 2>&1 || true
sleep 1
kill "$server" "$dump" 2>/dev/null || true
