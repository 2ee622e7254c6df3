# Two carriers as network namespaces on one wire, and a capture of what passes on it. To be sourced.
#
#   alpha  192.0.2.10 .11 (border elements) .32 (media)      2001:db8:a::10
#   bravo  198.51.100.20 .21 (border elements) .42 (media)   2001:db8:b::20
#
# All addresses are for documentation (RFC 5737, RFC 3849); nothing leaves the namespaces. They are removed at the end, whatever happens.

set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
SAMPLES=$(dirname "$HERE")
SCENARIOS=$HERE/scenarios
ALPHA=speerlint-alpha-$$
BRAVO=speerlint-bravo-$$
CORE=speerlint-core-$$
MIDDLE=speerlint-middle-$$
WORK=$(mktemp -d)
PIDS=
CAPTURE=

down() {
    trap "" TERM
    for pid in $PIDS $CAPTURE; do kill "$pid" 2>/dev/null || true; done
    for ns in "$ALPHA" "$BRAVO" "$CORE" "$MIDDLE"; do ip netns del "$ns" 2>/dev/null || true; done
    rm -rf "$WORK"
}
trap down EXIT
trap 'exit 130' INT TERM

alpha() { ip netns exec "$ALPHA" "$@"; }
bravo() { ip netns exec "$BRAVO" "$@"; }
core() { ip netns exec "$CORE" "$@"; }

wire() {
    ip link add wire netns "$ALPHA" type veth peer name wire netns "$BRAVO"
}

up() {
    ip netns add "$ALPHA"
    ip netns add "$BRAVO"
    wire
    for address in 192.0.2.10/32 192.0.2.11/32 192.0.2.32/32; do alpha ip address add "$address" dev wire; done
    for address in 198.51.100.20/32 198.51.100.21/32 198.51.100.42/32; do bravo ip address add "$address" dev wire; done
    alpha ip -6 address add 2001:db8:a::10/64 dev wire nodad
    bravo ip -6 address add 2001:db8:b::20/64 dev wire nodad
    for side in alpha bravo; do
        $side ip link set lo up
        $side ip link set wire up
        # Checksums and segments as they would be on a real wire.
        $side ethtool -K wire tx off rx off tso off gso off gro off >/dev/null 2>&1 || true
        $side sysctl -qw net.ipv6.conf.wire.router_solicitations=0 || true
    done
    alpha ip route add 198.51.100.0/24 dev wire src 192.0.2.10
    bravo ip route add 192.0.2.0/24 dev wire src 198.51.100.20
    alpha ip -6 route add 2001:db8:b::/64 dev wire
    bravo ip -6 route add 2001:db8:a::/64 dev wire
}

# A core network behind bravo, with private addresses.
core_up() {
    ip netns add "$CORE"
    ip link add inner netns "$BRAVO" type veth peer name inner netns "$CORE"
    bravo ip address add 10.20.0.1/24 dev inner
    core ip address add 10.20.0.5/24 dev inner
    bravo ip link set inner up
    core ip link set lo up
    core ip link set inner up
    core ip route add default via 10.20.0.1
    bravo sysctl -qw net.ipv4.ip_forward=1
    alpha ip route add 10.20.0.0/24 dev wire
}

# capture_to FILE: tcpdump on alpha's end of the wire.
capture_to() {
    ip netns exec "$ALPHA" tcpdump -Z root -i wire -s 0 -U -w "$1" 'udp or tcp or (ip[6:2] & 0x3fff != 0) or ip6[6] == 44' 2>/dev/null &
    CAPTURE=$!
    sleep 1
}

capture_end() {
    sleep 1
    kill "$CAPTURE"
    wait "$CAPTURE" || true
    CAPTURE=
}

# Without media, and with calls of $2 milliseconds: sipp plays all calls of one side on one port, so that only calls one after the other have media.
mute() {
    sed "/rtp_stream=/d; s/milliseconds=\"1300\"/milliseconds=\"$2\"/; s/\[rtpstream_audio_port\]/[media_port]/" "$SCENARIOS/$1.xml" >"$WORK/$1.xml"
}

scenario() {
    if [ -e "$WORK/$1.xml" ]; then echo "$WORK/$1.xml"; else echo "$SCENARIOS/$1.xml"; fi
}

# Takes namespace, own address, scenario and more options of sipp. Answers until all its calls are over.
answer() {
    side=$1 address=$2 scenario=$3
    shift 3
    ip netns exec "$side" timeout -s KILL 90 sipp -sf "$(scenario "$scenario")" -i "$address" -p 5060 -nostdin "$@" >/dev/null 2>&1 &
    PIDS="$PIDS $!"
    ANSWERER=$!
    sleep 1
}

# Takes namespace, own and other address, scenario and more options of sipp. Calls, and returns when all calls are over.
call() {
    side=$1 own=$2 other=$3 scenario=$4
    shift 4
    ip netns exec "$side" timeout -s KILL 90 sipp "$other" -sf "$(scenario "$scenario")" -i "$own" -p 5060 -nostdin "$@" >"$WORK/out" 2>"$WORK/err" ||
        { echo "$scenario from $own: sipp says $?" >&2; grep -v '^$' "$WORK/err" | tail -n 3 >&2; }
}

# The answerer of the last `answer` has no more to do.
answered() {
    kill "$ANSWERER" 2>/dev/null || true
    wait "$ANSWERER" 2>/dev/null || true
}

# Who calls whom.
ALPHA_IS='-key own_domain alpha.example -key peer_domain bravo.example -mi 192.0.2.32 -mp 16384 -key agent Alpha-SBC'
BRAVO_IS='-key own_domain bravo.example -key peer_domain alpha.example -mi 198.51.100.42 -mp 20000 -key agent Bravo-Edge'

# numbers FILE CALLER CALLEE COUNT: an injection file of sipp, both numbers counted up.
numbers() {
    { echo SEQUENTIAL; n=0; while [ $n -lt "$4" ]; do printf '%s%03d;%s%03d\n' "$2" $n "$3" $n; n=$((n + 1)); done; } >"$1"
}

# A second of A-law silence, in the directory that sipp plays from.
silence() {
    head -c 8000 /dev/zero | tr '\0' '\325' >"$WORK/silence.al"
    cd "$WORK"
}
