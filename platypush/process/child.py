"""One supervised process as a state machine. No input or output of its own: it acts through ``System``."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from platypush._lib.clock import Clock
from platypush.process.states import ChildStatus, Exit, State
from platypush.process.system import Command, System

__all__ = ["Child", "Policy", "StopStep"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When to start again. Times in seconds."""

    min_interval: float = 1.0
    """From one start to the next, at least: whatever lived longer is started again at once."""
    max_interval: float = 30.0
    """Where the doubling ends. A crash loop goes on at this pace, so a hub left alone recovers by itself."""
    stable_after: float = 5.0
    """A life this long clears the count of quick deaths."""
    quick_deaths: int = 25
    """How many short lives that did become ready are forgiven before the pace slows down."""
    fatal_codes: frozenset[int] = frozenset({22, 127})
    """Exit codes that mean the next start will end the same way: uWSGI's 22 (the application does not load) and
    the guard's 127 (no such program)."""
    fatal_after: int = 3
    """Ends with such a code in a row before FATAL."""
    fatal_retry: float = 300.0
    """In FATAL a start is still tried this often: the cause may have been a full disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep:
    """One step of a stop: ``act`` asks the process to end (False: it could not), ``patience`` seconds follow."""

    act: Callable[[int], bool]
    patience: float


@dataclass(slots=True)
class _Counts:
    starts: int = 0
    unready: int = 0
    """Lives in a row that ended before they were ready."""
    short: int = 0
    """Lives in a row that were ready and ended soon."""
    fatal: int = 0


@dataclass(slots=True)
class _Life:
    """The process that exists now, or the last one."""

    pid: int | None = None
    started: float = 0.0
    ready_at: float | None = None
    deadline: float | None = None
    """When the next stop step, or the next start, is due."""
    steps: list[StopStep] = field(default_factory=list)


class Child:
    """Starts a process again whenever it ends, until it is told to stop.

    Every method runs in the supervisor's thread; ``status`` may be called from any thread.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Command],
        *,
        system: System,
        clock: Clock,
        stop_steps: tuple[StopStep, ...] = (),
        policy: Policy | None = None,
        on_start: Callable[[int], None] | None = None,
        term_patience: float = 3.0,
    ) -> None:
        """``command`` is asked at each start, so a child can follow new settings. ``on_start`` gets each new pid and
        must not block; whoever finds the child ready calls ``mark_ready``.

        After ``stop_steps`` come SIGTERM, ``term_patience`` seconds, and SIGKILL for the whole group, always.
        """
        self.name = name
        self._command = command
        self._system = system
        self._clock = clock
        self._policy = policy or Policy()
        self._stop_steps = stop_steps
        self._on_start = on_start
        self._term_patience = term_patience
        self._state = State.STOPPED
        self._counts = _Counts()
        self._life = _Life()
        self._last_exit: Exit | None = None
        self._reason: str | None = None

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    @property
    def pid(self) -> int | None:
        """The process that exists now."""
        return self._life.pid if self._state.alive else None

    def status(self) -> ChildStatus:
        """A snapshot. From any thread."""
        state, deadline = self._state, self._life.deadline
        waiting = state in (State.BACKOFF, State.FATAL) and deadline is not None
        return ChildStatus(
            name=self.name,
            state=state,
            pid=self.pid,
            starts=self._counts.starts,
            last_exit=str(self._last_exit) if self._last_exit else None,
            reason=self._reason,
            retry_in=max(0.0, deadline - self._clock.monotonic()) if waiting and deadline is not None else None,
        )

    def start(self) -> None:
        """Start it, also out of BACKOFF and FATAL (as after a reload). Does nothing for one that is alive."""
        if not self._state.alive:
            self._counts = _Counts(starts=self._counts.starts)
            self._spawn()

    def mark_ready(self, pid: int) -> None:
        """The process ``pid`` answers. Ignored when that process is not the present one any more."""
        if self._state is State.STARTING and self._life.pid == pid:
            self._state = State.RUNNING
            self._life.ready_at = self._clock.monotonic()
            self._reason = None
            self._counts.unready = self._counts.fatal = 0
            took = self._life.ready_at - self._life.started
            logger.info("%s is ready after %.1f s (pid %d)", self.name, took, pid)

    def stop(self) -> None:
        """End it: the configured steps, then SIGTERM, then SIGKILL to the group. ``step`` carries it through."""
        if self._state in (State.BACKOFF, State.FATAL):
            self._state = State.STOPPED
            self._life.deadline = None
        elif self._state in (State.STARTING, State.RUNNING):
            self._state = State.STOPPING
            self._life.steps = [
                *self._stop_steps,
                StopStep(act=lambda pid: self._signal(pid, signal.SIGTERM), patience=self._term_patience),
                StopStep(act=lambda pid: self._signal(pid, signal.SIGKILL), patience=1.0),
            ]
            self._next_stop_step()

    def step(self) -> float | None:
        """Do what is due; returns the seconds until something else may be, or None when only an end can happen."""
        if self._state.alive and self._life.pid is not None:
            code = self._system.poll(self._life.pid)
            if code is not None:
                self._ended(self._life.pid, Exit(code))
        deadline = self._life.deadline
        if deadline is not None and self._clock.monotonic() >= deadline:
            if self._state is State.STOPPING:
                self._next_stop_step()
            elif self._state in (State.BACKOFF, State.FATAL):
                self._spawn()
        deadline = self._life.deadline
        return None if deadline is None else max(0.0, deadline - self._clock.monotonic())

    def _spawn(self) -> None:
        now = self._clock.monotonic()
        self._life = _Life(started=now)
        self._counts.starts += 1
        try:
            pid = self._system.spawn(self._command())
        except OSError as error:
            self._counts.unready += 1
            self._back_off(f"cannot be started: {error.strerror or error}")
            return
        self._life.pid = pid
        self._state = State.STARTING
        logger.info("%s started (pid %d)", self.name, pid)
        if self._on_start is not None:
            self._on_start(pid)

    def _ended(self, pid: int, end: Exit) -> None:
        self._last_exit = end
        # Whatever it left behind (workers, routers) must not hold its sockets against the next one.
        self._system.kill_group(pid, signal.SIGKILL)
        self._system.reap(pid)
        if self._state is State.STOPPING:
            self._state = State.STOPPED
            self._life.deadline = None
            self._life.steps = []
            logger.info("%s stopped (%s)", self.name, end)
            return
        self._count(end)
        self._back_off(str(end))

    def _count(self, end: Exit) -> None:
        now = self._clock.monotonic()
        if self._life.ready_at is None:
            self._counts.unready += 1
        elif now - self._life.ready_at < self._policy.stable_after:
            self._counts.short += 1
        else:
            self._counts.short = 0
        self._counts.fatal = self._counts.fatal + 1 if end.code in self._policy.fatal_codes else 0

    def _back_off(self, reason: str) -> None:
        now = self._clock.monotonic()
        self._reason = reason
        if self._counts.fatal >= self._policy.fatal_after:
            self._state = State.FATAL
            self._life.deadline = now + self._policy.fatal_retry
            logger.error(
                "%s: %s, %d times in a row. It is tried again at a reload, and every %.0f s.",
                self.name,
                reason,
                self._counts.fatal,
                self._policy.fatal_retry,
            )
            return
        slow = max(self._counts.unready, self._counts.short - self._policy.quick_deaths, 0)
        interval = min(self._policy.min_interval * 2.0 ** min(slow, 16), self._policy.max_interval)
        self._state = State.BACKOFF
        self._life.deadline = max(now, self._life.started + interval)
        logger.warning("%s ended: %s. Next start in %.1f s.", self.name, reason, self._life.deadline - now)

    def _next_stop_step(self) -> None:
        pid = self._life.pid
        while pid is not None and self._life.steps:
            step = self._life.steps.pop(0)
            if step.act(pid):
                self._life.deadline = self._clock.monotonic() + step.patience
                return
        if pid is not None:
            # Not even SIGKILL ended it yet (it hangs in the kernel): ask again, and report by the log.
            logger.error("%s (pid %d) does not end after SIGKILL", self.name, pid)
            self._signal(pid, signal.SIGKILL)
            self._life.deadline = self._clock.monotonic() + 5.0

    def _signal(self, pid: int, signum: signal.Signals) -> bool:
        if signum is signal.SIGKILL:
            self._system.kill_group(pid, signum)
        else:
            self._system.kill(pid, signum)
        return True
