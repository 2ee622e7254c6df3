# Softphones (baresip) and a border element for their media (rtpengine behind kamailio). To be sourced after net.sh.
#
#   alpha: a softphone at 192.0.2.10, which sends its media from there.   bravo: the edge at 198.51.100.20, its media at .42, a core phone behind it.

# tone: what the phones say, 440 Hz.
tone() {
    python3 - "$WORK/tone.wav" <<'PYTHON'
import math, struct, sys, wave
out = wave.open(sys.argv[1], "wb")
out.setparams((1, 2, 8000, 0, "NONE", None))
out.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * n / 8000))) for n in range(160000)))
PYTHON
}

# phone NAME ADDRESS MEDIAENC: the configuration of a softphone that says a tone and listens to nothing.
phone() {
    mkdir -p "$WORK/$1"
    cat >"$WORK/$1/config" <<CONFIG
poll_method epoll
sip_listen $2:5060
audio_player aubridge,nowhere
audio_source aufile,$WORK/tone.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_tos 184
rtp_ports 16384-16484
rtcp_mux no
jitter_buffer_delay 5-10
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_app account.so
module_app menu.so
CONFIG
    echo "<sip:$4@$5>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1;mediaenc=$3;outbound=\"sip:$6;transport=udp\"" | sed 's/mediaenc=none;//' >"$WORK/$1/accounts"
    : >"$WORK/$1/contacts"
}

# edge CORE_OFFER WIRE_ANSWER: kamailio and rtpengine at bravo's border, with how they change what protects the media.
edge() {
    rm -f "$WORK/kamailio.pid"
    sed "s|CORE_OFFER|$1|;s|WIRE_ANSWER|$2|" "$HERE/kamailio-media.cfg" >"$WORK/kamailio.cfg"
    ip netns exec "$BRAVO" rtpengine --config-file=none --table=-1 --foreground --interface=wire/198.51.100.42 --interface=core/10.20.0.1 --listen-ng=127.0.0.1:2223 \
        --port-min=20000 --port-max=20200 --log-level=3 --log-stderr >"$WORK/rtpengine.log" 2>&1 &
    RTPENGINE=$!
    PIDS="$PIDS $RTPENGINE"
    ip netns exec "$BRAVO" kamailio -DD -E -f "$WORK/kamailio.cfg" -Y "$WORK" -P "$WORK/kamailio.pid" -n 1 >"$WORK/kamailio.log" 2>&1 &
    KAMAILIO=$!
    PIDS="$PIDS $KAMAILIO"
    sleep 2
}

edge_down() {
    kill "$KAMAILIO" "$RTPENGINE" 2>/dev/null || true
    wait "$KAMAILIO" "$RTPENGINE" 2>/dev/null || true
}

# talk SECONDS: the phone in the core waits, that of alpha calls it and hangs up after so long.
talk() {
    ip netns exec "$CORE" timeout -s KILL $(($1 + 8)) baresip -f "$WORK/callee" -t $(($1 + 3)) >"$WORK/callee.log" 2>&1 &
    CALLEE=$!
    PIDS="$PIDS $CALLEE"
    sleep 1
    alpha timeout -s KILL $(($1 + 8)) baresip -f "$WORK/caller" -t "$1" -e "/dial sip:+4420555001@bravo.example" >"$WORK/caller.log" 2>&1 || true
    wait "$CALLEE" || true
}
