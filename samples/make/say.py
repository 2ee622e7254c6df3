"""Takes messages on standard input, gives them to a host over TCP in the pieces that form feeds part, and what the host answers on standard output.

say.py OWN OTHER PORT SECONDS: between two pieces, and behind the last, it waits so long.
"""

import socket
import sys
import time

own, other, port, wait = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
with socket.create_connection((other, port), timeout=5, source_address=(own, 0)) as connection:
    for piece in sys.stdin.buffer.read().split(b"\f"):
        connection.sendall(piece)
        time.sleep(wait)
    connection.setblocking(False)
    try:
        sys.stdout.buffer.write(connection.recv(65536))
    except (BlockingIOError, ConnectionResetError):
        pass
