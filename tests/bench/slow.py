"""Many slow calls at once, and a quick one beside them; the shipped ``uwsgi.ini``."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from tests.bench.execute import BODY, credentials
from tests.bench.http_client import Outcome, Post, post_forever, post_once
from tests.bench.report import table
from tests.bench.servers import hub

__all__ = ["run_slow"]


def run_slow(folder: Path, rounds: int, count: int = 500) -> str:
    """``count`` calls of an action that sleeps 1 s, all at once, while others call a quick action one after another."""
    rows = []
    with hub(folder / "slow") as server:
        token = credentials(server)["API token"]
        slow = json.dumps({"type": "request", "action": "utils.sleep", "args": {"seconds": 1}})
        for number in range(rounds):
            slow_ones, quick_ones, took = asyncio.run(
                _round(Post.make(server.port, slow, token), Post.make(server.port, BODY, token), count)
            )
            rows.append(
                (
                    str(number + 1),
                    f"{took:.2f}",
                    str(len(slow_ones.seconds)),
                    str(len(quick_ones.seconds)),
                    f"{quick_ones.quantile(0.5) * 1000:.0f}",
                    f"{quick_ones.quantile(0.99) * 1000:.0f}",
                    str(len(slow_ones.failures) + len(quick_ones.failures)),
                )
            )
    headers = ("round", "all slow ones after s", "slow", "quick meanwhile", "quick p50 ms", "quick p99 ms", "failed")
    return table(headers, rows)


async def _round(slow: Post, quick: Post, count: int) -> tuple[Outcome, Outcome, float]:
    slow_ones, quick_ones, stop = Outcome(), Outcome(), asyncio.Event()
    callers = [asyncio.create_task(post_forever(quick, quick_ones, stop)) for _ in range(2)]
    started = time.monotonic()
    await asyncio.gather(*(post_once(slow, slow_ones) for _ in range(count)))
    took = time.monotonic() - started
    stop.set()
    await asyncio.gather(*callers)
    return slow_ones, quick_ones, took
