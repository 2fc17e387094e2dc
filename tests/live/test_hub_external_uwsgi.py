"""The operator's own uWSGI, with the specification's base command, beside a daemon that runs no web server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.running.deaths import gone
from tests.running.hub import ROOT, Hub, hub_folder, running_daemon
from tests.running.processes import free_port, run_group, wait_for

pytestmark = pytest.mark.live

BASE = "--module platypush.backend.http.uwsgi --master --processes 4 --threads 4"


def test_the_base_command_finds_configuration_and_bus_and_survives_a_new_daemon(tmp_path: Path) -> None:
    port = free_port()
    folder = hub_folder(tmp_path / "hub", http="  run_externally: true\n")
    uwsgi = [str(Path(sys.prefix) / "bin" / "uwsgi"), "--http", f":{port}", *BASE.split()]
    env = {**os.environ, "PLATYPUSH_CONFIG": str(folder.config), "PLATYPUSH_WORKDIR": str(folder.workdir)}
    log = tmp_path / "uwsgi.log"
    with running_daemon(folder) as daemon, run_group([*uwsgi, "--pythonpath", str(ROOT)], env=env, log=log) as web:
        wait_for(port, "/health", process=web)
        hub = Hub(port, 0, daemon.pid, folder.config, folder.workdir, log, 0)
        assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"
        assert "PLATYPUSH_CONFIG" in folder.log.read_text()

        daemon.kill()
        daemon.wait()
        assert not gone(web.pid)
        away = hub.execute("config.get_device_id")
        assert away.status == 503
        assert away.json()["error"]["code"] == "daemon_unavailable"
        assert int(away.headers["retry-after"]) > 0

        with running_daemon(folder):
            assert hub.execute("config.get_device_id").status == 200
