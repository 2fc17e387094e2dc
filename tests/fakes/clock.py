"""A clock that moves when the test says so."""

from __future__ import annotations

__all__ = ["ManualClock"]


class ManualClock:
    """Starts at zero; ``advance`` moves both times."""

    def __init__(self, monotonic: float = 0.0, time: float = 1_700_000_000.0) -> None:
        self._monotonic = monotonic
        self._time = time

    def monotonic(self) -> float:
        return self._monotonic

    def time(self) -> float:
        return self._time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._monotonic += seconds
        self._time += seconds

    def jump(self, seconds: float) -> None:
        """Set the time of day, as NTP does: the monotonic time stays."""
        self._time += seconds
