"""A bounded map whose look-up takes no lock."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

__all__ = ["TwoAgeCache"]

K = TypeVar("K")
V = TypeVar("V")


class TwoAgeCache(Generic[K, V]):
    """At most ``capacity`` entries; those that are used survive longest.

    Entries are born young. When the young are half of the capacity they become the old, and the old ones that nobody
    has asked for since are forgotten. Safe for many threads: a look-up is one or two reads of a dict.
    """

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self._lock = threading.Lock()
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The entry, or None."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep ``value`` under ``key``, instead of any other."""
        with self._lock:
            if key not in self._young and len(self._young) >= self._half:
                self._old = self._young
                self._young = {}
            self._young[key] = value

    def remove(self, key: K) -> None:
        """Forget ``key``."""
        with self._lock:
            self._young.pop(key, None)
            self._old.pop(key, None)

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
