#!/usr/bin/env python3
"""passport.py KEY URL PPT CLAIMS [header=value ...]: an Identity value (RFC 8224), signed by openssl.

CLAIMS is JSON; "iat": null becomes now, a negative number so many seconds before now. A header=value changes the JOSE header."""
import base64, json, subprocess, sys, time

key, url, ppt, claims, *changes = sys.argv[1:]
claims = json.loads(claims)
if claims.get("iat") is None or claims["iat"] < 0:
    claims["iat"] = int(time.time()) + (claims.get("iat") or 0)
header = {"alg": "ES256", "ppt": ppt, "typ": "passport", "x5u": url} | dict(change.split("=", 1) for change in changes)
b64 = lambda octets: base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
text = lambda value: b64(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())
signed = f"{text(header)}.{text(claims)}"
der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed.encode(), capture_output=True, check=True).stdout
# SEQUENCE { INTEGER r, INTEGER s } to r and s of 32 octets each (RFC 7518 §3.4).
r = der[4:4 + der[3]]
s = der[6 + der[3]:]
raw = b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in (r, s))
print(f"{signed}.{b64(raw)};info=<{url}>;alg=ES256;ppt={ppt}")
