"""``uwsgi --ini uwsgi.ini`` on its own, and its access log."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running.hub import ROOT, Hub, hub_folder, running_daemon
from tests.running.processes import free_port, run_group, wait_for

pytestmark = pytest.mark.live

KEYS = {"time", "request_id", "client", "method", "path", "status", "seconds", "user", "by"}


@contextlib.contextmanager
def on_its_own(folder: Path, config: str = "") -> Iterator[Hub]:
    """A daemon, and a uWSGI beside it that an operator started with nothing but the ini file and two variables."""
    made = hub_folder(folder / "hub", http="  run_externally: true\n", config=config)
    port, log = free_port(), folder / "uwsgi.log"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PLATYPUSH_CONFIG": str(made.config),
        "PLATYPUSH_WORKDIR": str(made.workdir),
        "PLATYPUSH_HTTP_SOCKET": f"127.0.0.1:{port}",
    }
    uwsgi = [str(Path(sys.prefix) / "bin" / "uwsgi"), "--ini", str(ROOT / "uwsgi.ini")]
    with running_daemon(made) as daemon, run_group(uwsgi, env=env, log=log) as web:
        wait_for(port, "/health", process=web)
        yield Hub(port, 0, daemon.pid, made.config, made.workdir, log, 0)


def access_lines(hub: Hub, count: int) -> list[dict[str, Any]]:
    """The JSON lines of the log, once there are ``count``."""
    deadline = time.monotonic() + 10
    while True:
        lines = [json.loads(line) for line in hub.log.read_text().splitlines() if line.startswith("{")]
        if len(lines) >= count:
            return lines
        assert time.monotonic() < deadline, hub.log.read_text()
        time.sleep(0.02)


def test_it_serves_with_no_more_than_two_variables_and_leaves_no_line_for_each_request(tmp_path: Path) -> None:
    with on_its_own(tmp_path) as hub:
        assert hub.execute("config.get_device_id").json()["response"]["output"] == "tests"
        assert hub.request("GET", "/no/such/thing").status == 404
        text = hub.log.read_text()
        assert "/execute" not in text
        assert "/no/such/thing" not in text


def test_its_access_log_is_json_and_no_secret_of_a_query_is_in_it(tmp_path: Path) -> None:
    secrets = [f"hidden-{number}" for number in range(9)]
    queries = [
        f"/health?token={secrets[0]}",
        f"/health?a=b&session_token={secrets[1]}&c=d",
        f"/hook/none?password={secrets[2]}",
        f"/hook/none?TOKEN={secrets[3]}",
        f"/health?%74oken={secrets[4]}",
        f"/resources/x?signature={secrets[5]}",
        f"/register?code={secrets[6]}",
        f"/health?access_token={secrets[7]};b=c",
        f"/health?a=1&&token={secrets[8]}%20and%20more",
    ]
    with on_its_own(tmp_path, "logging: {access: true}\n") as hub:
        before = len(access_lines(hub, 1))
        for query in queries:
            connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)
            connection.request("GET", query, headers={"Referer": f"http://x/{query}", "User-Agent": "tests"})
            connection.getresponse().read()
            connection.close()
        lines = access_lines(hub, before + len(queries))[before:]
        assert [set(line) for line in lines] == [KEYS] * len(queries)
        assert {line["method"] for line in lines} == {"GET"}
        text = hub.log.read_text()
        assert [secret for secret in secrets if secret in text] == []
