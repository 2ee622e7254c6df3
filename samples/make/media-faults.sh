#!/bin/sh
# Calls whose voice a relay on the way spoils, each in another way, and a call between two softphones that report of it.
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/relayed.sh"
. "$(dirname "$0")/media.sh"

# softphone NAME ADDRESS: linphone without a sound card, which reports VoIP metrics (RFC 3611).
softphone() {
    mkdir -p "$WORK/$1/.local/share/linphone"
    cat >"$WORK/$1/rc" <<CONFIG
[sip]
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
contact=sip:$1@$2
guess_hostname=0
use_ipv6=0
default_proxy=-1
[rtp]
audio_rtp_port=$3
rtcp_xr_enabled=1
rtcp_xr_voip_metrics_enabled=1
rtcp_xr_rcvr_rtt_mode=all
rtcp_xr_rcvr_rtt_max_size=10000
rtcp_xr_stat_summary_enabled=0
CONFIG
    n=0
    for codec in PCMA/8000/1/1 telephone-event/8000/1/1 PCMU/8000/1/0 opus/48000/2/0 speex/8000/1/0 speex/16000/1/0 speex/32000/1/0 GSM/8000/1/0 G722/8000/1/0 G729/8000/1/0; do
        echo "$codec" | { IFS=/ read -r mime rate channels enabled
            printf '[audio_codec_%s]\nmime=%s\nrate=%s\nchannels=%s\nenabled=%s\n' $n "$mime" "$rate" "$channels" "$enabled"; } >>"$WORK/$1/rc"
        n=$((n + 1))
    done
}

# calls MILLISECONDS APART DIGITS...: calls that last so long, to callees with these last two digits. sipp sends every call from one source: what begins
# two seconds after the last is another stream.
calls() {
    for side in caller callee; do sed "s/milliseconds=\"1300\"/milliseconds=\"$1\"/; $LAW" "$SCENARIOS/$side.xml" >"$WORK/$side.xml"; done
    apart=$2
    shift 2
    { echo SEQUENTIAL; for digits in "$@"; do echo "+49305550$digits;+44205550$digits"; done; } >calls.csv
    answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m $#
    call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m $# -l 1 -r 1 -rp "$apart"
    answered
}

LAW=
up
head -c 64000 /dev/zero | tr '\0' '\325' >"$WORK/silence.al"
cd "$WORK"
ip netns exec "$MIDDLE" python3 "$HERE/meddle.py" bravo alpha &
RELAY=$!
PIDS="$PIDS $RELAY"
capture_to "$WORK/capture.pcap"

calls 400 3000 10
sleep 2
calls 2200 5500 00 01 02 04 05 08 09 03 11
sleep 2
# Another codec than agreed: mu-law.
LAW='s|RTP/AVP 8 101|RTP/AVP 0 101|; s|rtpmap:8 PCMA|rtpmap:0 PCMU|; s|8,8,PCMA|8,0,PCMU|; s|1,8,PCMA|1,0,PCMU|'
calls 2200 5500 12
LAW=
sleep 2
head -c 8000 /dev/zero | tr '\0' '\325' >silence.al
calls 5000 8500 06 07

# It asks the routes which address is its own.
alpha ip route add default dev wire src 192.0.2.10
bravo ip route add default dev wire src 198.51.100.20
softphone alpha 192.0.2.10 16400
softphone bravo 198.51.100.20 20400
tone
(echo "soundcard use files"; sleep 9; echo "play $WORK/tone.wav"; sleep 17; echo quit) | HOME=$WORK/bravo bravo timeout 40 linphonec -c "$WORK/bravo/rc" -a >"$WORK/bravo.log" 2>&1 &
PIDS="$PIDS $!"
sleep 4
(
    echo "soundcard use files"; sleep 1; echo "call sip:+4420555020@198.51.100.20"; sleep 3; echo "play $WORK/tone.wav"; sleep 15
    echo terminate; sleep 1; echo quit; sleep 1
) | HOME=$WORK/alpha alpha timeout 40 linphonec -c "$WORK/alpha/rc" >"$WORK/alpha.log" 2>&1 || true

capture_end
kill "$RELAY"
wait "$RELAY" || true
mkdir -p "$SAMPLES/media-faults"
cp "$WORK/capture.pcap" "$SAMPLES/media-faults/"
if [ -n "${KEEP_LOGS-}" ]; then cp "$WORK"/*.log "$KEEP_LOGS/"; fi
