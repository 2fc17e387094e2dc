"""Time as a value that can be injected, so that decisions about time are tested without waiting."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Where a component reads time from."""

    def monotonic(self) -> float:
        """Seconds that never jump; for deadlines, time-outs and back-offs."""

    def time(self) -> float:
        """Seconds since the epoch; for what people and databases see. May jump."""


class SystemClock:
    """The clock of the machine."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()
