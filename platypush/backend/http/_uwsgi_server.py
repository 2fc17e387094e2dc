"""uWSGI under supervision: started, stopped and reloaded over its FIFO, watched over its stats socket."""

from __future__ import annotations

import logging
import math
import os
import selectors
import signal
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platypush._lib.clock import Clock
from platypush.backend.http._server import ReadinessProbe, probe_target, wait_until
from platypush.backend.http._uwsgi_output import UwsgiOutput
from platypush.backend.http.addresses import Listener, TcpAddress, UnixAddress
from platypush.backend.http.stats import WorkerState, read_stats, workers_of
from platypush.errors import Unavailable
from platypush.process import Child, Command, State, StopStep, Supervisor, System
from platypush.process.system import write_fifo

__all__ = ["UwsgiServer"]

logger = logging.getLogger(__name__)

_STATS_TIME = 2.0
_LOAD_TIME = 15.0
"""How long a worker may take to load the application."""
_FIRST_REMINDER = 1.5
_REMINDER = 2.0
_NUDGE = b"\n"
"""A byte that means nothing to uWSGI, but wakes its master, which looks for dead workers only once a second else."""
_NUDGES = 30
_NUDGES_IN = 60.0
_RESPAWN_TIME = 0.02
"""What a fork takes; before that the list of workers still has the dead one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """How to talk to the master."""

    fifo: Path
    stats: TcpAddress | UnixAddress | None
    graceful_stop: float


class UwsgiServer:
    """A supervised uWSGI."""

    def __init__(
        self,
        command: Callable[[], Command],
        listeners: tuple[Listener, ...],
        controls: Controls,
        *,
        supervisor: Supervisor,
        system: System,
        clock: Clock,
    ) -> None:
        self._controls = controls
        self._supervisor = supervisor
        self._clock = clock
        target = probe_target(listeners)
        self._probe = (
            ReadinessProbe.over(target, supervisor, clock)
            if target is not None
            else ReadinessProbe(supervisor, lambda: any(worker.accepting for worker in self._workers()), clock)
        )
        self._output = UwsgiOutput(lambda: self._child.state in (State.STOPPING, State.STOPPED))
        self._child = Child(
            "uWSGI",
            lambda: self._output.attach(command()),
            system=system,
            clock=clock,
            stop_steps=self._stop_steps(),
            on_start=self._on_start,
        )

    def _stop_steps(self) -> tuple[StopStep, ...]:
        """Ask the master to end gracefully; then, as long as requests may take, remind its workers.

        A worker that is just starting ignores the signal that the master sends, once, and would then be waited for.
        """
        reminders = max(1, math.ceil((self._controls.graceful_stop + 1.0 - _FIRST_REMINDER) / _REMINDER))
        return (
            StopStep(act=lambda _pid: self._send(b"q"), patience=_FIRST_REMINDER),
            *(StopStep(act=_remind_workers, patience=_REMINDER) for _ in range(reminders)),
        )

    def start(self) -> None:
        self._supervisor.add(self._child)

    def wait_ready(self, timeout: float) -> bool:
        return self._probe.wait(timeout, self._child)

    def reload(self) -> None:
        """A chain reload: one worker after the other is replaced once the one before serves.

        One that is down is started instead. Raises Unavailable when not all workers are replaced in time.
        """
        if self._child.state is State.STARTING:
            self.wait_ready(60.0)  # it does not read its FIFO yet
        if not self._child.state.alive:
            self._supervisor.submit(self._child.start).result(5.0)
            if not self.wait_ready(60.0):
                raise Unavailable("uWSGI does not answer with the new configuration. The log has the reason.")
            return
        # The chain passes over a worker that does not serve yet, and that one would keep the old settings.
        wait_until(lambda: all(worker.accepting for worker in self._workers()), _LOAD_TIME, self._clock)
        old = {worker.pid for worker in self._workers()}
        if not self._send(b"c"):
            raise Unavailable("uWSGI cannot be told to reload: nobody reads its FIFO. The log says what it does.")
        time_left = (len(old) or 1) * (math.ceil(self._controls.graceful_stop) + _LOAD_TIME)
        if self._controls.stats is not None and not wait_until(
            lambda: self._replaced(old), time_left, self._clock, interval=0.05
        ):
            raise Unavailable(
                f"Not all workers were replaced within {time_left:.0f} s. The log of uWSGI says which one hangs."
            )

    def answered(self) -> int:
        return sum(worker.requests for worker in self._workers())

    def status(self) -> dict[str, Any]:
        workers = [
            {
                "id": worker.id,
                "pid": worker.pid,
                "status": worker.status,
                "accepting": worker.accepting,
                "requests": worker.requests,
                "exceptions": worker.exceptions,
                "respawns": worker.respawns,
            }
            for worker in (self._workers() if self._child.state.alive else ())
        ]
        return {**self._child.status().to_dict(), "server": "uwsgi", "workers": workers}

    def _replaced(self, old: set[int]) -> bool:
        now = self._workers()
        return len(now) >= len(old) and all(worker.accepting and worker.pid not in old for worker in now)

    def _workers(self) -> tuple[WorkerState, ...]:
        if self._controls.stats is None:
            return ()
        return workers_of(read_stats(self._controls.stats, _STATS_TIME))

    def _send(self, data: bytes) -> bool:
        return write_fifo(self._controls.fifo, data)

    def _on_start(self, pid: int) -> None:
        self._output.started()
        self._probe.watch(self._child, pid)
        threading.Thread(target=self._watch_workers, args=(pid,), name=f"workers-{pid}", daemon=True).start()

    def _watch_workers(self, pid: int) -> None:
        """Wake the master as soon as one of its workers ends, so that it is replaced at once.

        Not for workers that crash in a loop: those are left to the master's own pace of one a second.
        """
        self._probe.wait(60.0, self._child)
        recent: deque[float] = deque(maxlen=_NUDGES)
        unsettled = 0
        while self._child.pid == pid and self._child.state is State.RUNNING:
            pids = {worker.pid for worker in self._workers()}
            if not _one_ended(pids, timeout=0.5 if unsettled else 10.0):
                unsettled = max(0, unsettled - 1)
                continue
            now = self._clock.monotonic()
            if len(recent) == _NUDGES and now - recent[0] < _NUDGES_IN:
                threading.Event().wait(1.0)
                continue
            recent.append(now)
            unsettled = 10
            self._send(_NUDGE)
            threading.Event().wait(_RESPAWN_TIME)


def _remind_workers(master: int) -> bool:
    """Send the signal for a graceful end to all children of the master."""
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except OSError:
        return False  # a kernel without this file: the signals that follow end it
    for child in children:
        try:
            os.kill(int(child), signal.SIGHUP)
        except ProcessLookupError:
            pass
    return True


def _one_ended(pids: set[int], timeout: float) -> bool:
    """Wait until one of these processes ends, for ``timeout`` seconds at most."""
    with selectors.DefaultSelector() as selector:
        try:
            for pid in pids:
                try:
                    selector.register(os.pidfd_open(pid), selectors.EVENT_READ)
                except ProcessLookupError:
                    return True
            return bool(selector.select(timeout))
        finally:
            for key in list(selector.get_map().values()):
                os.close(key.fd)
