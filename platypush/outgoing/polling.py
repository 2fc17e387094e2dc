"""Asking other servers again and again, each at its own pace, in a few threads."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from platypush._lib.presence import Presence
from platypush._lib.schedule import Schedule
from platypush._lib.threads import WorkerPool
from platypush.errors import ActionFailed, PlatypushError, TimeLimit, Unavailable

__all__ = ["Poll", "Polling", "pause_after"]

K = TypeVar("K", bound=Hashable)
_THREADS = 4
_LOOK_EVERY = 5.0
"""Seconds after which it is noticed that there is something else to ask for."""
_STOP_SECONDS = 1.5
_AWAY_PAUSE = 5.0
_AWAY_TRIES = 120
_AWAY_LONG = 60.0
_ASKED_LATER = 900.0
_LONGEST = 86_400.0


@dataclass(frozen=True, slots=True)
class Poll:
    """Something to be asked for. ``what`` is its name in the log; ``ask`` does it, in any thread, and raises
    PlatypushError when it cannot. ``stopped`` tells it that nobody wants the outcome any more."""

    what: str
    seconds: float
    """Between two turns."""
    ask: Callable[[Callable[[], bool]], object]
    first_pause: Callable[[], float] = lambda: 0.0
    """Seconds until the first turn."""
    server: str | None = None
    """Its host and port: when that cannot be connected to, it is one line in the log for all that is asked of it."""


class Polling(Generic[K]):
    """All that is asked for, from a start to a stop. ``run`` is for one thread, the rest for any."""

    def __init__(self, polls: Callable[[], Mapping[K, Poll]], logger: logging.Logger, name: str) -> None:
        """``polls`` gives what is to be asked for now; it is called often. ``name`` is for the threads."""
        self._polls = polls
        self._logger = logger
        self._schedule: Schedule[K] = Schedule(time.monotonic)
        self._pool = WorkerPool(name, _THREADS)
        self._stopped = threading.Event()
        self._reasons: dict[K, str | None] = {}
        """Of all that was asked for: why it does not answer, or None."""
        self._failures: dict[K, int] = {}
        self._presences: dict[K | str, Presence] = {}

    def run(self) -> None:
        """Ask for everything when its time comes, until ``stop``. Raises what ``polls`` raises."""
        while not self._stopped.is_set():
            self.renew()
            taken = self._schedule.take()
            current = self._polls() if taken else {}
            for key in taken:
                if key in current:
                    self._pool.submit(partial(self._turn, key, current[key]))
                else:
                    self._schedule.done(key, 0)
            self._schedule.wait(_LOOK_EVERY)

    def renew(self) -> None:
        """Take note of what is to be asked for now. Raises what ``polls`` raises."""
        current = self._polls()
        self._schedule.keep({key: poll.first_pause for key, poll in current.items()})
        for key in self._reasons.keys() - current.keys():
            self._reasons.pop(key, None)
            self._failures.pop(key, None)
            self._presences.pop(key, None)

    def hasten(self, keys: Iterable[K], seconds: float) -> bool:
        """Ask for these now; whether that was over within ``seconds``."""
        return self._schedule.hasten(keys, seconds)

    def failure(self, key: K) -> str | None:
        """Why something does not answer; None when it does, or was not asked for."""
        return self._reasons.get(key)

    @property
    def reason(self) -> str | None:
        """Why nothing at all answers; None when anything does."""
        reasons = list(self._reasons.values())
        if not reasons or None in reasons:
            return None
        return reasons[0] if len(reasons) == 1 else f"None of {len(reasons)} addresses answers. {reasons[0]}"

    def stop(self) -> None:
        """End ``run``. What is under way gets a moment; then its outcome is dropped."""
        self._stopped.set()
        self._schedule.close()
        self._pool.stop(_STOP_SECONDS)

    def _turn(self, key: K, poll: Poll) -> None:
        pause = poll.seconds
        try:
            poll.ask(self._stopped.is_set)
            self._reasons[key] = None
            self._failures.pop(key, None)
            self._presence(key, poll.what).found()
            self._server(poll).found()
        except PlatypushError as error:
            if not self._stopped.is_set():
                self._failures[key] = failures = self._failures.get(key, 0) + 1
                pause = pause_after(error, failures, pause)
                self._lost(key, poll, error)
        except Exception as error:  # boundary: answers are anything, and what reads them is other people's code
            self._reasons[key] = f"{type(error).__name__}: {error}"
            self._logger.exception("%s cannot be read", poll.what)
        finally:
            self._schedule.done(key, pause)

    def _lost(self, key: K, poll: Poll, error: PlatypushError) -> None:
        reason = self._reasons[key] = str(error)
        answered = isinstance(error, ActionFailed) or "status" in error.details
        if answered:
            self._server(poll).found()
        if poll.server is not None and type(error) is Unavailable and not answered:
            self._server(poll).lost(reason)
        else:
            self._presence(key, poll.what).lost(reason)

    def _server(self, poll: Poll) -> Presence:
        name = f"Server {poll.server or poll.what}"
        return self._presence(name, name)

    def _presence(self, key: K | str, what: str) -> Presence:
        return self._presences.setdefault(key, Presence(self._logger, what))


def pause_after(error: PlatypushError, failures: int, seconds: float) -> float:
    """Seconds until a server is asked again that failed ``failures`` times in a row, this time with ``error``, and is
    else asked every ``seconds``.

    One that cannot be reached is looked for every few seconds for ten minutes, then every minute. One that
    answered, with an error or with the request to come back later, is left alone.
    """
    if error.retry_after is not None:
        return min(max(error.retry_after, 1.0), _LONGEST)
    if not isinstance(error, Unavailable | TimeLimit):
        return seconds
    if "status" in error.details:
        return min(seconds, _ASKED_LATER)
    if failures > _AWAY_TRIES:
        return min(seconds, _AWAY_LONG)
    return min(2.0 ** (failures - 1), _AWAY_PAUSE)
