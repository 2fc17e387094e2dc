"""What is known of a calendar, and keeping it over a restart: in files that only the hub's user can read."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platypush._lib.files import private_dir, write_private
from platypush.plugins.calendar._events import Event, span

__all__ = ["Snapshot", "Store"]

_FORMAT = 1
_FORGET = 30 * 86400
_logger = logging.getLogger("platypush.plugins.calendar.ical")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last good answer. ``read_at`` and ``computed_at`` are seconds since the epoch: when the source was last asked
    with success, and from when on the events are."""

    read_at: float
    computed_at: float
    events: list[Event] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


class Store:
    """One file for one source. ``key`` is whatever makes the source what it is; it cannot be read from the file."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

    def load(self) -> Snapshot | None:
        """What was kept; None when there is nothing of use. Never raises."""
        try:
            values = json.loads(self._path.read_bytes())
            if values.pop("format") != _FORMAT:
                return None
            snapshot = Snapshot(**values)
            for event in snapshot.events:
                span(event)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return snapshot

    def save(self, snapshot: Snapshot) -> None:
        """Keep it. Never raises: without it, only a restart is slower."""
        try:
            private_dir(self._folder)
            write_private(self._path, json.dumps({"format": _FORMAT, **asdict(snapshot)}).encode())
            for path in self._folder.glob("*.json"):
                # Of calendars that are not configured any more.
                if path.stat().st_mtime < time.time() - _FORGET:
                    path.unlink(missing_ok=True)
        except OSError as error:
            _logger.warning("A calendar cannot be kept in %s: %s", self._folder, error)
