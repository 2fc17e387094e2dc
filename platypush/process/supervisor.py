"""The loop that carries children through their states, in one permanent thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from platypush.process.child import Child
from platypush.process.states import State
from platypush.process.system import System

__all__ = ["Supervisor"]

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Supervisor:
    """Owns the thread that spawns: a child dies with the thread that started it, so this one lives as long as they.

    ``submit`` runs a function in that thread; everything that changes a child goes through it.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._children: list[Child] = []
        self._inbox: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the thread. Once."""
        self._thread.start()

    def add(self, child: Child) -> None:
        """Take ``child`` over and start it. From any thread."""

        def run() -> None:
            self._children.append(child)
            child.start()

        self.submit(run)

    def retire(self, child: Child) -> None:
        """Stop ``child`` and forget it once it has ended. From any thread; does not wait."""
        self.submit(child.stop)

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run ``function`` in the supervisor's thread. Raises RuntimeError after ``stop``."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the result
                future.set_exception(error)

        with self._lock:
            if self._closed:
                raise RuntimeError("The supervisor has stopped.")
            self._inbox.append(run)
            self._system.wake()
        return future

    def stop(self, timeout: float) -> bool:
        """Stop all children in the order opposite to their start, at once, and end the thread.

        Waits for ``timeout`` seconds; False when something is still alive then (the thread goes on ending it).
        """
        with self._lock:
            self._stopping = True
            if not self._closed:
                self._system.wake()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def step(self) -> float | None:
        """Do everything that is due; returns the seconds until the next thing is, None when none is foreseen."""
        while self._inbox:
            self._inbox.popleft()()
        if self._stopping:
            for child in reversed(self._children):
                child.stop()
        waits = [wait for child in self._children if (wait := child.step()) is not None]
        self._children = [child for child in self._children if child.state is not State.STOPPED]
        return min(waits, default=None)

    @property
    def finished(self) -> bool:
        """Whether it was told to stop and nothing is left to end."""
        return self._stopping and not self._children and not self._inbox

    def _run(self) -> None:
        while True:
            try:
                timeout = self.step()
            except Exception:  # the supervisor's thread must not end: its children would die with it
                logger.exception("The supervisor failed at a step and goes on")
                timeout = 1.0
            with self._lock:
                if self.finished:
                    self._closed = True
                    self._system.close()
                    return
            pids = [pid for child in self._children if (pid := child.pid) is not None]
            self._system.wait(pids, timeout)
