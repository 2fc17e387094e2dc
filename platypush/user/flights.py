"""Lets one thread do what many ask for at the same moment."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from platypush.errors import Busy, PlatypushError

__all__ = ["Flights"]

T = TypeVar("T")


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Event()
        self.result: T | None = None
        self.error: PlatypushError | None = None


class Flights(Generic[T]):
    """Calls with the same key at the same time share one result or one PlatypushError.

    64 connections that open with the same password cost one bcrypt, not 64.
    """

    def __init__(self, *, wait: float = 60) -> None:
        self._wait = wait
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, work: Callable[[], T]) -> T:
        """``work()``, or what the thread that is at it already gets. Raises Busy when that takes too long."""
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        if leads:
            return self._lead(key, flight, work)
        if not flight.done.wait(self._wait):
            raise Busy
        if flight.error is not None:
            # A copy, because each thread adds its own traceback.
            raise copy.copy(flight.error)
        if flight.result is None:
            raise Busy
        return flight.result

    def _lead(self, key: Hashable, flight: _Flight[T], work: Callable[[], T]) -> T:
        try:
            flight.result = work()
        except PlatypushError as error:
            flight.error = error
            raise
        else:
            return flight.result
        finally:
            with self._lock:
                del self._flights[key]
            flight.done.set()
