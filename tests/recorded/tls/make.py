"""Makes the captures of this folder: one SIP call over TLS on the loopback interface, with its key log.

Both sides are the ssl module of Python over OpenSSL 3.0, at security level 0 so that it still speaks what nobody should. Needs tcpdump and
the right to capture; run in this folder: python3 make.py
"""

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

PORT = 5061
NO_ENCRYPT_THEN_MAC = 0x80000  # SSL_OP_NO_ENCRYPT_THEN_MAC

VERSION = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

# Name, version, cipher, options.
CASES = [
    ("cbc-sha1", "1.2", "ECDHE-ECDSA-AES128-SHA", ""),
    ("cbc-sha1-without-etm", "1.2", "ECDHE-ECDSA-AES128-SHA", "no-etm"),
    ("cbc-sha256", "1.2", "ECDHE-ECDSA-AES128-SHA256", ""),
    ("cbc-sha384", "1.2", "ECDHE-ECDSA-AES256-SHA384", ""),
    ("cbc-sha384-without-etm", "1.2", "ECDHE-ECDSA-AES256-SHA384", "no-etm"),
    ("ccm", "1.2", "ECDHE-ECDSA-AES128-CCM", ""),
    ("ccm8", "1.2", "ECDHE-ECDSA-AES256-CCM8", ""),
    ("static-rsa", "1.2", "AES128-SHA", "rsa"),
    ("null", "1.2", "NULL-SHA256", "rsa"),
    ("tls-1.0", "1.0", "ECDHE-ECDSA-AES256-SHA", ""),
    ("tls-1.0-without-etm", "1.0", "ECDHE-ECDSA-AES256-SHA", "no-etm"),
    ("tls-1.1", "1.1", "ECDHE-ECDSA-AES256-SHA", ""),
    ("tls-1.1-without-etm", "1.1", "ECDHE-ECDSA-AES256-SHA", "no-etm"),
    ("tls-1.3", "1.3", "ALL", "mutual"),
    ("tls-1.3-retried", "1.3", "ALL", "other-group"),
    ("resumed-by-ticket", "1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "resume mutual"),
    ("resumed-by-id", "1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "resume mutual no-ticket"),
    ("resumed-1.3", "1.3", "ALL", "resume mutual"),
    ("refused", "1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "mutual no-client-certificate"),
    ("refused-1.3", "1.3", "ALL", "mutual no-client-certificate"),
]


def certificate(folder, kind):
    key, cert = os.path.join(folder, kind + ".key"), os.path.join(folder, kind + ".pem")
    new = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=sbc.bravo.example", "-days", "3650"]
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *new, "-keyout", key, "-out", cert, *subject], check=True, capture_output=True)
    return cert, key


def context(server, version, cipher, options, identity, trusted, log):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers(cipher + ":@SECLEVEL=0")
    made.minimum_version = made.maximum_version = VERSION[version]
    made.set_alpn_protocols(["sip"])
    if "no-etm" in options:
        made.options |= NO_ENCRYPT_THEN_MAC
    if "no-ticket" in options:
        made.options |= ssl.OP_NO_TICKET
    if server and "other-group" in options:
        made.set_ecdh_curve("prime256v1")
    if server or "no-client-certificate" not in options:
        made.load_cert_chain(*identity)
    if server and "mutual" in options:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(trusted)
    if not server:
        made.keylog_filename = log
    return made


def message(first, number, cseq, tag=""):
    lines = [
        first,
        f"Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK-{number}-{cseq.replace(' ', '-')}",
        "Max-Forwards: 70",
        "From: <sip:a@alpha.example>;tag=1",
        f"To: <sip:b@bravo.example>{tag}",
        f"Call-ID: call-{number}@alpha.example",
        f"CSeq: {cseq}",
        "Contact: <sip:a@127.0.0.1:5061;transport=tls>",
        "Content-Length: 0",
    ]
    return "".join(line + "\r\n" for line in lines + [""]).encode()


def read(connection, messages):
    octets = b""
    while octets.count(b"\r\n\r\n") < messages:
        more = connection.recv(65536)
        if not more:
            break
        octets += more


def serve(listener, tls, connections):
    for number in range(connections):
        raw, _ = listener.accept()
        try:
            connection = tls.wrap_socket(raw, server_side=True)
            read(connection, 1)
            connection.sendall(message("SIP/2.0 180 Ringing", number, "1 INVITE", ";tag=2"))
            time.sleep(0.01)
            connection.sendall(message("SIP/2.0 200 OK", number, "1 INVITE", ";tag=2"))
            read(connection, 2)
            connection.sendall(message("SIP/2.0 200 OK", number, "2 BYE", ";tag=2"))
            read(connection, 1)
            connection.unwrap()
        except (ssl.SSLError, OSError):
            pass
        raw.close()


def call(tls, number, session):
    raw = socket.create_connection(("127.0.0.2", PORT))
    try:
        connection = tls.wrap_socket(raw, server_hostname="sbc.bravo.example", session=session)
        connection.sendall(message("INVITE sip:b@bravo.example SIP/2.0", number, "1 INVITE"))
        read(connection, 2)
        connection.sendall(message("ACK sip:b@bravo.example SIP/2.0", number, "1 ACK", ";tag=2"))
        time.sleep(0.01)
        connection.sendall(message("BYE sip:b@bravo.example SIP/2.0", number, "2 BYE", ";tag=2"))
        read(connection, 1)
        session = connection.session
        connection.unwrap()
    except (ssl.SSLError, OSError):
        pass
    raw.close()
    return session


def record(folder, name, version, cipher, options):
    log = name + ".keys"
    if os.path.exists(log):
        os.remove(log)
    identity = certificate(folder, "rsa" if "rsa" in options else "ec")
    made = [context(server, version, cipher, options, identity, identity[0], log) for server in (True, False)]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.2", PORT))
    listener.listen()
    command = ["tcpdump", "-i", "lo", "-U", "-w", name + ".pcap", "tcp", "port", str(PORT)]
    dump = subprocess.Popen(command, stderr=subprocess.PIPE)
    dump.stderr.readline()
    time.sleep(0.5)
    calls = 2 if "resume" in options else 1
    server = threading.Thread(target=serve, args=(listener, made[0], calls))
    server.start()
    session = None
    for number in range(calls):
        session = call(made[1], number, session)
    server.join()
    listener.close()
    time.sleep(0.7)
    dump.send_signal(signal.SIGINT)
    dump.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, version, cipher, options in CASES:
            record(folder, name, version, cipher, options.split())
