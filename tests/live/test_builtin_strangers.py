"""The built-in server and those who knock on its port without speaking HTTP, or TLS."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.running.hub import hub_folder, running_daemon, running_hub

pytestmark = pytest.mark.live

RUBBISH = (b"\x16\x03\x01\x02\x00\x01\x00", b"HELO there\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"")


def say(port: int, data: bytes) -> bytes:
    """Send ``data`` to the web server's port as it is, and read what comes first."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        try:
            return connection.recv(65_536)
        except ConnectionError:
            return b""


def health_over_tls(port: int, certificate: str) -> bytes:
    """The answer of /health, once the server is there."""
    context = ssl.create_default_context(cafile=certificate)
    deadline = time.monotonic() + 30
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), 20) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as connection,
            ):
                connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if answer := connection.recv(65_536):
                    return answer
        except OSError:
            assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_rubbish_is_refused_and_leaves_no_more_than_a_line_in_the_log(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", uwsgi_args=None) as hub:
        for rubbish in RUBBISH:
            answer = say(hub.port, rubbish)
            assert answer == b"" or b" 4" in answer.split(b"\r\n")[0]
        assert hub.request("GET", "/ready").status == 200
        log = hub.log.read_text()
        assert "Traceback" not in log
        assert "HELO" not in log


def test_plain_http_on_the_tls_port_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    folder = hub_folder(tmp_path / "hub", http=f"  ssl_cert: {cert}\n  ssl_key: {key}\n")
    with running_daemon(folder):
        assert b" 200 " in health_over_tls(folder.port, cert)
        say(folder.port, b"GET / HTTP/1.0\r\n\r\n")
        assert b" 200 " in health_over_tls(folder.port, cert)
        log = folder.log.read_text()
        assert "Traceback" not in log
        assert "SSLError" not in log
