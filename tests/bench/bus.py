"""``POST /execute`` over the bus of one machine, and over the one that spans several."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from tests.bench.execute import BODY, in_rounds
from tests.bench.load import Result, wrk
from tests.bench.report import table
from tests.bench.servers import MODES, Hub, hub
from tests.running.redis import running_redis

__all__ = ["run_bus"]


def run_bus(folder: Path, rounds: int, seconds: int) -> str:
    """The same hub with both buses, with threads and with gevent. Redis's own CPU time counts with the hub's."""
    parts = []
    for mode in MODES:
        with contextlib.ExitStack() as stack:
            redis = stack.enter_context(running_redis(folder / f"redis-{mode}"))
            unix = stack.enter_context(hub(folder / f"unix-{mode}", mode=mode))
            bus = f"bus:\n  type: redis\n  url: {redis.url}\n"
            other = stack.enter_context(hub(folder / f"over-redis-{mode}", mode=mode, config=bus))
            results = in_rounds({"unix": _fire(unix, seconds), "redis": _fire(other, seconds, redis.pid)}, rounds)
        base = results["unix"]
        rows = [
            (
                name,
                f"{result.rate:,.0f}",
                f"{result.rate / base.rate:.2f}",
                f"{result.p50:.1f}",
                f"{result.p99:.1f}",
                f"{result.cpu:.3f}",
                str(result.failed),
            )
            for name, result in results.items()
        ]
        headers = ("bus", "req/s", "to unix", "p50 ms", "p99 ms", "CPU ms a call", "failed")
        parts.append(f"### {mode}\n\n{table(headers, rows)}")
    return "\n\n".join(parts)


def _fire(server: Hub, seconds: int, *pids: int) -> Callable[[], Result]:
    sent = {"Content-Type": "application/json", **server.token}
    return lambda: wrk(server.url, pids=lambda: [*server.pids(), *pids], seconds=seconds, headers=sent, body=BODY)
