"""Runs crons: one thread that looks at the clock, and a bounded pool in which the jobs run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from platypush._lib.clock import Clock, SystemClock
from platypush._lib.threads import WorkerPool
from platypush.cron.agenda import Agenda
from platypush.cron.schedule import Schedule
from platypush.errors import StepsFailed, TimeLimit, Unavailable

__all__ = ["CronJob", "CronMetrics", "CronScheduler", "CronStatus"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronJob:
    """A cron that is ready to run."""

    name: str
    schedule: Schedule
    run: Callable[[], Any]
    source: str = ""
    """``file:line``, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronStatus:
    """How one cron stands; times are aware."""

    name: str
    expression: str
    source: str
    next_run: datetime
    running: bool
    last_run: datetime | None
    last_error: str | None


class CronMetrics(Protocol):
    """What the scheduler counts. Called from many threads; must not raise."""

    def cron_ended(self, name: str, seconds: float, ok: bool) -> None:
        """A job ended."""


class CronScheduler:
    """Starts jobs when they are due. A job that still runs is not started again: the log says so."""

    def __init__(
        self,
        jobs: Iterable[CronJob] = (),
        *,
        workers: int = 8,
        clock: Clock | None = None,
        metrics: CronMetrics | None = None,
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._metrics = metrics
        self._pool = WorkerPool("cron", workers)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._running: set[str] = set()
        self._last: dict[str, tuple[float, str | None]] = {}
        self._jobs: dict[str, CronJob] = {}
        self._agenda = Agenda((), 0, 0)
        self.set_jobs(jobs)

    def start(self) -> None:
        """Begin to watch the clock in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="crons", daemon=True)
            self._thread.start()

    def stop(self, grace: float) -> bool:
        """Start nothing more and wait up to ``grace`` seconds for running jobs. Whether all ended."""
        self._stopping = True
        self._wake.set()
        return self._pool.stop(grace)

    def set_jobs(self, jobs: Iterable[CronJob]) -> None:
        """Replace all jobs, for a reload. Those that run go on to their end; unchanged ones lose no run."""
        with self._lock:
            self._jobs = {job.name: job for job in jobs}
            agenda = Agenda(
                ((job.name, job.schedule) for job in self._jobs.values()), self._clock.time(), self._clock.monotonic()
            )
            agenda.carry_over(self._agenda)
            self._agenda = agenda
        self._wake.set()

    def step(self) -> float:
        """Start what is due and return for how many seconds nothing else will be. The watching thread calls it."""
        with self._lock:
            names = self._agenda.take_due(self._clock.time(), self._clock.monotonic())
            due = [self._jobs[name] for name in names]
            wait = self._agenda.seconds_to_wait(self._clock.time())
        for job in due:
            self._start(job)
        return wait

    def status(self) -> list[CronStatus]:
        """Every cron with its next run. From any thread."""
        with self._lock:
            slots, running, last = self._agenda.slots, set(self._running), dict(self._last)
            jobs = dict(self._jobs)
        statuses = []
        for slot in slots:
            ran = last.get(slot.name)
            statuses.append(
                CronStatus(
                    name=slot.name,
                    expression=slot.schedule.expression,
                    source=jobs[slot.name].source,
                    next_run=datetime.fromtimestamp(slot.due, UTC).astimezone(),
                    running=slot.name in running,
                    last_run=datetime.fromtimestamp(ran[0], UTC).astimezone() if ran else None,
                    last_error=ran[1] if ran else None,
                )
            )
        return statuses

    def _watch(self) -> None:
        while not self._stopping:
            self._wake.wait(self.step())
            self._wake.clear()

    def _start(self, job: CronJob) -> None:
        with self._lock:
            if job.name in self._running:
                _logger.warning("The cron %s (%s) is due but still runs: skipped this time", job.name, job.source)
                return
            self._running.add(job.name)
        if not self._pool.submit(lambda: self._run(job)):
            with self._lock:
                self._running.discard(job.name)

    def _run(self, job: CronJob) -> None:
        started, began = self._clock.time(), self._clock.monotonic()
        error: str | None = None
        try:
            job.run()
        except (Exception, SystemExit) as failure:  # boundary: a cron's failure is its own
            error = f"{type(failure).__name__}: {failure}"
            if isinstance(failure, StepsFailed):
                _logger.error("%s", failure)
            elif isinstance(failure, (Unavailable, TimeLimit)):
                # Something outside is away, which is nothing that a traceback explains.
                _logger.error("The cron %s (%s) failed: %s", job.name, job.source, failure)
            else:
                _logger.exception("The cron %s (%s) failed", job.name, job.source)
        finally:
            with self._lock:
                self._running.discard(job.name)
                self._last[job.name] = (started, error)
            if self._metrics is not None:
                self._metrics.cron_ended(job.name, self._clock.monotonic() - began, error is None)
