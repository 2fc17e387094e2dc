"""The program that computes the events of a calendar, in a process of its own.

A calendar is written by strangers: a rule may have a date for each second, or none until the end of time. Here that
costs this process its time and memory, and not the hub. One JSON object comes on the standard input, with the documents
after it; one JSON object goes to the standard output.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from datetime import UTC, datetime
from types import FrameType
from typing import BinaryIO

from platypush.plugins.calendar.ical._series import Document, Limits, Overtime, expand
from platypush.plugins.calendar.ical._zones import local_zone

__all__ = ["SeriesTime", "main", "run"]

_SERIES = 2.0
"""Seconds of computing for one series. A sensible one, daily for decades, takes a tenth of it on a small machine."""
_SERIES_LATER = 0.2
_PATIENCE = 5
"""How many series may take all their time before the others get less."""
_GIVE_UP = 100
"""How many may, before no other one is computed."""
_TOTAL = 90
_MEMORY = 1536 * 1024 * 1024


class SeriesTime:
    """Computing time for one series after the other: a context manager for each. Raises Overtime in its block.

    Only in the main thread: it works by a signal.
    """

    def __init__(self, seconds: float = _SERIES, later: float = _SERIES_LATER, patience: int = _PATIENCE) -> None:
        self._seconds = seconds
        self._later = later
        self._patience = patience
        self._exceeded = 0
        self._running = False
        signal.signal(signal.SIGPROF, self._expire)

    def __enter__(self) -> SeriesTime:
        if self._exceeded >= _GIVE_UP:
            raise Overtime
        seconds = self._seconds if self._exceeded < self._patience else self._later
        signal.setitimer(signal.ITIMER_PROF, seconds)
        self._running = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        # First: a signal that is on its way must not be raised outside of the block.
        self._running = False
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _expire(self, _signum: int, _frame: FrameType | None) -> None:
        if self._running:
            self._running = False
            self._exceeded += 1
            raise Overtime


def run(source: BinaryIO, target: BinaryIO, limits: Limits | None = None) -> None:
    """Read one task, compute, write the result. Raises ValueError for what is no task."""
    task = json.loads(source.readline())
    documents = [
        Document(source.read(item["size"]), item.get("charset"), item.get("name")) for item in task["documents"]
    ]
    outcome = expand(
        documents,
        datetime.fromtimestamp(task["now"], UTC),
        local=local_zone(),
        budget=SeriesTime(),
        limits=limits or Limits(days=task["days"]),
        addresses=tuple(task["addresses"]),
    )
    result = {"events": outcome.events, "skipped": dict(outcome.skipped.most_common(20))}
    target.write(json.dumps(result).encode())
    target.flush()


def main() -> int:
    """Run as a process; its exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_TOTAL, _TOTAL + 1))
    run(sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
