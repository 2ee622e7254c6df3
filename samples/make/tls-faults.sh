#!/bin/sh
# One fault of TLS or of a certificate a connection: kamailio with a certificate for each of its addresses, openssl s_client as the peer.
. "$(dirname "$0")/net.sh"
. "$HERE/tls.sh"
up
cd "$WORK"
permissive
for n in $(seq 20 42); do bravo ip address add "198.51.100.$n/32" dev wire 2>/dev/null || true; done

authority peering-ca
authority stranger-ca
certify peering-ca alpha sbc.alpha.example URI:sip:alpha.example,DNS:sbc.alpha.example

# What is wrong with bravo, by the last octet of its address.
good=URI:sip:bravo.example,DNS:edge.bravo.example
certify peering-ca b20 edge.bravo.example "$good" rsa:2048
certify peering-ca b21 expired.bravo.example "$good" ec -startdate 20240101000000Z -enddate 20250101000000Z
certify peering-ca b22 future.bravo.example "$good" ec -startdate 20340101000000Z -enddate 20350101000000Z
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PKI/b23.key" -out "$PKI/b23.pem" -days 3650 -sha256 \
    -subj "/O=edge.bravo.example/CN=edge.bravo.example" -addext "subjectAltName=$good" 2>/dev/null
certify stranger-ca b24 edge.bravo.example "$good"
certify peering-ca b25 edge.charlie.example URI:sip:charlie.example,DNS:edge.charlie.example
certify peering-ca b26 wildcard.bravo.example 'DNS:*.bravo.example'
certify peering-ca b27 edge.bravo.example -
certify peering-ca b28 edge.bravo.example URI:sip:charlie.example,DNS:edge.bravo.example
certify peering-ca b29 edge.bravo.example "$good" rsa:1024
certify peering-ca b30 edge.bravo.example "$good" rsa:2048 -md sha1
for n in 31 32 33 34 35 36 37 38 40; do cp "$PKI/b20.key" "$PKI/b$n.key"; cp "$PKI/b20.pem" "$PKI/b$n.pem"; done
# Valid for an hour around the capture.
certify peering-ca b39 edge.bravo.example "$good" ec -startdate "$(date -u -d '-30 min' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '+30 min' +%Y%m%d%H%M%SZ)"
# And with alpha, by name.
certify peering-ca alpha-expired sbc.alpha.example URI:sip:alpha.example ec -startdate 20240101000000Z -enddate 20250101000000Z
certify peering-ca alpha-stranger sbc.delta.example URI:sip:delta.example

# server LAST METHOD CERTIFICATE CIPHERS: whether a certificate of the client is required (yes), asked for (ask), or neither (no).
server() {
    verify=yes require=no
    [ "$3" = yes ] && require=yes
    [ "$3" = no ] && verify=no
    cat <<CNF
[server:198.51.100.$1:5061]
method = $2
verify_certificate = $verify
require_certificate = $require
private_key = $PKI/b$1.key
certificate = $PKI/b$1.pem
ca_list = $PKI/peering-ca.pem
cipher_list = $4@SECLEVEL=0
CNF
}
{
    for n in 20 21 22 23 24 25 26 27 28 29 30 39; do server $n TLSv1.2 yes 'ECDHE+AESGCM:'; done
    server 31 TLSv1 yes 'ALL:'
    server 32 TLSv1.2 yes 'NULL-SHA256:'
    server 33 TLSv1.2 yes 'AES128-GCM-SHA256:'
    server 34 TLSv1.2 no 'ECDHE+AESGCM:'
    server 35 TLSv1.2+ yes 'ALL:'
    server 36 TLSv1.2 yes 'AES128-SHA:'
    server 37 TLSv1.2 no 'ADH-AES128-SHA256:AECDH-AES128-SHA:'
    server 38 TLSv1.2 yes 'DHE-RSA-AES128-SHA256:'
    server 40 TLSv1.2 ask 'ECDHE+AESGCM:'
    echo "[server:default]"
    echo "private_key = $PKI/b20.key"
    echo "certificate = $PKI/b20.pem"
} >tls.cfg
{
    sed "/^LISTEN/,\$d" "$HERE/kamailio-tls-faults.cfg"
    for n in $(seq 20 40); do echo "listen=tls:198.51.100.$n:5061"; done
    sed "1,/^LISTEN/d; s|WORK|$WORK|" "$HERE/kamailio-tls-faults.cfg"
} >kamailio.cfg
capture_to "$WORK/capture.pcap"
mkdir -p run
ip netns exec "$BRAVO" kamailio -DD -E -f kamailio.cfg -Y run -P kamailio.pid -n 1 >kamailio.log 2>&1 &
PIDS="$PIDS $!"
sleep 2

# An element that keeps sessions by their id (kamailio forgets those that end without close_notify): openssl s_server, which does not know SIP.
mkfifo replies
exec 3<>replies
ip netns exec "$BRAVO" openssl s_server -accept 198.51.100.42:5061 -cert "$PKI/b20.pem" -key "$PKI/b20.key" -Verify 1 -CAfile "$PKI/peering-ca.pem" \
    -tls1_2 -no_ticket -quiet -naccept 2 -id_prefix speerlint <replies >/dev/null 2>&1 &
PIDS="$PIDS $!"
REPLY=no
reply() {
    [ "$REPLY" = no ] || sed -n 's/^OPTIONS.*/SIP\/2.0 200 OK\r/p; /^Via\|^From\|^Call-ID\|^CSeq\|^Content-Length/p; s/^To: .*>/&;tag=b/p; /^\r$/p' "$id" >&3
}

# knock LAST [OPTIONS OF s_client]: alpha connects, asks with OPTIONS, waits for the answer.
count=0
knock() {
    last=$1
    shift
    count=$((count + 1))
    id="$WORK/said-$count"
    [ -e "$id" ] || printf 'OPTIONS sip:edge.bravo.example;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bK-%s\r\nMax-Forwards: 70\r\nFrom: <sip:ping@alpha.example>;tag=%s\r\nTo: <sip:edge.bravo.example>\r\nCall-ID: %s@alpha.example\r\nCSeq: 1 OPTIONS\r\nContact: <sip:192.0.2.10:5061;transport=tls>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n' $count $count "knock-$count" >"$id"
    { sleep 0.4; cat "$id"; sleep 0.2; reply; sleep 0.3; } | ip netns exec "$ALPHA" timeout 5 openssl s_client -quiet -no_ign_eof -connect "198.51.100.$last:5061" -bind 192.0.2.10 \
        -keylogfile "$WORK/keys.log" "$@" >"$WORK/heard-$count" 2>"$WORK/why-$count" || true
    grep -q '200 OK' "$WORK/heard-$count" && echo "$last $*: answered" || echo "$last $*: $(grep -aoE 'alert [a-z ]+|errno=.*|wrong|no cipher.*' "$WORK/why-$count" | head -n 1)"
}
me="-cert $PKI/alpha.pem -key $PKI/alpha.key"
for n in 20 21 22 23 24 25 26 27 28 29 30 39; do knock $n $me -servername edge.bravo.example; done
knock 31 $me -tls1 -cipher 'ALL:@SECLEVEL=0'
knock 32 $me -tls1_2 -cipher 'NULL-SHA256:@SECLEVEL=0' -servername edge.bravo.example
knock 33 $me -tls1_2 -cipher 'AES128-GCM-SHA256:@SECLEVEL=0' -servername edge.bravo.example
knock 34 $me -servername edge.bravo.example
knock 36 $me -tls1_2 -cipher 'AES128-SHA:@SECLEVEL=0' -servername edge.bravo.example
knock 37 $me -tls1_2 -cipher 'AECDH-AES128-SHA:@SECLEVEL=0' -servername edge.bravo.example
knock 38 $me -tls1_2 -cipher 'DHE-RSA-AES128-SHA256:@SECLEVEL=0' -servername edge.bravo.example
# No certificate of the client; one that has expired; one of somebody else.
knock 20 -servername edge.bravo.example
knock 40 -servername edge.bravo.example
knock 35 -tls1_3 -servername edge.bravo.example
knock 20 -cert "$PKI/alpha-expired.pem" -key "$PKI/alpha-expired.key" -servername edge.bravo.example
knock 20 -cert "$PKI/alpha-stranger.pem" -key "$PKI/alpha-stranger.key" -servername edge.bravo.example
# Nothing in common; another version only; nobody there.
knock 32 $me -tls1_2 -cipher 'AES128-SHA:@SECLEVEL=0' -servername edge.bravo.example
knock 20 $me -tls1_3 -servername edge.bravo.example
knock 41 $me
# Sessions that are resumed: by id, by ticket, by pre-shared key.
REPLY=yes
knock 42 $me -tls1_2 -no_ticket -sess_out id.pem -servername edge.bravo.example
knock 42 $me -tls1_2 -no_ticket -sess_in id.pem -servername edge.bravo.example
REPLY=no
knock 20 $me -tls1_2 -sess_out ticket.pem -servername edge.bravo.example
knock 20 $me -tls1_2 -sess_in ticket.pem -servername edge.bravo.example
knock 35 $me -tls1_3 -sess_out psk.pem -servername edge.bravo.example
knock 35 $me -tls1_3 -sess_in psk.pem -servername edge.bravo.example

capture_end
sample=$SAMPLES/tls-faults
mkdir -p "$sample/ca"
cp "$WORK/capture.pcap" "$sample/capture.pcap"
cp "$PKI/peering-ca.pem" "$sample/ca/"
grep -v '^#' keys.log | sort -u >"$sample/keys.log"
[ -z "${SHOW:-}" ] || { cat kamailio.log; cat why-*; }
