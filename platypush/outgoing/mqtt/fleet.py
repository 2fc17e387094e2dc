"""Links with threads: those that are kept and made again when they are lost, with one line in the log for each broker,
and those for one call."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from platypush._lib.again import again
from platypush._lib.presence import Presence
from platypush.errors import PlatypushError
from platypush.outgoing.mqtt.link import Link

__all__ = ["Fleet", "running"]

_FAREWELL = 1.0


class Fleet:
    """Links that run until they are ended. Thread-safe."""

    def __init__(self, logger: logging.Logger, name: str) -> None:
        """``name`` is the section's, for the names of threads."""
        self._logger = logger
        self._name = name
        self._lock = threading.Lock()
        self._brokers: dict[str, _Broker] = {}
        self._running: dict[Link, tuple[threading.Thread, threading.Event]] = {}
        self._stopped = False

    @property
    def reason(self) -> str | None:
        """Which broker is away, and why; None when all are there."""
        with self._lock:
            found = [(place, broker.presence.reason) for place, broker in self._brokers.items()]
        return next((f"{place}: {reason}" for place, reason in found if reason), None)

    def start(self, link: Link) -> None:
        """Keep ``link`` connected from now on. Does nothing once the fleet has stopped."""
        over = threading.Event()
        with self._lock:
            if self._stopped:
                return
            broker = self._brokers.setdefault(link.broker.place, _Broker(self._logger, link.broker.name))
            member = _Member(self._logger, link.broker.name, broker)
            link.on_up = member.found
            thread = threading.Thread(
                target=self._keep, args=(link, member, over), name=f"{self._name}-{link.broker.place}", daemon=True
            )
            self._running[link] = (thread, over)
            # Under the lock: a stop at this moment finds a thread that can be waited for.
            thread.start()

    def end(self, link: Link, seconds: float) -> None:
        """Disconnect ``link`` for good; waits for its thread, for ``seconds`` at most."""
        with self._lock:
            thread, over = self._running.pop(link, (None, None))
        if thread is not None and over is not None:
            over.set()
            link.stop()
            thread.join(seconds)

    def stop(self, seconds: float) -> None:
        """End all links and start no other."""
        with self._lock:
            self._stopped = True
            running, self._running = self._running, {}
        for link, (_, over) in running.items():
            over.set()
            link.stop()
        deadline = time.monotonic() + seconds
        for thread, _ in running.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep(self, link: Link, member: Presence, over: threading.Event) -> None:
        def step() -> float | None:
            link.run()
            return None

        try:
            again(step, wait=over.wait, away=(PlatypushError,), presence=member, logger=self._logger, name=self._name)
        finally:
            member.found()


@contextmanager
def running(link: Link) -> Iterator[Link]:
    """A connection for the time of the block. Raises Unavailable or Forbidden when there is none."""

    def run() -> None:
        try:
            link.run()
        except PlatypushError:
            # Whoever waits for the link is told.
            return

    thread = threading.Thread(target=run, name=f"{link.broker.name} for one call", daemon=True)
    thread.start()
    try:
        link.wait_connected()
        yield link
    finally:
        link.stop()
        thread.join(_FAREWELL)


class _Broker:
    """All links to one broker: it is away while one of them is without it."""

    def __init__(self, logger: logging.Logger, name: str) -> None:
        self.presence = Presence(logger, name)
        self._lock = threading.Lock()
        self._without: set[Presence] = set()

    def lost(self, member: Presence, reason: str) -> None:
        with self._lock:
            self._without.add(member)
            self.presence.lost(reason)

    def found(self, member: Presence) -> None:
        with self._lock:
            self._without.discard(member)
            if not self._without:
                self.presence.found()


class _Member(Presence):
    """What one link knows of its broker."""

    def __init__(self, logger: logging.Logger, what: str, broker: _Broker) -> None:
        super().__init__(logger, what)
        self._broker = broker

    def lost(self, reason: str) -> None:
        self._note(reason)
        self._broker.lost(self, reason)

    def broke(self, reason: str) -> None:
        self.lost(reason)

    def found(self) -> None:
        with self._lock:
            self._reason = None
        self._broker.found(self)
