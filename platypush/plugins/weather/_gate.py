"""How often a source may be asked."""

from __future__ import annotations

import threading
from collections import deque

from platypush._lib.clock import Clock
from platypush.errors import Busy, PlatypushError, Unavailable

__all__ = ["Gate"]

_MINUTE = 60.0


class Gate:
    """Lets at most so many requests a minute through, and none while the source asked to wait. Thread-safe."""

    def __init__(self, calls_per_minute: int, clock: Clock, what: str) -> None:
        """``what`` is the source as a person calls it."""
        self._limit = calls_per_minute
        self._clock = clock
        self._what = what
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self._closed_until = 0.0
        self._reason = ""

    def permit(self) -> None:
        """Take one request.

        Raises Busy when there is none left, Unavailable while the source wants none: both with the
        seconds to wait."""
        with self._lock:
            now = self._clock.monotonic()
            if now < self._closed_until:
                raise Unavailable(self._reason, retry_after=self._closed_until - now)
            while self._calls and now - self._calls[0] >= _MINUTE:
                self._calls.popleft()
            if len(self._calls) >= self._limit:
                raise Busy(
                    f"{self._what} was asked {self._limit} times within a minute, as often as calls_per_minute allows.",
                    retry_after=_MINUTE - (now - self._calls[0]),
                )
            self._calls.append(now)

    def close(self, error: PlatypushError, seconds: float) -> None:
        """Let nothing through for ``seconds``, because of ``error``."""
        with self._lock:
            self._closed_until = self._clock.monotonic() + seconds
            self._reason = error.message
