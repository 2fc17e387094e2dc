"""Which of several things is due, when each has a pace of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Schedule"]

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Turn:
    due: float
    running: bool = False
    rounds: int = 0
    again: bool = False
    """Whether it is wanted anew while it runs."""


class Schedule(Generic[K]):
    """Which of the known keys is due. Thread-safe; times are of ``clock``, which never jumps."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turns: dict[K, _Turn] = {}
        self._changed = threading.Condition()
        self._closed = False

    def keep(self, delays: Mapping[K, Callable[[], float]]) -> None:
        """Know exactly these keys. The value gives the seconds until the first turn of one that is new."""
        with self._changed:
            fresh = [key for key in delays if key not in self._turns]
            for key in self._turns.keys() - delays.keys():
                del self._turns[key]
        # Outside of the lock: it may ask a database.
        first = {key: self._clock() + delays[key]() for key in fresh}
        with self._changed:
            for key, due in first.items():
                self._turns.setdefault(key, _Turn(due))

    def take(self) -> list[K]:
        """The keys whose turn it is; they are running from now on, until ``done``."""
        with self._changed:
            now = self._clock()
            due = [key for key, turn in self._turns.items() if not turn.running and turn.due <= now]
            for key in due:
                self._turns[key].running = True
            return due

    def done(self, key: K, pause: float) -> None:
        """The turn of ``key`` is over; the next one is in ``pause`` seconds."""
        with self._changed:
            turn = self._turns.get(key)
            if turn is not None:
                turn.running = False
                turn.rounds += 1
                turn.due = self._clock() + (0 if turn.again else pause)
                turn.again = False
            self._changed.notify_all()

    def wait(self, longest: float) -> None:
        """Return when a turn is due, something changed, ``close`` was called or ``longest`` seconds are over."""
        with self._changed:
            waiting = [turn.due for turn in self._turns.values() if not turn.running]
            seconds = min([longest, *(due - self._clock() for due in waiting)])
            if seconds > 0 and not self._closed:
                self._changed.wait(seconds)

    def hasten(self, keys: Iterable[K], seconds: float) -> bool:
        """Have the turns of ``keys`` now, and wait for their end for ``seconds`` at most; whether all have ended."""
        with self._changed:
            wanted = {}
            for key in keys:
                if (turn := self._turns.get(key)) is not None:
                    # One that runs now may have looked before this call.
                    turn.again = turn.running
                    turn.due = self._clock()
                    wanted[key] = turn.rounds + (2 if turn.running else 1)
            self._changed.notify_all()

            def over() -> bool:
                turns = ((self._turns.get(key), rounds) for key, rounds in wanted.items())
                return self._closed or all(turn is None or turn.rounds >= rounds for turn, rounds in turns)

            return self._changed.wait_for(over, seconds) and not self._closed

    def close(self) -> None:
        """End every ``wait`` and ``hasten``, now and from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
