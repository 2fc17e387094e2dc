"""Commands no faster than the bridge can radio them to its lights."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from platypush.errors import Busy

__all__ = ["Pace"]


class Pace:
    """Turns, one every ``interval`` seconds; after a pause ``burst`` of them at once. Thread-safe.

    Those who wait get their turns in order, and only they wait.
    """

    def __init__(
        self,
        interval: float,
        *,
        what: str,
        burst: int = 1,
        longest: float = 20,
        wait: Callable[[float], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``wait`` sleeps, and says whether everything is to stop. Nobody waits for more than ``longest`` seconds."""
        self._interval = interval
        self._what = what
        self._ahead = interval * (burst - 1)
        self._longest = longest
        self._wait = wait
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Return when it is the caller's turn. Raises Busy when too many wait already, and when the hub stops."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now - self._ahead)
            delay = turn - now
            if delay > self._longest:
                raise Busy(
                    f"{self._what} wait for {delay:.0f} s already: the bridge takes one every {self._interval:g} s. "
                    "Send fewer, or use a group.",
                    retry_after=round(delay, 1),
                )
            self._next = turn + self._interval
        if delay > 0 and self._wait(delay):
            raise Busy("The hub stops: the lights were not told.")
