#!/bin/sh
# alpha calls upon one carrier after the other over TLS; each has something of its own about its certificate or its handshake.
# Servers and clients are openssl; every server answers one OPTIONS.
. "$(dirname "$0")/net.sh"

OUT=$SAMPLES/tls-certificates
mkdir -p "$OUT/ca"
up
for n in $(seq 101 122); do bravo ip address add "198.51.100.$n/32" dev wire; done

now() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
HOUR="-startdate $(now '-1 hour') -enddate $(now '+1 hour')"
YEAR="-startdate $(now '-30 days') -enddate $(now '+335 days')"
PAST="-startdate $(now '-400 days') -enddate $(now '-35 days')"
NEXT="-startdate $(now '+10 days') -enddate $(now '+375 days')"

cd "$WORK"
for ca in peering other; do
    openssl genrsa -out $ca.key 2048 2>/dev/null
    openssl req -x509 -new -key $ca.key -days 3650 -subj "/O=Interconnect/CN=$ca root" -out $ca.pem -addext basicConstraints=critical,CA:true
done
cp peering.pem "$OUT/ca/peering.pem"
touch index.txt
cat >ca.cnf <<CONF
[ca]
default_ca = peering
[peering]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = anything
copy_extensions = copy
[anything]
commonName = supplied
[req]
distinguished_name = dn
[dn]
CONF

# certificate NAME CN SAN PERIOD [CA [KEY [DIGEST]]]
certificate() {
    case ${6:-ec} in
        ec) openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" ;;
        *) openssl genrsa -out "$1.key" "$6" 2>/dev/null ;;
    esac
    if [ -n "$3" ]; then
        openssl req -new -config ca.cnf -key "$1.key" -subj "/CN=$2" -addext "subjectAltName=$3" -out "$1.csr"
    else
        openssl req -new -config ca.cnf -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    fi
    ca=${5:-peering}
    signer="-cert $ca.pem -keyfile $ca.key"
    [ "$ca" != self ] || signer="-selfsign -keyfile $1.key"
    openssl ca -config ca.cnf -batch -notext -in "$1.csr" -out "$1.pem" -md "${7:-sha256}" $signer $4 2>/dev/null
}

certificate alpha sbc.alpha.example URI:sip:alpha.example "$YEAR"

# ask ADDRESS NAME SERVER-OPTIONS CLIENT-OPTIONS: one OPTIONS over TLS, and its answer.
ask() {
    printf '%s\r\n' "OPTIONS sip:$2.example SIP/2.0" "Via: SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bK$1" "Max-Forwards: 70" \
        "From: <sip:alpha.example>;tag=a$1" "To: <sip:$2.example>" "Call-ID: $1@alpha.example" "CSeq: 1 OPTIONS" \
        "Contact: <sip:192.0.2.10:5061;transport=tls>" "Content-Length: 0" "" >request
    printf '%s\r\n' "SIP/2.0 200 OK" "Via: SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bK$1" "From: <sip:alpha.example>;tag=a$1" \
        "To: <sip:$2.example>;tag=b$1" "Call-ID: $1@alpha.example" "CSeq: 1 OPTIONS" "Content-Length: 0" "" >response
    # shellcheck disable=SC2086
    (sleep 1; cat response; sleep 0.6) | bravo timeout 5 openssl s_server -quiet -accept "198.51.100.$1:5061" $3 >/dev/null 2>&1 &
    server=$!
    sleep 0.4
    # shellcheck disable=SC2086
    (sleep 0.2; cat request; sleep 0.8) |
        alpha timeout 3 openssl s_client -quiet -connect "198.51.100.$1:5061" -bind 192.0.2.10:0 -servername "sbc.$2.example" $4 >/dev/null 2>&1 || true
    kill $server 2>/dev/null || true
    wait $server 2>/dev/null || true
}

MUTUAL="-CAfile peering.pem -Verify 2"
OLD="-cipher ALL:@SECLEVEL=0"
ALPHA_CERT="-cert alpha.pem -key alpha.key"
tls12() { ask "$1" "$2" "-cert $2.pem -key $2.key $MUTUAL -tls1_2 ${3-}" "$ALPHA_CERT ${4-}"; }

capture_to "$OUT/capture.pcap"

certificate in-order sbc.in-order.example DNS:sbc.in-order.example "$YEAR"
tls12 101 in-order
certificate expired sbc.expired.example DNS:sbc.expired.example "$PAST"
tls12 102 expired
certificate not-yet-valid sbc.not-yet-valid.example DNS:sbc.not-yet-valid.example "$NEXT"
tls12 103 not-yet-valid
certificate self-signed sbc.self-signed.example DNS:sbc.self-signed.example "$YEAR" self
tls12 104 self-signed
certificate unknown-ca sbc.unknown-ca.example DNS:sbc.unknown-ca.example "$YEAR" other
tls12 105 unknown-ca
certificate wrong-name sbc.wrong-name.example DNS:cluster7.hosting.example "$YEAR"
tls12 106 wrong-name
certificate wildcard sbc.wildcard.example 'DNS:*.wildcard.example' "$YEAR"
tls12 107 wildcard
certificate cn-only sbc.cn-only.example '' "$YEAR"
tls12 108 cn-only
# The URI counts, and hides the DNS name that would have matched.
certificate uri-first sbc.uri-first.example URI:sip:other.example,DNS:sbc.uri-first.example "$YEAR"
tls12 109 uri-first
certificate no-client-certificate sbc.no-client-certificate.example DNS:sbc.no-client-certificate.example "$YEAR"
ask 110 no-client-certificate "-cert no-client-certificate.pem -key no-client-certificate.key -CAfile peering.pem -verify 2 -tls1_2" ""
certificate not-asked sbc.not-asked.example DNS:sbc.not-asked.example "$YEAR"
ask 111 not-asked "-cert not-asked.pem -key not-asked.key -tls1_2" "$ALPHA_CERT"
certificate rsa-1024 sbc.rsa-1024.example DNS:sbc.rsa-1024.example "$YEAR" peering 1024
tls12 112 rsa-1024 "$OLD" "$OLD"
certificate sha-1 sbc.sha-1.example DNS:sbc.sha-1.example "$YEAR" peering ec sha1
tls12 113 sha-1 "$OLD" "$OLD"
certificate tls-10 sbc.tls-10.example DNS:sbc.tls-10.example "$YEAR"
ask 114 tls-10 "-cert tls-10.pem -key tls-10.key $MUTUAL $OLD -tls1" "$ALPHA_CERT $OLD -tls1"
certificate null-suite sbc.null-suite.example DNS:sbc.null-suite.example "$YEAR"
tls12 115 null-suite "-cipher ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0" "-cipher ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"
certificate static-rsa sbc.static-rsa.example DNS:sbc.static-rsa.example "$YEAR" peering 2048
tls12 116 static-rsa "-cipher AES128-GCM-SHA256" "-cipher AES128-GCM-SHA256"
# The second connection resumes the session of the first, and shows no certificate.
certificate resumption sbc.resumption.example DNS:sbc.resumption.example "$YEAR"
for session in -sess_out -sess_in; do tls12 117 resumption "-id_prefix x" "$session session.pem -tls1_2"; done
# Refused by the server, for alpha's client shows a certificate of the other authority.
certificate refused sbc.refused.example DNS:sbc.refused.example "$YEAR"
certificate stranger sbc.alpha.example URI:sip:alpha.example "$YEAR" other
ask 118 refused "-cert refused.pem -key refused.key $MUTUAL -verify_return_error -tls1_2" "-cert stranger.pem -key stranger.key"
# Nobody listens here.
for n in 1 2; do alpha timeout 2 openssl s_client -connect 198.51.100.119:5061 -bind 192.0.2.10:0 >/dev/null 2>&1 </dev/null || true; done
# It was valid for two hours, and is not any more.
certificate short-lived sbc.short-lived.example DNS:sbc.short-lived.example "$HOUR"
tls12 120 short-lived
certificate tls-13 sbc.tls-13.example DNS:sbc.tls-13.example "$YEAR"
ask 121 tls-13 "-cert tls-13.pem -key tls-13.key $MUTUAL -tls1_3" "$ALPHA_CERT"
certificate tls-13-open sbc.tls-13-open.example DNS:sbc.tls-13-open.example "$PAST"
ask 122 tls-13-open "-cert tls-13-open.pem -key tls-13-open.key $MUTUAL -tls1_3" "$ALPHA_CERT -keylogfile $WORK/keys.log"

capture_end
# The handshake and the traffic of that one connection, nothing else.
grep -v '^#' keys.log >"$OUT/keys.log"
