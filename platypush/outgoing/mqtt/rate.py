"""How much may come within a time."""

from __future__ import annotations

import threading

from platypush._lib.clock import Clock, SystemClock

__all__ = ["Bucket"]


class Bucket:
    """Lets ``rate`` things a second through, and ``burst`` at once; counts what it did not. Thread-safe."""

    def __init__(self, rate: float, burst: float, clock: Clock | None = None) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._left = burst
        self._at = self._clock.monotonic()
        self._refused = 0
        self._told_at = -60.0

    def take(self) -> bool:
        """Whether one more may pass."""
        with self._lock:
            now = self._clock.monotonic()
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left >= 1:
                self._left -= 1
                return True
            self._refused += 1
            return False

    def untold(self) -> int:
        """How many were refused since this was last asked: not 0 once a minute at most, so that it can be logged."""
        with self._lock:
            now = self._clock.monotonic()
            if not self._refused or now - self._told_at < 60:
                return 0
            count, self._refused, self._told_at = self._refused, 0, now
            return count
