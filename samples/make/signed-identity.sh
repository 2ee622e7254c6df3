#!/bin/sh
# Calls of alpha that are signed (RFC 8224), and what can be wrong with them. Bravo's edge (kamailio) lets them all in. The authority and
# the certificates of the signers are made here; only these, and no keys, stay beside the sample.
. "$(dirname "$0")/net.sh"
up
core_up
silence
OUT=$SAMPLES/signed-identity
CERTS=$OUT/stir-certs/certs.alpha.example
mkdir -p "$CERTS" "$OUT/ca"

# authority NAME FILE
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$2.key" -out "$WORK/$2.pem" -days 3650 \
        -subj "/O=Test only/CN=$1" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}
# signer FILE AUTHORITY TNAUTHLIST START END: a certificate whose TNAuthList is that DER (RFC 8226 §9).
signer() {
    printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n1.3.6.1.5.5.7.1.26=DER:%s\n' "$3" >"$WORK/ext"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" -subj "/O=Alpha Telecom/CN=SHAKEN $1" 2>/dev/null
    rm -rf "$WORK/db" && mkdir "$WORK/db" && : >"$WORK/db/index" && openssl rand -hex 8 >"$WORK/db/serial"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/db/index\nserial=%s/db/serial\nnew_certs_dir=%s/db\ndefault_md=sha256\npolicy=p\n[p]\norganizationName=optional\ncommonName=supplied\n' "$WORK" "$WORK" "$WORK" >"$WORK/ca.cnf"
    openssl ca -batch -notext -config "$WORK/ca.cnf" -cert "$WORK/$2.pem" -keyfile "$WORK/$2.key" -in "$WORK/$1.csr" -out "$CERTS/$1.pem" \
        -startdate "$4" -enddate "$5" -extfile "$WORK/ext" 2>/dev/null
}
PROVIDER=30:08:A0:06:16:04:31:32:33:34               # service provider code 1234
ONE=30:10:A2:0E:16:0C:34:39:33:30:39:39:39:39:39:39:39:39 # the number 493099999999
authority "Test STI root" root
authority "Somebody else" stranger
signer alpha root $PROVIDER 20260101000000Z 20351231235959Z
signer narrow root $ONE 20260101000000Z 20351231235959Z
signer lapsed root $PROVIDER 20260101000000Z 20260201000000Z
signer foreign stranger $PROVIDER 20260101000000Z 20351231235959Z
cp "$WORK/root.pem" "$OUT/ca/sti-root.pem"

sed "s|WORK|$WORK|" "$HERE/kamailio-identity.cfg" >"$WORK/kamailio.cfg"
ip netns exec "$BRAVO" kamailio -DD -E -f "$WORK/kamailio.cfg" -Y "$WORK" -P "$WORK/kamailio.pid" -n 1 >"$WORK/kamailio.log" 2>&1 &
PIDS="$PIDS $!"
sleep 2
CORE_IS='-key own_domain bravo.example -key peer_domain alpha.example -mi 10.20.0.5 -mp 20000 -key agent Bravo-Core'
capture_to "$WORK/capture.pcap"
mute callee 1300
answer "$CORE" 10.20.0.5 callee $CORE_IS -m 100

URL=https://certs.alpha.example
# passport KEY ATTEST ORIG DEST [IAT [x=y ...]]
passport() {
    key=$1 attest=$2 orig=$3 dest=$4 iat=${5:-null}
    [ $# -gt 5 ] && shift 5 || shift $#
    python3 "$HERE/passport.py" "$WORK/$key.key" "$URL/$key.pem" shaken \
        "{\"attest\":\"$attest\",\"dest\":{\"tn\":[\"$dest\"]},\"iat\":$iat,\"orig\":{\"tn\":\"$orig\"},\"origid\":\"123e4567-e89b-12d3-a456-426655440000\"}" "$@"
}
SERIAL=0
# charged [IOI]: a charging vector of its own
charged() {
    SERIAL=$((SERIAL + 1))
    VECTOR="P-Charging-Vector: icid-value=alpha-$SERIAL-$$;icid-generated-at=192.0.2.10;orig-ioi=${1:-alpha.example}"
}
# dial TARGET CALLER CALLED HEADER...
dial() {
    target=$1 caller=$2 called=$3
    shift 3
    for header in "$@"; do printf '%s\n' "$header"; done >"$WORK/headers"
    python3 - "$SCENARIOS/signed.xml" "$WORK/headers" "$target" "$caller" "$called" >"$WORK/signed.xml" <<'PY'
import sys
text, headers = open(sys.argv[1]).read(), open(sys.argv[2]).read().strip("\n")
for word, value in zip(("TARGET", "CALLER", "CALLED", "HEADERS"), (*sys.argv[3:], headers)):
    text = text.replace(word, value)
print(text)
PY
    [ -z "${HOLD:-}" ] || sed -i "s/milliseconds=\"1300\"/milliseconds=\"$HOLD\"/" "$WORK/signed.xml"
    # Media only where its silence tells something.
    [ -n "${NO_BYE:-}" ] || sed -i '/rtp_stream=/d; s/\[rtpstream_audio_port\]/[media_port]/' "$WORK/signed.xml"
    [ -z "${NO_BYE:-}" ] || sed -i '/<!-- BYE -->/,/<recv response="200"\/>/d' "$WORK/signed.xml"
    call "$ALPHA" 192.0.2.10 198.51.100.20 signed $ALPHA_IS -m 1
}
# pai NUMBER
pai() { echo "P-Asserted-Identity: <sip:$1@alpha.example;user=phone>"; }
A=+493055500001 B=+442055500001
a=${A#+} b=${B#+}

# In order.
FIRST="Identity: $(passport alpha A $a $b)"
charged; dial $B $A $B "$FIRST" "$(pai $A)" "$VECTOR"
charged; dial $B +493055500002 $B "Identity: $(passport alpha B 493055500002 $b)" "$(pai +493055500002)" "$VECTOR"
# Diverted by the callee, and told.
charged; dial +442055500002 $A $B "Identity: $(passport alpha A $a $b)" \
    "Identity: $(python3 "$HERE/passport.py" "$WORK/alpha.key" $URL/alpha.pem div "{\"dest\":{\"tn\":[\"442055500002\"]},\"div\":{\"tn\":\"$b\"},\"iat\":null,\"orig\":{\"tn\":\"$a\"}}")" \
    "History-Info: <sip:$B@bravo.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:+442055500002@bravo.example;cause=302>;index=1.1" "$(pai $A)" "$VECTOR"
# Not signed.
charged; dial $B $A $B "$(pai $A)" "$VECTOR"
# The PASSporT of the first call again.
charged; dial $B $A $B "$FIRST" "$(pai $A)" "$VECTOR"
# Signed ten minutes ago.
charged; dial $B $A $B "Identity: $(passport alpha A $a $b -600)" "$(pai $A)" "$VECTOR"
# Made for another caller.
charged; dial $B $A $B "Identity: $(passport alpha A 493055500009 $b)" "$(pai $A)" "$VECTOR"
# Attested as came in from somewhere.
charged; dial $B $A $B "Identity: $(passport alpha C $a $b)" "$(pai $A)" "$VECTOR"
# A header that is no PASSporT's, and no https.
charged; dial $B $A $B "Identity: $(passport alpha A $a $b null typ=jwt x5u=http://certs.alpha.example/alpha.pem)" "$(pai $A)" "$VECTOR"
# A number that the certificate does not cover; a certificate that no longer held; an authority that was not agreed; a forged signature.
charged; dial $B $A $B "Identity: $(passport narrow A $a $b)" "$(pai $A)" "$VECTOR"
charged; dial $B $A $B "Identity: $(passport lapsed A $a $b)" "$(pai $A)" "$VECTOR"
charged; dial $B $A $B "Identity: $(passport foreign A $a $b)" "$(pai $A)" "$VECTOR"
charged; dial $B $A $B "Identity: $(passport alpha A $a $b | sed 's/\(\.[^.;]*\)[^;];/\1A;/; s/\.\([^.]\)\([^.]*\);info/.Z\2;info/')" "$(pai $A)" "$VECTOR"
# Diverted, and nothing tells.
charged; dial +442055500003 $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR"
# A caller of other ranges; a callee of other ranges; a denied one; an emergency call.
charged; dial $B +33155500001 $B "Identity: $(passport alpha A 33155500001 $b)" "$(pai +33155500001)" "$VECTOR"
charged; dial +33155500002 $A +33155500002 "Identity: $(passport alpha A $a 33155500002)" "$(pai $A)" "$VECTOR"
charged; dial +442090000001 $A +442090000001 "Identity: $(passport alpha A $a 442090000001)" "$(pai $A)" "$VECTOR"
charged; dial 112 $A 112 "Identity: $(passport alpha A $a 112)" "$(pai $A)" "$VECTOR"
# Two asserted identities of one kind.
charged; dial $B $A $B "Identity: $(passport alpha A $a $b)" "P-Asserted-Identity: <tel:$A>, <tel:+493055500003>" "$VECTOR"
# No charging vector; that of another network; the one of the call before; charging servers that are nobody's business.
dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)"
charged other.example; dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR"
charged; dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR"
dial $B +493055500002 $B "Identity: $(passport alpha A 493055500002 $b)" "$(pai +493055500002)" "$VECTOR"
charged; dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR" "P-Charging-Function-Addresses: ccf=192.0.2.99"
# Longer than agreed.
charged; HOLD=4000 dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR"
# More requests in a second than agreed.
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 15 -r 100
# A call that nobody ends.
answered
rm "$WORK/callee.xml"
answer "$CORE" 10.20.0.5 callee $CORE_IS -m 1
charged; NO_BYE=1 dial $B $A $B "Identity: $(passport alpha A $a $b)" "$(pai $A)" "$VECTOR"
sleep 7
# Somebody else's, so that the capture goes on.
call "$ALPHA" 192.0.2.10 198.51.100.20 options $ALPHA_IS -m 1
answered
capture_end
cp "$WORK/capture.pcap" "$OUT/capture.pcap"
