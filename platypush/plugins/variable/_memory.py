"""Variables in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MemoryValues"]


class MemoryValues:
    """Values by name, some of which expire. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds that never jump."""
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[Any, float | None]] = {}

    def all(self) -> dict[str, Any]:
        """Every value that has not expired."""
        with self._lock:
            self._forget_expired()
            return {name: value for name, (value, _) in self._values.items()}

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or ``default``."""
        with self._lock:
            value, end = self._values.get(name, (default, None))
            return default if end is not None and end <= self._clock() else value

    def set(self, values: Mapping[str, Any]) -> None:
        """Store ``values``, for ever; None removes."""
        with self._lock:
            self._forget_expired()
            for name, value in values.items():
                if value is None:
                    self._values.pop(name, None)
                else:
                    self._values[name] = (value, None)

    def unset(self, name: str) -> bool:
        """Remove a value; whether there was one."""
        with self._lock:
            self._forget_expired()
            return self._values.pop(name, None) is not None

    def expire(self, name: str, seconds: float) -> bool:
        """Let a value vanish in ``seconds``; whether there is one."""
        with self._lock:
            self._forget_expired()
            if name not in self._values:
                return False
            self._values[name] = (self._values[name][0], self._clock() + seconds)
            return True

    def _forget_expired(self) -> None:
        now = self._clock()
        for name in [name for name, (_, end) in self._values.items() if end is not None and end <= now]:
            del self._values[name]
