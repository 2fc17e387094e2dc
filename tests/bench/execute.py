"""``POST /execute`` against its floors and by every kind of credential."""

from __future__ import annotations

import base64
import contextlib
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.bench.load import Result, wrk
from tests.bench.report import median, table
from tests.bench.servers import MODES, Floor, floor, hub
from tests.running.hub import PASSWORD, USER, Hub
from tests.running.processes import proportional_memory

__all__ = ["BODY", "credentials", "fire", "in_rounds", "run_credentials", "run_floors"]

BODY = json.dumps({"type": "request", "action": "config.get_device_id", "args": {}})
FLOORS = ("bare", "hello", "roundtrip")
Shot = Callable[[], Result]


def credentials(server: Hub) -> dict[str, dict[str, str]]:
    """The headers of each kind of credential, made for this hub."""
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    api_token = server.command("token", "create", "bench", "--user", USER).split()[-1]
    jwt = server.command("token", "jwt", "--user", USER, "--days", "1").split()[-1]
    return {
        "API token": {"Authorization": f"Bearer {api_token}"},
        "JWT": {"Authorization": f"Bearer {jwt}"},
        "Basic": {"Authorization": f"Basic {basic}"},
        "session": {"X-Session-Token": _session(server)},
        "global token": server.token,
    }


def _session(server: Hub) -> str:
    class KeepRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    url = f"http://127.0.0.1:{server.port}/login"
    form = urllib.request.Request(url, data=f"username={USER}&password={PASSWORD}".encode())
    try:
        answer = urllib.request.build_opener(KeepRedirect).open(form)
    except urllib.error.HTTPError as error:
        answer = error
    cookie: str = answer.headers["Set-Cookie"]
    return cookie.partition("session_token=")[2].partition(";")[0]


def fire(server: Hub | Floor, headers: dict[str, str], seconds: int) -> Shot:
    """Load on ``server`` for ``seconds``, when it is called."""
    sent = {"Content-Type": "application/json", **headers}
    return lambda: wrk(server.url, pids=server.pids, seconds=seconds, headers=sent, body=BODY)


def in_rounds(shots: dict[str, Shot], rounds: int) -> dict[str, Result]:
    """Fire each in turn, ``rounds`` times, so that what else the machine does hits all alike."""
    for shot in shots.values():
        shot()
    results: dict[str, list[Result]] = {name: [] for name in shots}
    for _ in range(rounds):
        for name, shot in shots.items():
            results[name].append(shot())
    return {name: median(many) for name, many in results.items()}


def run_floors(folder: Path, rounds: int, seconds: int) -> str:
    """The hub and its floors side by side, with threads and with gevent."""
    parts = []
    for mode in MODES:
        with contextlib.ExitStack() as stack:
            floors = {name: stack.enter_context(floor(name, mode, folder)) for name in FLOORS}
            server = stack.enter_context(hub(folder / f"hub-{mode}", mode=mode))
            token = credentials(server)["API token"]
            shots = {name: fire(one, {}, seconds) for name, one in floors.items()}
            shots["hub"] = fire(server, token, seconds)
            results = in_rounds(shots, rounds)
            memory = {name: proportional_memory(one.pids()) for name, one in floors.items()}
            memory["hub"] = proportional_memory(server.pids())
        hello = results["hello"]
        rows = [
            (
                name,
                f"{result.rate:,.0f}",
                f"{result.rate / hello.rate:.2f}",
                f"{result.p50:.1f}",
                f"{result.p99:.1f}",
                f"{result.cpu:.3f}",
                f"{memory[name]:.0f}",
                str(result.failed),
            )
            for name, result in results.items()
        ]
        headers = ("server", "req/s", "to Flask hello", "p50 ms", "p99 ms", "CPU ms a call", "memory MiB", "failed")
        parts.append(f"### {mode}\n\n{table(headers, rows)}")
    return "\n\n".join(parts)


def run_credentials(folder: Path, rounds: int, seconds: int) -> str:
    """The same call by every kind of credential: rate and CPU time, as a ratio to the API token."""
    with hub(folder / "credentials", mode="gevent") as server:
        shots = {name: fire(server, headers, seconds) for name, headers in credentials(server).items()}
        results = in_rounds(shots, rounds)
    base = results["API token"]
    rows = [
        (name, f"{r.rate:,.0f}", f"{r.cpu:.3f}", f"{r.cpu / base.cpu:.2f}", str(r.failed))
        for name, r in results.items()
    ]
    return table(("credential", "req/s", "CPU ms a call", "to API token", "failed"), rows)
