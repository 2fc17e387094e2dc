"""What the two kinds of supervised web server share: a child process, its readiness and its state."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from platypush._lib.clock import Clock
from platypush.backend.http.addresses import Listener
from platypush.backend.http.addresses import Protocol as Spoken
from platypush.backend.http.readiness import answers
from platypush.process import Child, State, Supervisor

__all__ = ["ReadinessProbe", "WebServer", "probe_target", "wait_ready", "wait_until"]

logger = logging.getLogger(__name__)

_PROBE_TIME = 2.0
_PROBE_INTERVAL = 0.1
_GLANCE = 0.2


class WebServer(Protocol):
    """A web server that the daemon supervises. Every method may be called from any thread."""

    def start(self) -> None:
        """Start it; returns at once."""

    def wait_ready(self, timeout: float) -> bool:
        """Wait until it answers; False when it does not within ``timeout`` seconds."""

    def reload(self) -> None:
        """Replace what serves by processes with the new settings, without a failed request. Raises PlatypushError."""

    def answered(self) -> int:
        """How many requests its present processes have answered; 0 where it is not known."""

    def status(self) -> dict[str, Any]:
        """State, pid, restarts, last exit, and the workers where they are known."""


def probe_target(listeners: Sequence[Listener]) -> Listener | None:
    """The listener to ask: the first whose protocol is understood."""
    return next((listener for listener in listeners if listener.protocol is not Spoken.OTHER), None)


class ReadinessProbe:
    """Asks a new process until it answers, in a thread that ends with the answer or with the process."""

    def __init__(self, supervisor: Supervisor, ask: Callable[[], bool], clock: Clock) -> None:
        """``ask`` makes one attempt, of ``_PROBE_TIME`` seconds at most."""
        self._supervisor = supervisor
        self._ask = ask
        self._clock = clock
        self._ready = threading.Event()

    @classmethod
    def over(cls, listener: Listener, supervisor: Supervisor, clock: Clock) -> ReadinessProbe:
        """A probe that sends requests to ``listener``."""
        return cls(supervisor, lambda: answers(listener, _PROBE_TIME), clock)

    def watch(self, child: Child, pid: int) -> None:
        """Start asking for ``pid``; called in the supervisor's thread when it was started."""
        self._ready.clear()
        threading.Thread(target=self._run, args=(child, pid), name=f"ready-{pid}", daemon=True).start()

    def wait(self, timeout: float, child: Child) -> bool:
        """Wait until the present process of ``child`` has answered; False also as soon as it was given up."""
        return wait_ready(self._ready, timeout, child, self._clock)

    def _run(self, child: Child, pid: int) -> None:
        while child.pid == pid and child.state is State.STARTING:
            if self._ask():
                try:
                    self._supervisor.submit(lambda: child.mark_ready(pid)).result(_PROBE_TIME)
                except (RuntimeError, TimeoutError):
                    return  # the supervisor is stopping
                if child.pid == pid:
                    self._ready.set()
                return
            threading.Event().wait(_PROBE_INTERVAL)


def wait_ready(ready: threading.Event, timeout: float, child: Child, clock: Clock) -> bool:
    """Wait for ``ready``; False after ``timeout`` seconds, or as soon as ``child`` was given up."""
    deadline = clock.monotonic() + timeout
    while not ready.wait(max(0.0, min(_GLANCE, deadline - clock.monotonic()))):
        if child.state is State.FATAL or clock.monotonic() >= deadline:
            return False
    return True


def wait_until(condition: Callable[[], bool], timeout: float, clock: Clock, interval: float = 0.05) -> bool:
    """Ask ``condition`` again and again; False when it does not hold within ``timeout`` seconds."""
    deadline = clock.monotonic() + timeout
    pause = threading.Event()
    while not condition():
        if clock.monotonic() >= deadline:
            return False
        pause.wait(interval)
    return True
