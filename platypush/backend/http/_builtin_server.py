"""The built-in server under supervision: gevent in one spawned process, replaced by a second one at a reload."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from platypush._lib.clock import Clock
from platypush.backend.http._server import wait_ready
from platypush.errors import Unavailable
from platypush.process import Child, Command, State, Supervisor, System

__all__ = ["BuiltinServer"]

_START_TIME = 60.0


class BuiltinServer:
    """A supervised process that serves on a socket of the daemon."""

    def __init__(
        self,
        command: Callable[[int], Command],
        *,
        supervisor: Supervisor,
        system: System,
        clock: Clock,
        graceful_stop: float,
    ) -> None:
        """``command`` gets the descriptor to which the process writes a byte once it serves."""
        self._command = command
        self._supervisor = supervisor
        self._system = system
        self._clock = clock
        self._graceful_stop = graceful_stop
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._child = self._new_child()

    def start(self) -> None:
        self._supervisor.add(self._child)

    def wait_ready(self, timeout: float) -> bool:
        return wait_ready(self._ready, timeout, self._child, self._clock)

    def reload(self) -> None:
        """Start a second process on the same socket, and end the first once the second serves.

        Raises Unavailable when the second does not come up; the first goes on then.
        """
        with self._lock:
            old, new = self._child, self._new_child()
            self._supervisor.add(new)
            settled = threading.Event()
            deadline = self._clock.monotonic() + _START_TIME
            while new.state is not State.RUNNING and self._clock.monotonic() < deadline:
                if new.state in (State.BACKOFF, State.FATAL):
                    break
                settled.wait(0.05)
            if new.state is not State.RUNNING:
                self._supervisor.retire(new)
                raise Unavailable("The web server did not start with the new configuration; the old one goes on.")
            self._child = new
            self._supervisor.retire(old)

    def answered(self) -> int:
        return 0

    def status(self) -> dict[str, Any]:
        return {**self._child.status().to_dict(), "server": "builtin", "workers": []}

    def _new_child(self) -> Child:
        pipe: list[int] = []  # both ends, from the making of a command until its process exists

        def command() -> Command:
            while pipe:  # the last one could not be started
                os.close(pipe.pop())
            pipe.extend(os.pipe())
            return self._command(pipe[1])

        def on_start(pid: int) -> None:
            os.close(pipe.pop())
            threading.Thread(
                target=self._await, args=(child, pid, pipe.pop()), name=f"ready-{pid}", daemon=True
            ).start()

        child = Child(
            "The web server",
            command,
            system=self._system,
            clock=self._clock,
            on_start=on_start,
            term_patience=self._graceful_stop + 1.0,
        )
        return child

    def _await(self, child: Child, pid: int, descriptor: int) -> None:
        """Wait until the process says that it serves, or has ended without."""
        try:
            said = os.read(descriptor, 1)
        finally:
            os.close(descriptor)
        if not said:
            return
        try:
            self._supervisor.submit(lambda: child.mark_ready(pid)).result(5.0)
        except (RuntimeError, TimeoutError):
            return  # the supervisor is stopping
        self._ready.set()
