#!/bin/sh
# Calls whose callers dial, and call as a fax, with tones in the audio.
. "$(dirname "$0")/net.sh"
up
cd "$WORK"
# Four digits of 60 ms with pauses of 60 ms, then CNG of half a second, in A-law.
python3 - "$WORK" <<'PYTHON'
import math, sys
def law(x):
    sign, x = (0x80, x) if x >= 0 else (0, -x - 1)
    segment = max(x.bit_length() - 8, 0)
    return (sign | segment << 4 | (x >> (segment + 3 if segment else 4)) & 0x0f) ^ 0x55
def tones(ms, *hz):
    return bytes(law(int(sum(6000 * math.sin(2 * math.pi * f * n / 8000) for f in hz))) for n in range(8 * ms))
pause = tones(60)
digits = [(697, 1209), (770, 1336), (852, 1477), (941, 1336)]
sound = tones(300) + b"".join(tones(60, *pair) + pause for pair in digits) + tones(200)
open(sys.argv[1] + "/digits.al", "wb").write(sound + tones(1300 - len(sound) // 8))
open(sys.argv[1] + "/fax.al", "wb").write(tones(300) + tones(500, 1100) + tones(500))
open(sys.argv[1] + "/silence.al", "wb").write(tones(1000))
PYTHON
capture_to "$WORK/capture.pcap"

for sound in digits fax; do
    sed "s/silence.al,1,/$sound.al,1,/" "$SCENARIOS/caller.xml" >"$WORK/caller.xml"
    numbers calls.csv +4930555 +4420555 1
    answer "$BRAVO" 198.51.100.20 callee $BRAVO_IS -m 1
    call "$ALPHA" 192.0.2.10 198.51.100.20 caller $ALPHA_IS -inf calls.csv -m 1 -l 1
    answered
    # The player of both calls has one number: a pause makes two streams of it.
    sleep 3
done

capture_end
cp "$WORK/capture.pcap" "$SAMPLES/inband-tones/"
