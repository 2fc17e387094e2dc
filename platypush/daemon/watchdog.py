"""systemd's watchdog: signs of life for as long as the web service works, so that a hub that does not is restarted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from platypush._lib.sdnotify import Notifier

__all__ = ["Patience", "Watchdog"]

_logger = logging.getLogger(__name__)
_FAILURES = 4
_INTERVAL = 10.0
_PROBE_SECONDS = 5.0


class Patience:
    """How many probes in a row may fail before the hub counts as lost. Pure."""

    def __init__(self, failures: int = _FAILURES) -> None:
        self._limit = failures
        self.failures = 0

    def alive(self, passed: bool) -> bool:
        """Take note of one probe; whether there is still hope."""
        self.failures = 0 if passed else self.failures + 1
        return self.failures < self._limit


class Watchdog:
    """Probes and pings in a thread of its own, from ``start`` to ``stop``; does nothing where systemd does not watch.

    The supervisor replaces a uWSGI that dies within seconds. This is for what it cannot mend: after four failed probes
    in a row, ten seconds apart, systemd gets no more signs of life and restarts the hub.
    """

    def __init__(self, notifier: Notifier, probe: Callable[[float], bool], status: str) -> None:
        """``probe`` tells within about the given seconds whether the hub works; ``status`` is shown while it does."""
        self._notifier = notifier
        self._probe = probe
        self._status = status
        self._patience = Patience()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin, once the hub is ready."""
        seconds = self._notifier.watchdog_seconds
        if seconds is not None:
            threading.Thread(target=self._run, args=(seconds,), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """No more probes: the hub is about to end, and systemd's time for that is another one."""
        self._stopping.set()

    def _run(self, seconds: float) -> None:
        # A probe and a pause together stay well below the time that systemd allows.
        interval, probe_seconds = min(_INTERVAL, seconds / 3), min(_PROBE_SECONDS, seconds / 6)
        while not self._stopping.is_set():
            self._look(probe_seconds)
            self._stopping.wait(interval)

    def _look(self, probe_seconds: float) -> None:
        failed_before = self._patience.failures
        if self._patience.alive(self._probe(probe_seconds)):
            self._notifier.alive()
        failures = self._patience.failures
        if failures:
            text = f"The web server does not answer ({failures} times in a row)"
            _logger.warning("%s", text)
            self._notifier.status(text)
        elif failed_before:
            self._notifier.status(self._status)
