"""Whether the web server answers: one real request over its own socket, in the protocol that is spoken there."""

from __future__ import annotations

import socket
import struct

from platypush.backend.http.addresses import Listener, Protocol, UnixAddress

__all__ = ["answers", "http_request", "parse_status", "uwsgi_request"]

PROBE_PATH = "/health"
_WILDCARDS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - mapped to loopback
_MODIFIER_WSGI = 0
_NOT_THE_APPLICATION = frozenset({500, 502, 504})


def uwsgi_request(path: str) -> bytes:
    """A GET request as a packet of the uwsgi protocol: a header of four bytes, then pairs of sized strings."""
    variables = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": path,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.0",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": "",
    }
    body = b"".join(
        struct.pack("<H", len(part)) + part
        for pair in variables.items()
        for part in (pair[0].encode(), pair[1].encode())
    )
    return struct.pack("<BHB", _MODIFIER_WSGI, len(body), 0) + body


def http_request(path: str) -> bytes:
    """A GET request as HTTP/1.0, so that the server closes the connection."""
    return f"GET {path} HTTP/1.0\r\nHost: localhost\r\nUser-Agent: platypush-probe\r\n\r\n".encode()


def parse_status(answer: bytes) -> int | None:
    """The status of an HTTP answer, None when the bytes are not one."""
    words = answer.split(b"\r\n", 1)[0].split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return None
    return int(words[1])


def answers(listener: Listener, timeout: float, path: str = PROBE_PATH) -> bool:
    """Whether a request for ``path`` gets an answer of the application within ``timeout`` seconds for each step.

    Whatever the application thinks of the request, it is there: only what uWSGI or a proxy says in its place (500, 502,
    504) does not count. Certificates are not checked, because the question is not who answers.
    """
    if listener.protocol is Protocol.OTHER:
        return False
    request = uwsgi_request(path) if listener.protocol is Protocol.UWSGI else http_request(path)
    try:
        with _connect(listener, timeout) as connection:
            connection.sendall(request)
            answer = b""
            while b"\r\n" not in answer and (received := connection.recv(4096)):
                answer += received
    except OSError:
        return False
    status = parse_status(answer)
    return status is not None and status not in _NOT_THE_APPLICATION


def _connect(listener: Listener, timeout: float) -> socket.socket:
    address = listener.address
    if isinstance(address, UnixAddress):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(address.raw)
        except BaseException:  # undone, and raised again
            connection.close()
            raise
    else:
        connection = socket.create_connection((_WILDCARDS.get(address.host, address.host), address.port), timeout)
    if listener.protocol is not Protocol.HTTPS:
        return connection
    import ssl  # not at the top: workers import this package, and gevent must patch ssl before anything loads it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection)
