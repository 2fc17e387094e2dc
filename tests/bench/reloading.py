"""Reloads under load: with a changed configuration, and with a broken one that must be refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench.execute import BODY, credentials
from tests.bench.http_client import Outcome, Post, post_forever
from tests.bench.report import table
from tests.bench.servers import Hub, hub

__all__ = ["run_reload"]


def run_reload(folder: Path, wanted: int = 20_000) -> str:
    """At least ``wanted`` requests while the hub reloads again and again."""
    rows = []
    with hub(folder / "reload") as server:
        token = credentials(server)["API token"]
        post = Post.make(server.port, BODY, token)
        good = server.config.read_text()
        for name, text in (
            ("changed", good + "\nconstants:\n  round: {}\n"),
            ("broken", good + "\nbackend.http: [{}\n"),
        ):
            outcome, reloads, refused = asyncio.run(_under_load(server, post, text, wanted))
            rows.append(
                (
                    name,
                    str(reloads),
                    str(refused),
                    f"{len(outcome.seconds):,}",
                    str(len(outcome.failures)),
                    f"{max(outcome.seconds) * 1000:.0f}",
                )
            )
        server.config.write_text(good)
    return table(("configuration", "reloads", "refused", "requests", "failed", "longest wait ms"), rows)


async def _under_load(server: Hub, post: Post, text: str, wanted: int) -> tuple[Outcome, int, int]:
    outcome, stop, reloads, refused = Outcome(), asyncio.Event(), 0, 0
    callers = [asyncio.create_task(post_forever(post, outcome, stop)) for _ in range(16)]
    while len(outcome.seconds) < wanted and reloads < 60:
        server.config.write_text(text.replace("{}", str(reloads)))
        argv = ("-c", str(server.config), "-w", str(server.workdir), "reload")
        command = await asyncio.create_subprocess_exec(
            str(server.python), "-m", "platypush", *argv, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        refused += await command.wait() != 0
        reloads += 1
    stop.set()
    await asyncio.gather(*callers)
    return outcome, reloads, refused
