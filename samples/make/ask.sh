# OPTIONS over streams, in order and not. To be sourced after net.sh.

echo 0 >"$WORK/asked"

# ask SCHEME TRANSPORT LENGTH [BODY]: OPTIONS from alpha to bravo. LENGTH: the line of Content-Length, or nothing; BODY may be longer than it says.
ask() {
    # Mostly in a subshell: the count is kept in a file.
    asked=$(($(cat "$WORK/asked") + 1))
    echo $asked >"$WORK/asked"
    port=5060
    [ "$2" = TLS ] && port=5061
    printf '%s\r\n' "OPTIONS $1:edge.bravo.example SIP/2.0" \
        "Via: SIP/2.0/$2 192.0.2.10:$port;branch=z9hG4bK-asked-$asked" "Max-Forwards: 70" \
        "From: <sip:ping@alpha.example>;tag=$asked" "To: <$1:edge.bravo.example>" "Call-ID: asked-$asked@alpha.example" "CSeq: 1 OPTIONS" \
        "Contact: <$1:192.0.2.10:$port>" "Accept: application/sdp" ${4:+"Content-Type: text/plain"} ${3:+"$3"} ""
    printf '%b' "${4:-}"
}

# over_tcp LAST: what stands on standard input, to an address of bravo.
over_tcp() {
    alpha python3 "$HERE/say.py" 192.0.2.10 "198.51.100.$1" 5060 0.3 >"$WORK/answer" || true
    echo "$(tr -d '\r' <"$WORK/answer" | grep -c '^SIP/2.0 200') answers"
}
