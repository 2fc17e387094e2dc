"""Variables in the main database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from platypush.message import encode
from platypush.plugins.services import ValueStore

__all__ = ["StoredValues", "check_name"]

_NAMESPACE = "variable"
_LONGEST_NAME = 255


def check_name(name: str) -> str:
    """Return ``name`` when a variable can be called so. Raises ValueError."""
    if not name or len(name) > _LONGEST_NAME:
        raise ValueError(f"A variable's name has 1 to {_LONGEST_NAME} characters; this one has {len(name)}.")
    return name


class StoredValues:
    """Values by name in a ``ValueStore``, each stored with the time of day at which it expires, or none.

    Every method raises StorageFailed when the database refuses.
    """

    def __init__(self, values: ValueStore, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds since the epoch: expiry has to survive a restart."""
        self._values = values
        self._clock = clock

    def all(self) -> dict[str, Any]:
        """Every value that has not expired."""
        entries = self._values.all(_NAMESPACE)
        return {name: entry["value"] for name, entry in entries.items() if not self._expired(entry)}

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or ``default``."""
        entry = self._values.get(_NAMESPACE, name)
        return default if entry is None or self._expired(entry) else entry["value"]

    def set(self, values: Mapping[str, Any]) -> None:
        """Store all of ``values``, for ever; None removes. Dates, sets and the like are stored as their JSON form."""
        plain = {check_name(name): json.loads(encode(value)) for name, value in values.items() if value is not None}
        if plain:
            self._values.set(_NAMESPACE, {name: {"value": value} for name, value in plain.items()})
        gone = [name for name, value in values.items() if value is None]
        if gone:
            self._values.delete(_NAMESPACE, *gone)

    def unset(self, name: str) -> bool:
        """Remove a value; whether there was one."""
        existed = self.get(name) is not None
        self._values.delete(_NAMESPACE, name)
        return existed

    def expire(self, name: str, seconds: float) -> bool:
        """Let a value vanish in ``seconds``; whether there is one."""
        entry = self._values.get(_NAMESPACE, name)
        if entry is None or self._expired(entry):
            return False
        if seconds <= 0:
            self._values.delete(_NAMESPACE, name)
        else:
            self._values.set(_NAMESPACE, {name: {"value": entry["value"], "expires_at": self._clock() + seconds}})
        return True

    def _expired(self, entry: Mapping[str, Any]) -> bool:
        end = entry.get("expires_at")
        return end is not None and bool(end <= self._clock())
