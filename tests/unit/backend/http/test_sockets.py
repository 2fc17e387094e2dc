"""Sockets that the daemon opens, and those that systemd hands over."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress
from platypush.backend.http.sockets import bind, kernel_backlog, listening_process, somaxconn
from platypush.errors import ConfigurationError


def tcp(port: int = 0, host: str = "127.0.0.1") -> Listener:
    return Listener(address=TcpAddress(host, port), protocol=Protocol.HTTP)


def unix(path: Path, mode: int | None = None, owner: str | None = None) -> Listener:
    return Listener(address=UnixAddress(str(path)), protocol=Protocol.UWSGI, mode=mode, owner=owner)


def test_a_socket_listens_and_is_not_inherited_by_accident() -> None:
    with bind(tcp(), 5) as opened:
        assert not opened.get_inheritable()
        socket.create_connection(opened.getsockname(), 5).close()


@pytest.mark.parametrize(("host", "reached"), [("", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "::1")])
def test_an_empty_host_is_every_ipv4_address_and_two_colons_are_both_families(host: str, reached: str) -> None:
    with bind(tcp(host=host), 5) as opened:
        socket.create_connection((reached, opened.getsockname()[1]), 5).close()


def test_a_taken_port_names_the_process_that_has_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"Port {port} is taken by .*\(pid {os.getpid()}\)"):
            bind(tcp(port), 5)


def test_a_port_that_nobody_has_has_no_process() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        assert listening_process(other.getsockname()[1]) is None


def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(ConfigurationError, match="no address"):
        bind(tcp(host="192.0.2.1"), 5)


@pytest.mark.parametrize(("mode", "expected"), [(None, 0o660), (0o600, 0o600), (0o666, 0o666)])
def test_a_unix_socket_gets_its_mode_whatever_the_umask(tmp_path: Path, mode: int | None, expected: int) -> None:
    path = tmp_path / "x.sock"
    with bind(unix(path, mode), 5):
        assert stat.S_IMODE(path.stat().st_mode) == expected


def test_a_unix_socket_gets_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    with bind(unix(path, owner=f"{os.getuid()}:{os.getgid()}"), 5):
        assert path.stat().st_gid == os.getgid()


def test_an_owner_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-user"):
        bind(unix(tmp_path / "x.sock", owner="no-such-user:"), 5)


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    bind(unix(path), 5).close()
    assert path.exists()
    with bind(unix(path), 5), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_in_use_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    with bind(unix(path), 5), pytest.raises(ConfigurationError, match="Another process listens"):
        bind(unix(path), 5)


def test_a_file_in_the_place_of_a_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    path.write_text("precious")
    with pytest.raises(ConfigurationError, match="no socket"):
        bind(unix(path), 5)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_refused_with_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="107"):
        bind(unix(tmp_path / ("x" * 120)), 5)


def test_the_backlog_is_cut_down_to_what_the_kernel_allows() -> None:
    limit = somaxconn()
    assert limit is not None
    assert kernel_backlog(limit + 1) == limit
    assert kernel_backlog(1) == 1


ACTIVATED = """
import os, socket, sys
from platypush.backend.http.addresses import TcpAddress, UnixAddress
from platypush.backend.http.sockets import Activation
env = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": sys.argv[1], "LISTEN_FDNAMES": sys.argv[2]}
activation = Activation(env)
print({name: f"{one.protocol} {one.address}" for name, one in activation.web_listeners().items()})
port, path = int(sys.argv[3]), sys.argv[4]
taken = activation.take(TcpAddress("", port)), activation.take(UnixAddress(path)), activation.take_named("websocket")
print([one is not None for one in taken], activation.names())
print([one.get_inheritable() for one in taken if one is not None])
print(Activation({**env, "LISTEN_PID": "1"}).names())
"""


def activated(names: str, path: Path) -> tuple[list[str], int]:
    """What a process prints that gets a TCP socket, a unix socket and another TCP socket as systemd hands them over."""
    with bind(tcp(), 5) as web, bind(unix(path), 5) as local, bind(tcp(), 5) as websocket:
        port = web.getsockname()[1]
        code = (
            "import os, sys\n"
            f"handed = {[web.fileno(), local.fileno(), websocket.fileno()]}\n"
            "for number, fd in enumerate(handed): os.dup2(fd, 50 + number)\n"
            "for number in range(3): os.dup2(50 + number, 3 + number)\n" + ACTIVATED
        )
        done = subprocess.run(
            (sys.executable, "-c", code, "3", names, str(port), str(path)),
            pass_fds=(web.fileno(), local.fileno(), websocket.fileno()),
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout.splitlines(), port


def test_sockets_of_systemd_are_found_by_name_and_by_address(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    lines, port = activated("http:uwsgi:websocket", path)
    assert lines == [
        f"{{'PLATYPUSH_HTTP_SOCKET': 'http 127.0.0.1:{port}', 'PLATYPUSH_UWSGI_SOCKET': 'uwsgi {path}'}}",
        "[False, True, True] ('http',)",
        "[False, False]",
        "()",
    ]
