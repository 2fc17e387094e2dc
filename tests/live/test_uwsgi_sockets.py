"""Every way to name a socket to uWSGI, with the daemon holding it."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from platypush.backend.http.addresses import Listener, Protocol, UnixAddress
from platypush.backend.http.readiness import answers, uwsgi_request
from tests.live.serving import free_port, serving

pytestmark = pytest.mark.live

FIRST = ("--plugin", "python", "--http-socket", ":{port}", "--master", "--processes", "4")
SECOND = ("--plugin", "python", "--socket", "127.0.0.1:{port}", "--master", "--processes", "4")


def over_uwsgi(connection: socket.socket, path: str = "/") -> bytes:
    with connection:
        connection.settimeout(10)
        connection.sendall(uwsgi_request(path))
        answer = b""
        while received := connection.recv(65_536):
            answer += received
    return answer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key),
            *("-out", cert, "-days", "2", "-subj", "/CN=localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def ask_tls(port: int) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while received := connection.recv(65_536):
            answer += received
    return answer


def test_the_first_arguments_of_the_specification_work_as_written(tmp_path: Path) -> None:
    with serving(tmp_path, *FIRST) as web:
        assert web.ask()["pid"] in web.workers()
        assert len(web.workers()) == 4
        assert web.backend.urls() == (f"http://localhost:{web.port}/",)


def test_the_second_arguments_of_the_specification_work_as_written(tmp_path: Path) -> None:
    with serving(tmp_path, *SECOND) as web:
        answer = over_uwsgi(socket.create_connection(("127.0.0.1", web.port), 10))
        assert answer.startswith(b"HTTP/1.0 200")
        assert web.backend.urls() == ()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--http-socket=127.0.0.1:{port}",),
        ("--http", ":{port}"),
        ("--http", "127.0.0.1:{port}", "--threads", "4"),
        ("--http-socket", "127.0.0.1:{port}", "--gevent", "20"),
        ("--threads", "2"),
    ],
)
def test_http_is_served_on_the_named_port_or_else_the_configured_one(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with serving(tmp_path, *arguments) as web:
        assert web.ask()["device"] == "test"


@pytest.mark.parametrize(
    "spelling", [("-s", "{path}"), ("-s{path}",), ("--socket={path}",), ("--uwsgi-socket", "{path}")]
)
def test_a_unix_socket_gets_its_mode_and_disappears_at_the_end(tmp_path: Path, spelling: tuple[str, ...]) -> None:
    path = tmp_path / "web.sock"
    words = (*(word.replace("{path}", str(path)) for word in spelling), "--chmod-socket=660")
    with serving(tmp_path, *words):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert answers(Listener(address=UnixAddress(str(path)), protocol=Protocol.UWSGI), 5)
    assert not path.exists()


def test_an_http_router_talks_to_its_workers_over_a_private_socket_not_over_tcp(tmp_path: Path) -> None:
    with serving(tmp_path, "--http", "127.0.0.1:{port}") as web:
        listening = subprocess.run(("ss", "-Hltnp"), capture_output=True, text=True, check=True).stdout
        ours = [line for line in listening.splitlines() if any(f"pid={pid}," in line for pid in web.workers())]
        assert ours == []
        inner = tmp_path / "run" / "uwsgi-router.sock"
        assert stat.S_IMODE(inner.stat().st_mode) == 0o600


@pytest.mark.parametrize("option", ["--https", "--https-socket"])
def test_an_https_argument_takes_its_certificate_from_the_configuration(
    tmp_path: Path, certificate: tuple[str, str], option: str
) -> None:
    cert, key = certificate
    with serving(tmp_path, option, "127.0.0.1:{port}", ssl_cert=cert, ssl_key=key) as web:
        assert b'"scheme": "https"' in ask_tls(web.port)
        assert web.backend.urls() == (f"https://127.0.0.1:{web.port}/",)


@pytest.mark.parametrize(
    "option",
    [("--https", "127.0.0.1:{port},{cert},{key}"), ("--https2", "addr=127.0.0.1:{port},cert={cert},key={key}")],
)
def test_an_https_argument_may_name_its_certificate(
    tmp_path: Path, certificate: tuple[str, str], option: tuple[str, str]
) -> None:
    value = option[1].replace("{cert}", certificate[0]).replace("{key}", certificate[1])
    with serving(tmp_path, option[0], value) as web:
        assert b" 200 " in ask_tls(web.port)


def test_the_ini_file_gets_the_configured_port_by_its_placeholder(tmp_path: Path) -> None:
    with serving(tmp_path, "--ini", "uwsgi.ini") as web:
        assert web.ask()["device"] == "test"
        assert len(web.workers()) == 2


def test_the_ini_file_leaves_the_socket_to_an_argument(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with serving(tmp_path, "--ini", "uwsgi.ini", "--socket", str(path)):
        assert answers(Listener(address=UnixAddress(str(path)), protocol=Protocol.UWSGI), 5)


def test_an_ini_file_of_the_operator_may_bind_its_own_socket(tmp_path: Path) -> None:
    port = free_port()
    ini = tmp_path / "own.ini"
    ini.write_text(f"[uwsgi]\nhttp-socket = 127.0.0.1:{port}\nprocesses = 2\nthreads = 2\n")
    with serving(tmp_path, "--ini", str(ini)) as web:
        assert web.port == port
        assert web.ask()["device"] == "test"


def test_the_child_has_no_business_of_the_parent_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.setenv("LISTEN_FDNAMES", "http")
    monkeypatch.setenv("PYTHONOPTIMIZE", "")
    with serving(tmp_path, *FIRST) as web:
        env = web.ask("/env")
    assert {"NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDNAMES", "PYTHONOPTIMIZE"} & set(env) == set()
    assert env["PLATYPUSH_WORKDIR"] == str(tmp_path)


def test_the_settings_of_the_workers_are_private_and_name_the_port_of_the_arguments(tmp_path: Path) -> None:
    with serving(tmp_path, *FIRST) as web:
        file = tmp_path / "run" / "web.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_bytes())["port"] == web.port
