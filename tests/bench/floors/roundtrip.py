"""A bare callable with one round trip over a unix socket to a Python process, and that process.

``python -m tests.bench.floors.roundtrip PATH`` is the process: one thread a connection, as the hub's daemon has.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_idle: deque[socket.socket] = deque()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Sends the body over a pooled connection and answers what comes back."""
    body = environ["wsgi.input"].read()
    try:
        connection = _idle.pop()
    except IndexError:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.environ["ROUNDTRIP_SOCKET"])
    connection.sendall(len(body).to_bytes(4, "big") + body)
    answer = connection.recv(65536)
    _idle.append(connection)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def _serve(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


def main() -> None:
    """Echo whatever comes until killed."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(1024)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
