"""The specification's three ways to run uWSGI, as written but for the ports, with the real application."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from platypush.backend.http.addresses import Listener, Protocol, TcpAddress
from platypush.backend.http.readiness import answers
from tests.running.deaths import gone, workers_of
from tests.running.hub import PASSWORD, ROOT, USER, Answer, Hub, HubFolder, hub_folder, running_daemon, running_hub
from tests.running.nginx import Front, running_site
from tests.running.processes import free_port, run_group, wait_for

pytestmark = pytest.mark.live

SPEC = ROOT / "tests" / "fixtures" / "spec"
BASE = (SPEC / "uwsgi.sh").read_text().strip()
FIRST, SECOND = yaml.safe_load((SPEC / "uwsgi_args.yaml").read_text())
JSON = {"Content-Type": "application/json"}
Process = subprocess.Popen[bytes]


def sign_in_and_execute(web: Hub | Front) -> Answer:
    """A token for name and password, and an action with it."""
    body = json.dumps({"username": USER, "password": PASSWORD})
    token = web.request("POST", "/auth", body, JSON).json()["token"]
    request = json.dumps({"type": "request", "action": "config.get_device_id", "args": {}})
    return web.request("POST", "/execute", request, {**JSON, "Authorization": f"Bearer {token}"})


@contextlib.contextmanager
def base_command(folder: Path) -> Iterator[tuple[Hub, HubFolder, Process, Process]]:
    """A daemon that runs no web server, and the specification's base command beside it: the hub, its folder, both."""
    made = hub_folder(folder / "hub", http="  run_externally: true\n")
    port, log = free_port(), folder / "uwsgi.log"
    words = shlex.split(BASE.replace(":8008", f":{port}"))
    assert words[0] == "uwsgi"
    env = {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PLATYPUSH_CONFIG": str(made.config),
        "PLATYPUSH_WORKDIR": str(made.workdir),
    }
    with running_daemon(made) as daemon, run_group(words, env=env, log=log) as web:
        wait_for(port, "/health", process=web)
        try:
            yield Hub(port, 0, daemon.pid, made.config, made.workdir, log, 0), made, daemon, web
        finally:
            # As from a terminal: to SIGTERM the base command answers with a reload.
            web.send_signal(signal.SIGINT)
            web.wait(15)


def test_the_base_command_serves_with_four_processes_of_four_threads(tmp_path: Path) -> None:
    with base_command(tmp_path) as (hub, folder, _, _):
        assert sign_in_and_execute(hub).json()["response"]["output"] == "tests"
        text = hub.log.read_text()
        assert "spawned uWSGI worker 4 (pid:" in text
        assert "cores: 4)" in text
        # The daemon tells how to start it, with this installation's paths.
        hint = folder.log.read_text()
        assert f"PLATYPUSH_CONFIG={folder.config}" in hint
        assert " ".join(BASE.split()[3:]) in hint


def test_the_base_command_finds_the_bus_of_a_new_daemon(tmp_path: Path) -> None:
    with base_command(tmp_path) as (hub, folder, daemon, web):
        daemon.kill()
        daemon.wait()
        assert not gone(web.pid)
        away = hub.execute("config.get_device_id")
        assert away.status == 503
        assert away.json()["error"]["code"] == "daemon_unavailable"
        assert int(away.headers["retry-after"]) > 0
        with running_daemon(folder):
            assert hub.execute("config.get_device_id").status == 200


def test_the_first_uwsgi_args_serve_http_with_four_processes_and_python_built_in(tmp_path: Path) -> None:
    arguments = [word.replace(":8008", ":{port}") for word in FIRST]
    with running_hub(tmp_path / "hub", uwsgi_args=arguments) as hub:
        assert sign_in_and_execute(hub).json()["response"]["output"] == "tests"
        assert len(workers_of(hub)) == 4
        log = hub.log.read_text()
        assert "--plugin python is left out, because this uWSGI has Python built in" in log


def test_the_second_uwsgi_args_serve_behind_nginx_and_leave_a_warning(tmp_path: Path) -> None:
    port = free_port()
    arguments = [word.replace(":3031", f":{port}") for word in SECOND]
    made = hub_folder(tmp_path / "hub", http=f"  run_externally: true\n  uwsgi_args: {json.dumps(arguments)}\n")
    with running_daemon(made) as daemon:
        hub = Hub(made.port, made.websocket_port, daemon.pid, made.config, made.workdir, made.log, 0)
        listener = Listener(address=TcpAddress("127.0.0.1", port), protocol=Protocol.UWSGI)
        deadline = time.monotonic() + 20
        while not answers(listener, 2):
            assert time.monotonic() < deadline, made.log.read_text()
        assert len(workers_of(hub)) == 4
        with running_site(tmp_path / "nginx", hub, f"127.0.0.1:{port}") as front:
            answer = sign_in_and_execute(front)
            assert answer.json()["response"]["output"] == "tests"
            assert front.request("GET", "/login").status == 200
        assert "lets whoever reaches that port run code" in made.log.read_text()
        assert f"127.0.0.1:{port}" in hub.run("check").stdout
