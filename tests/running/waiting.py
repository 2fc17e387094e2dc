"""Waiting for something to become true, and what a process holds meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

__all__ = ["open_descriptors", "until"]


def until(condition: Callable[[], object], seconds: float = 10) -> float:
    """Wait until ``condition`` gives something true, and give the seconds that took. Raises AssertionError else."""
    started = time.monotonic()
    pause = threading.Event()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds:g} s"
        pause.wait(0.01)
    return time.monotonic() - started


def open_descriptors() -> dict[str, str]:
    """What this process has open now: descriptor to what it leads to."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the listing's own
    return found
