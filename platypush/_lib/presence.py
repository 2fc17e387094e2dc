"""Whether something outside of the hub is there: said once when it goes, and once when it comes back."""

from __future__ import annotations

import logging
import threading
import time

__all__ = ["Presence"]


class Presence:
    """What is known of one device or server. At first it is taken to be there. Thread-safe."""

    def __init__(self, logger: logging.Logger, what: str) -> None:
        """``what`` is its name in the log, such as ``MPD at localhost:6600``."""
        self._logger = logger
        self._what = what
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._since = 0.0

    @property
    def reason(self) -> str | None:
        """Why it cannot be used; None when it can."""
        return self._reason

    def lost(self, reason: str) -> None:
        """Note that it is away. Logs the first time; further reasons are kept and not logged."""
        if self._note(reason):
            self._logger.warning("%s is away: %s Trying again until it is back.", self._what, _sentence(reason))

    def broke(self, reason: str) -> None:
        """Note that its use failed in a way that the caller has logged."""
        self._note(reason)

    def found(self) -> None:
        """Note that it is there. Logs only when it was not."""
        with self._lock:
            if self._reason is None:
                return
            self._reason = None
            seconds = time.monotonic() - self._since
        self._logger.info("%s is back after %.0f s.", self._what, seconds)

    def _note(self, reason: str) -> bool:
        with self._lock:
            first = self._reason is None
            self._reason = reason
            if first:
                self._since = time.monotonic()
            return first


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
