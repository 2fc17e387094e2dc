"""What systemd gets to hear."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush._lib.sdnotify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def notifier(systemd: socket.socket, **environ: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": systemd.getsockname(), **environ}, pid=7)


def test_ready_comes_with_a_line_for_the_status(systemd: socket.socket) -> None:
    notifier(systemd).ready("serves\nwell")
    assert systemd.recv(1000) == b"READY=1\nSTATUS=serves"


def test_a_reload_tells_its_time(systemd: socket.socket) -> None:
    notifier(systemd).reloading()
    assert systemd.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")


def test_stopping_alive_status_and_more_time_are_told(systemd: socket.socket) -> None:
    sender = notifier(systemd)
    sender.stopping()
    sender.alive()
    sender.status("busy")
    sender.extend_timeout(2.5)
    messages = [systemd.recv(1000) for _ in range(4)]
    assert messages == [b"STOPPING=1", b"WATCHDOG=1", b"STATUS=busy", b"EXTEND_TIMEOUT_USEC=2500000"]


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")
        listener.settimeout(5)
        name = listener.getsockname()
        Notifier({"NOTIFY_SOCKET": "@" + name[1:].decode()}).ready()
        assert listener.recv(1000) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nonexistent/socket"])
def test_without_systemd_nothing_happens(address: str) -> None:
    Notifier({"NOTIFY_SOCKET": address}).ready()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "7"}, 10),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_for_the_process_that_it_names(environ: dict[str, str], seconds: float | None) -> None:
    assert Notifier(environ, pid=7).watchdog_seconds == seconds
