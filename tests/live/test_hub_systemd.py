"""What systemd hears of a hub: that it is ready once a worker answers, and that a start has failed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.serving import ask
from tests.running.hub import ROOT, HubFolder, hub_folder
from tests.running.processes import run_group

pytestmark = pytest.mark.live

INI = f"  run_externally: true\n  uwsgi_args: ['--ini', '{ROOT}/uwsgi.ini']\n"
BROKEN = "  run_externally: true\n  uwsgi_args: ['--http-socket', ':{port}', '--module', 'platypush.nothing']\n"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        yield listener


def environment(systemd: socket.socket, folder: HubFolder) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "3000000"}


def test_ready_is_told_when_a_worker_answers_and_signs_of_life_follow(tmp_path: Path, systemd: socket.socket) -> None:
    folder = hub_folder(tmp_path / "hub", http=INI)
    with run_group(folder.argv("run"), env=environment(systemd, folder), log=folder.log):
        assert systemd.recv(1000).startswith(b"READY=1\nSTATUS=Serving")
        assert b'{"status":"ok"}' in ask(folder.port, "/health")
        assert systemd.recv(1000) == b"WATCHDOG=1"


def test_a_start_whose_web_server_cannot_come_up_has_failed(tmp_path: Path, systemd: socket.socket) -> None:
    folder = hub_folder(tmp_path / "hub", http=BROKEN, user=False)
    with run_group(folder.argv("run"), env=environment(systemd, folder), log=folder.log) as hub:
        assert hub.wait(90) == 1
    assert systemd.recv(1000).startswith(b"STOPPING=1")
    assert "platypush.nothing" in folder.log.read_text()
