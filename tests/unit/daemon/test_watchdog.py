"""The watchdog: how much it forgives, and what systemd hears."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush._lib.sdnotify import Notifier
from platypush.daemon.watchdog import Patience, Watchdog


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        yield listener


class Hub:
    """Passes the probes that it is told to, then ends the watchdog."""

    def __init__(self, systemd: socket.socket, passes: list[bool], **environ: str) -> None:
        notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname(), **environ}, pid=7)
        self.systemd = systemd
        self.passes = passes
        self.seconds: list[float] = []
        self.watchdog = Watchdog(notifier, self.probe, "Serving")

    def probe(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        passed = self.passes.pop(0)
        if not self.passes:
            self.watchdog.stop()
        return passed

    def heard(self, last: str) -> list[str]:
        self.watchdog.start()
        messages: list[str] = []
        while not messages or messages[-1] != last:
            messages.append(self.systemd.recv(1000).decode())
        return messages


def failing(times: int) -> str:
    return f"STATUS=The web server does not answer ({times} times in a row)"


def test_four_failures_in_a_row_are_the_end_and_one_success_makes_good_for_all() -> None:
    patience = Patience()
    passed = [True, False, False, False, True, False, False, False, False, False]
    assert [patience.alive(one) for one in passed] == [*[True] * 8, False, False]


def test_systemd_hears_of_every_probe_that_leaves_hope(systemd: socket.socket) -> None:
    hub = Hub(systemd, [True, False, False, True, True], WATCHDOG_USEC="30000")
    assert hub.heard("STATUS=Serving") == [
        "WATCHDOG=1",
        *("WATCHDOG=1", failing(1)),
        *("WATCHDOG=1", failing(2)),
        *("WATCHDOG=1", "STATUS=Serving"),
    ]
    assert hub.seconds[0] == pytest.approx(0.005)


def test_systemd_hears_no_sign_of_life_of_a_hub_that_does_not_answer(systemd: socket.socket) -> None:
    messages = Hub(systemd, [False] * 6, WATCHDOG_USEC="30000").heard(failing(6))
    assert messages == [
        *("WATCHDOG=1", failing(1)),
        *("WATCHDOG=1", failing(2)),
        *("WATCHDOG=1", failing(3)),
        *(failing(4), failing(5), failing(6)),
    ]


def test_without_a_watchdog_nothing_is_probed(systemd: socket.socket) -> None:
    hub = Hub(systemd, [True])
    hub.watchdog.start()
    assert hub.passes == [True]
