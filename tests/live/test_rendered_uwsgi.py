"""What ``platypush render uwsgi`` gives is run as it is, beside a daemon."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from platypush.backend.http.addresses import Listener, Protocol, UnixAddress
from platypush.backend.http.readiness import answers
from tests.running.hub import ROOT, Hub, HubFolder, hub_folder, running_daemon
from tests.running.processes import free_port, run_group, wait_for

pytestmark = pytest.mark.live


def render(folder: HubFolder, *options: str) -> str:
    argv = folder.argv("render", "uwsgi", *options)
    return subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_the_rendered_line_serves_beside_the_daemon_and_its_statistics_are_in_the_metrics(tmp_path: Path) -> None:
    port = free_port()
    folder = hub_folder(tmp_path / "hub", http="  run_externally: true\n")
    line = render(folder, "--line", "--socket", f"127.0.0.1:{port}")
    # As from a shell that belongs to the operator; nothing of this process's environment is needed but PATH.
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    (tmp_path / "hub" / "uwsgi.ini").write_text((ROOT / "uwsgi.ini").read_text())
    with (
        running_daemon(folder) as daemon,
        run_group(["sh", "-c", f"exec env {line}"], env=env, log=tmp_path / "uwsgi.log") as web,
    ):
        wait_for(port, "/health", process=web)
        hub = Hub(port, 0, daemon.pid, folder.config, folder.workdir, tmp_path / "uwsgi.log", 0)
        assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"
        assert b"platypush_uwsgi_workers" in hub.request("GET", "/metrics").body


def test_the_rendered_files_serve_nginx_over_a_unix_socket(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub", http="  run_externally: true\n")
    socket = tmp_path / "uwsgi.sock"
    out = tmp_path / "out"
    render(folder, "--output", str(out), "--socket", str(socket))
    environment = next(out.rglob("uwsgi.env"))
    (tmp_path / "hub" / "uwsgi.ini").write_text(next(out.rglob("uwsgi.ini")).read_text())
    start = next(text for text in environment.read_text().splitlines() if "exec " in text).partition("exec ")[2]
    script = f"set -a; . {environment}; exec {start}"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    listener = Listener(address=UnixAddress(str(socket)), protocol=Protocol.UWSGI)
    with running_daemon(folder), run_group(["sh", "-c", script], env=env, log=tmp_path / "uwsgi.log") as web:
        while not answers(listener, 2):
            assert web.poll() is None, (tmp_path / "uwsgi.log").read_text()
        assert socket.stat().st_mode & 0o777 == 0o660
