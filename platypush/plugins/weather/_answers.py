"""Answers of a source, kept for a while: callers at the same time share one request, and an old answer is better than
none."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from platypush._lib.clock import Clock
from platypush.errors import BadRequest, NotFound, PlatypushError
from platypush.user.flights import Flights

__all__ = ["Answers", "Kept"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """An answer. ``got`` is the monotonic time, ``at`` the time of day of its arrival."""

    value: T
    got: float
    at: float


class Answers(Generic[T]):
    """The latest answers by key, at most ``size`` of them. Thread-safe."""

    def __init__(self, *, fresh: float, kept: float, clock: Clock, size: int = 64, wait: float = 30) -> None:
        """``fresh`` are the seconds for which nobody asks again, ``kept`` those for which an answer stands in for
        one that cannot be had."""
        self._fresh = fresh
        self._kept = kept
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Kept[T]] = OrderedDict()
        self._flights: Flights[Kept[T]] = Flights(wait=wait)

    def get(self, key: Hashable, fetch: Callable[[], T]) -> Kept[T]:
        """The answer for ``key``: a fresh one, else what ``fetch`` gives, else the last good one.

        Raises what ``fetch`` raised when there is no other; at once for what is the caller's own mistake.
        """
        try:
            return self._find(key, self._fresh) or self._flights.run(key, lambda: self._renew(key, fetch))
        except (BadRequest, NotFound):
            raise
        except PlatypushError:
            if (last := self._find(key, self._kept)) is not None:
                return last
            raise

    def age(self, answer: Kept[T]) -> float:
        """Seconds since ``answer`` came."""
        return self._clock.monotonic() - answer.got

    def _find(self, key: Hashable, seconds: float) -> Kept[T] | None:
        with self._lock:
            found = self._answers.get(key)
            if found is None or self.age(found) >= seconds:
                return None
            self._answers.move_to_end(key)
            return found

    def _renew(self, key: Hashable, fetch: Callable[[], T]) -> Kept[T]:
        # Who came a moment too late for the last flight finds its result.
        if (found := self._find(key, self._fresh)) is not None:
            return found
        answer = Kept(fetch(), self._clock.monotonic(), self._clock.time())
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer
