"""What a service had before, so that only what is new is told, after a restart too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

__all__ = ["Seen", "Values"]

_MOST = 5_000
"""Fingerprints kept of one request: those of what came last."""


class Values(Protocol):
    """Small JSON values by name; ``platypush.user.values.KeyValues`` is one."""

    def get(self, namespace: str, name: str, default: Any = None) -> Any:
        """One value, or ``default``."""

    def set(self, namespace: str, values: dict[str, Any]) -> None:
        """Store all of ``values``."""


class Seen:
    """The fingerprints of one request's items."""

    def __init__(self, values: Values, namespace: str, name: str) -> None:
        self._values = values
        self._namespace = namespace
        self._name = name

    def take(self, items: Iterable[Any], fingerprint: Callable[[Any], str]) -> tuple[list[Any], bool]:
        """Of ``items`` those that were never there, and whether this is the first time. From now on they were there.

        Raises StorageFailed.
        """
        before: list[str] | None = self._values.get(self._namespace, self._name)
        known = dict.fromkeys(before or ())
        new = []
        for item in items:
            mark = fingerprint(item)
            if mark not in known:
                new.append(item)
            else:
                # What is there still counts as recent.
                del known[mark]
            known[mark] = None
        kept = list(known)[-_MOST:]
        if before is None or new:
            self._values.set(self._namespace, {self._name: kept})
        return new, before is None
