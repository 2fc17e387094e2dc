"""How soon the hub answers after its start, and how much memory it takes."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from pathlib import Path

from tests.bench.execute import BODY, credentials
from tests.bench.load import wrk
from tests.bench.report import table
from tests.bench.servers import Hub, hub
from tests.running.processes import proportional_memory, tree

__all__ = ["run_startup"]


def run_startup(folder: Path, rounds: int) -> str:
    """Start to the first authenticated answer; proportional memory idle and after load; the shipped ``uwsgi.ini``."""
    answers, idle, loaded, parts = [], [], [], {}
    for number in range(rounds):
        with hub(folder / f"startup-{number}") as server:
            answers.append(server.ready_after + _first_answer(server))
            idle.append(proportional_memory(server.pids()))
            headers = {"Content-Type": "application/json", **credentials(server)["API token"]}
            wrk(server.url, pids=server.pids, seconds=5, headers=headers, body=BODY)
            loaded.append(proportional_memory(server.pids()))
            parts = _by_process(server)
    rows = [
        ("start to first authenticated answer, s", f"{statistics.median(answers):.2f}"),
        ("memory idle, MiB", f"{statistics.median(idle):.0f}"),
        ("memory after load, MiB", f"{statistics.median(loaded):.0f}"),
        *((f"of it, {name}", f"{size:.0f}") for name, size in parts.items()),
    ]
    return table(("what", "median"), rows)


def _first_answer(server: Hub) -> float:
    headers = {"Content-Type": "application/json", **server.token}
    request = urllib.request.Request(server.url, data=BODY.encode(), headers=headers)
    before = time.monotonic()
    with urllib.request.urlopen(request, timeout=10) as answer:
        json.loads(answer.read())
    return time.monotonic() - before


def _by_process(server: Hub) -> dict[str, float]:
    pids = server.pids()
    master = next(pid for pid in pids[1:] if "uwsgi" in Path(f"/proc/{pid}/cmdline").read_text())
    workers = tree(master)[1:]
    return {
        "daemon": proportional_memory([server.pid]),
        "uWSGI master": proportional_memory([master]),
        "workers": proportional_memory(workers),
    }
