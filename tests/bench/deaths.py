"""Killing each of the hub's processes again and again under load; the shipped ``uwsgi.ini``."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.report import table
from tests.bench.servers import Hub, hub
from tests.running.deaths import Death, kill_daemon, kill_master, kill_worker

__all__ = ["run_deaths"]


def run_deaths(folder: Path, times: int = 20) -> str:
    """What clients saw of ``times`` deaths of a worker, of the uWSGI master and of the daemon each."""
    rows = [
        _row("a worker", list(_deaths(folder / "worker", kill_worker, times))),
        _row("the uWSGI master", list(_deaths(folder / "master", kill_master, times))),
        _row("the daemon, then started again", list(_deaths_of_daemon(folder / "daemon", times))),
    ]
    headers = ("killed", "times", "failed requests each", "of them", "longest wait s", "back after s", "orphans")
    return table(headers, rows)


def _deaths(folder: Path, kill: Callable[[Hub], Death], times: int) -> Iterator[Death]:
    with hub(folder) as server:
        for _ in range(times):
            yield kill(server)


def _deaths_of_daemon(folder: Path, times: int) -> Iterator[Death]:
    """Each time on what the last one left behind; it is back when the next one answers."""
    death: Death | None = None
    for number in range(times + 1):
        with hub(folder, user=number == 0) as server:
            if death is not None:
                death.back_after += server.ready_after
                yield death
            if number < times:
                death = kill_daemon(server)


def _row(name: str, deaths: list[Death]) -> tuple[str, ...]:
    kinds: Counter[str] = sum((Counter(death.failed) for death in deaths), Counter())
    return (
        name,
        str(len(deaths)),
        _median_and_most([float(sum(death.failed.values())) for death in deaths], 0),
        ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none",
        _median_and_most([death.longest for death in deaths], 2),
        _median_and_most([death.back_after for death in deaths], 2),
        str(sum(len(death.orphans) for death in deaths)),
    )


def _median_and_most(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} (at most {max(values):.{digits}f})"
