"""Which lights have changed since they were last looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["WATCHED", "Changes"]

WATCHED = ("on", "bri", "sat", "hue", "ct", "xy", "reachable")
"""What of a light's state is told when it changes."""


class Changes:
    """Compares what the bridge says with what it said before. Not thread-safe: its owner locks."""

    def __init__(self) -> None:
        self._states: dict[str, Mapping[str, Any]] | None = None

    def note(self, lights: Mapping[str, Mapping[str, Any]], quiet: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The arguments of one event for each light that changed: ``light_id``, ``light_name`` and the new values.

        The first time nothing has changed. Lights in ``quiet`` are compared when they are that no longer, and one
        that is new has not changed.
        """
        before, quiet = self._states, set(quiet)
        now: dict[str, Mapping[str, Any]] = {light: data.get("state", {}) for light, data in lights.items()}
        if before is None:
            self._states = now
            return []
        self._states = {light: before.get(light, state) if light in quiet else state for light, state in now.items()}
        found = []
        for light, state in self._states.items():
            old = before.get(light, state)
            changed = {key: state[key] for key in WATCHED if key in state and state[key] != old.get(key)}
            if changed:
                found.append({"light_id": light, "light_name": lights[light].get("name"), **changed})
        return found
