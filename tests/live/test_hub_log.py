"""What the hub's log says under uWSGI, to people who read it."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.running.hub import Hub, hub_folder, running_daemon, running_hub

pytestmark = pytest.mark.live


def lines_once(hub: Hub, wanted: str) -> list[str]:
    """The lines of the log, once one of them has ``wanted`` in it."""
    deadline = time.monotonic() + 20
    while wanted not in (text := hub.log.read_text()):
        assert time.monotonic() < deadline, text
        time.sleep(0.02)
    return text.splitlines()


def test_a_start_leaves_a_few_lines_the_last_of_which_has_the_address(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        lines = [line for line in lines_once(hub, f"Open http://127.0.0.1:{hub.port}/") if line]
        assert len(lines) <= 6
        assert "Open" in lines[-1]


def test_a_dead_worker_is_reported_and_requests_are_logged_as_they_are(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", config="logging: {access: true}\n") as hub:
        hub.request("GET", "/health?token=secret")
        entry = next(line for line in lines_once(hub, "token=***") if "token=***" in line)
        assert json.loads(entry)["status"] == 200
        hub.request("GET", "/" + "x" * 9000)
        entry = next(line for line in lines_once(hub, "/xxxx") if "/xxxx" in line)
        assert len(entry) < 2000
        worker = json.loads(hub.command("status", "--json"))["http"]["workers"][0]["pid"]
        os.kill(worker, signal.SIGKILL)
        report = next(line for line in lines_once(hub, "DAMN") if "DAMN" in line)
        assert "ERROR" in report
        assert str(worker) in report


def test_a_hub_whose_web_server_does_not_come_up_says_why_and_stops_at_once_when_told(tmp_path: Path) -> None:
    folder = hub_folder(
        tmp_path / "hub",
        http="  run_externally: true\n  uwsgi_args: ['--http-socket', ':{port}', '--nonsense']\n",
        user=False,
    )
    with running_daemon(folder) as process:
        deadline = time.monotonic() + 20
        while "Next start in" not in (text := folder.log.read_text()):
            assert time.monotonic() < deadline, text
            time.sleep(0.02)
        assert "unrecognized option '--nonsense'" in text
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_what_is_switched_off_is_no_problem(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", uwsgi_args=None, config="tts: {disabled: true}\n") as hub:
        assert "problems: none" in hub.command("status")
