"""Starting the program that computes a calendar's events, and ending it in time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platypush
from platypush.errors import TimeLimit, Unavailable
from platypush.plugins.calendar._events import Event
from platypush.plugins.calendar.ical._series import Document

__all__ = ["Computed", "Computer"]

_PROGRAM = "platypush.plugins.calendar.ical._program"
_FOLDER = Path(platypush.__file__).resolve().parents[1]
_TURN = threading.Lock()
"""One calendar at a time in the whole hub: each takes memory, and there may be many."""
_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Computed:
    """The next events of a calendar, sorted, and how many were left out for which reason."""

    events: list[Event] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)


class Computer:
    """Computes events in a process of its own, for up to ``seconds``. For one thread at a time; ``stop`` is for any."""

    def __init__(self, seconds: float = 150) -> None:
        self._seconds = seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        self._stopped.set()

    def compute(
        self, documents: Sequence[Document], now: float, *, days: int, addresses: Sequence[str] = ()
    ) -> Computed:
        """The events that are not over at ``now`` (seconds since the epoch), for ``days`` days.

        Raises TimeLimit, Unavailable when the process fails or was stopped.
        """
        deadline = time.monotonic() + self._seconds
        task = {
            "now": now,
            "days": days,
            "addresses": list(addresses),
            "documents": [{"size": len(d.data), "charset": d.charset, "name": d.name} for d in documents],
        }
        while not _TURN.acquire(timeout=_TICK):
            self._check(deadline)
        try:
            with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
                source.write(json.dumps(task).encode() + b"\n")
                for document in documents:
                    source.write(document.data)
                source.seek(0)
                self._run(source.fileno(), target.fileno(), deadline)
                target.seek(0)
                return _read(target.read())
        except OSError as error:
            raise Unavailable(f"The calendar cannot be computed: {error}") from error
        finally:
            _TURN.release()

    def _run(self, source: int, target: int, deadline: float) -> None:
        command = [sys.executable, "-m", _PROGRAM]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, cwd=_FOLDER, stdin=source, stdout=target, stderr=errors, start_new_session=True
            )
            try:
                while process.poll() is None:
                    self._check(deadline)
                    try:
                        process.wait(_TICK)
                    except subprocess.TimeoutExpired:
                        continue
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if process.returncode:
                errors.seek(0)
                raise Unavailable(_why(process.returncode, errors.read().decode(errors="replace")))

    def _check(self, deadline: float) -> None:
        if self._stopped.is_set():
            raise Unavailable("The calendar was being computed when the hub stopped.")
        if time.monotonic() > deadline:
            raise TimeLimit(f"The calendar's events were not computed within {self._seconds:g} s: it is too large.")


def _read(result: bytes) -> Computed:
    found: dict[str, Any] = json.loads(result)
    return Computed(found["events"], found["skipped"])


def _why(status: int, errors: str) -> str:
    if status < 0:
        return f"The calendar is too large to be computed: its process was ended by signal {-status}."
    last = errors.strip().splitlines()[-1:] or [f"status {status}"]
    if "MemoryError" in last[0]:
        return "The calendar is too large to be computed: there is not enough memory."
    return f"The calendar cannot be computed: {last[0][:300]}"
