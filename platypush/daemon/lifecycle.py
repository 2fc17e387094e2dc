"""What was started is stopped in the opposite order, however far the start came."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

__all__ = ["Lifecycle"]

_logger = logging.getLogger(__name__)


class Lifecycle:
    """A stack of stop functions. For one thread."""

    def __init__(self) -> None:
        self._stops: list[tuple[str, Callable[[], object]]] = []

    def started(self, name: str, stop: Callable[[], object]) -> None:
        """Note that ``name`` runs, and how it is stopped."""
        self._stops.append((name, stop))

    def stop_first(self, name: str) -> None:
        """Stop ``name``, if it runs, out of its turn."""
        for entry in [entry for entry in self._stops if entry[0] == name]:
            self._stops.remove(entry)
            _stop(*entry)

    def stop_all(self) -> None:
        """Stop everything, the last started first. A part that fails to stop is logged and keeps no other from it."""
        while self._stops:
            _stop(*self._stops.pop())


def _stop(name: str, stop: Callable[[], object]) -> None:
    began = time.monotonic()
    try:
        stop()
    except Exception:  # boundary: every part gets its chance to stop
        _logger.exception("%s failed to stop cleanly", name)
    took = time.monotonic() - began
    if took > 1:
        _logger.info("%s took %.1f s to stop", name, took)
