"""Reloads under load, with settings that work and with settings that do not."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from platypush.errors import ConfigurationError
from tests.fakes.settings import web_settings
from tests.live.serving import alive, asleep, eventually, load, serving

pytestmark = pytest.mark.live

INI = ("--ini", "uwsgi.ini")
THREADS = ("--http-socket", "127.0.0.1:{port}", "--processes", "2", "--threads", "4")
ONE = ("--http-socket", "127.0.0.1:{port}", "--processes", "1", "--threads", "4")
ROUTER = ("--http", "127.0.0.1:{port}", "--processes", "2", "--threads", "4")
KINDS = pytest.mark.parametrize(
    "arguments", [INI, THREADS, ONE, ROUTER, ()], ids=["gevent", "threads", "one", "router", "builtin"]
)


@KINDS
def test_a_reload_under_load_replaces_all_workers_and_fails_no_request(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with serving(tmp_path, *arguments) as web:
        before = web.workers() or {web.master()}
        with load(web.port) as traffic:
            for number in range(3):
                assert traffic.more()
                web.backend.reload(web_settings(tmp_path, device_id=f"version-{number}"))
        assert traffic.failures == []
        assert traffic.answered > 100
        assert traffic.devices == {"test", "version-0", "version-1", "version-2"}
        assert web.ask()["device"] == "version-2"
        assert eventually(lambda: not any(alive(pid) for pid in before))


@KINDS
def test_settings_that_break_the_application_are_refused_and_the_old_workers_go_on(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with serving(tmp_path, *arguments) as web:
        before = web.workers(), web.master()
        file = (tmp_path / "run" / "web.json").read_bytes()
        with load(web.port) as traffic:
            with pytest.raises(ConfigurationError, match="these settings break the application"):
                web.backend.reload(web_settings(tmp_path, device_id="broken"))
            assert traffic.more()
        assert traffic.failures == []
        assert (web.workers(), web.master()) == before
        assert (tmp_path / "run" / "web.json").read_bytes() == file
        assert web.ask()["device"] == "test"


def test_a_request_that_takes_long_outlives_a_reload(tmp_path: Path) -> None:
    with serving(tmp_path, *INI) as web, load(web.port, threads=4, path="/sleep/2") as traffic:
        assert asleep(tmp_path, 4)
        web.backend.reload(web_settings(tmp_path, device_id="new"))
        assert eventually(lambda: traffic.answered >= 4)
        assert traffic.failures == []


def test_a_reload_starts_a_server_that_was_given_up(tmp_path: Path) -> None:
    with serving(tmp_path, *INI) as web:
        file = tmp_path / "run" / "web.json"
        file.write_bytes(web_settings(tmp_path, device_id="broken").to_json())
        # Without the trial import this is what a chain reload would do: the whole instance ends with exit code 22.
        web.backend._opened.server._send(b"c")  # type: ignore[union-attr]
        assert eventually(lambda: web.backend.status()["last_exit"] == "exit code 22")
        assert eventually(lambda: web.backend.status()["state"] in ("backoff", "fatal"))
        web.backend.reload(web_settings(tmp_path, device_id="mended"))
        assert web.ask()["device"] == "mended"


def test_a_reload_waits_for_a_server_that_is_just_starting(tmp_path: Path) -> None:
    with serving(tmp_path, *INI) as web:
        os.kill(web.master(), signal.SIGKILL)
        assert eventually(lambda: web.backend.status()["state"] == "starting")
        web.backend.reload(web_settings(tmp_path, device_id="new"))
        assert web.ask()["device"] == "new"


def test_an_application_that_does_not_load_is_not_started_in_a_hot_loop(tmp_path: Path) -> None:
    with serving(tmp_path, *INI) as web:
        (tmp_path / "run" / "web.json").write_bytes(web_settings(tmp_path, device_id="broken").to_json())
        web.backend._opened.server._send(b"c")  # type: ignore[union-attr]
        assert eventually(lambda: web.backend.status()["state"] == "fatal", 20)
        assert web.backend.status()["restarts"] <= 3
        assert web.backend.status()["reason"] == "exit code 22"
