"""Threads in bounded numbers behind a queue that never refuses."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import TypeVar

__all__ = ["WorkerPool", "map_in_threads"]

T = TypeVar("T")
R = TypeVar("R")
_logger = logging.getLogger(__name__)


class WorkerPool:
    """Runs jobs in at most ``workers`` threads, started when needed, in the order of their submission.

    Any number of jobs may wait. A job that raises is logged and harms no other one. Threads are daemonic, so that a
    job that never ends does not keep the process alive. All methods may be called from any thread.
    """

    def __init__(self, name: str, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"A pool needs at least one worker, not {workers}.")
        self._name = name
        self._limit = workers
        self._jobs: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._started = 0
        self._idle = 0
        self._stopping = False

    def submit(self, job: Callable[[], object]) -> bool:
        """Queue ``job`` and return at once; False when the pool is stopping and the job will not run."""
        with self._changed:
            if self._stopping:
                return False
            self._jobs.append(job)
            if self._idle >= len(self._jobs) or self._threads >= self._limit:
                self._changed.notify()
                return True
            self._threads += 1
            self._started += 1
            number = self._started
        try:
            threading.Thread(target=self._work, name=f"{self._name}-{number}", daemon=True).start()
        except RuntimeError:
            # The system has no thread to give. The job waits for one that runs already, if there is any.
            with self._changed:
                self._threads -= 1
                if not self._threads:
                    self._jobs.pop()
                    raise
        return True

    def waiting(self) -> int:
        """How many jobs wait for a thread."""
        return len(self._jobs)

    def stop(self, grace: float) -> bool:
        """Take no new jobs and wait up to ``grace`` seconds for those queued and running.

        Returns whether all ended. Jobs still queued then are dropped; threads still busy are left to themselves.
        """
        deadline = time.monotonic() + grace
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            while self._threads:
                left = deadline - time.monotonic()
                if left <= 0:
                    self._jobs.clear()
                    return False
                self._changed.wait(left)
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._jobs:
                    if self._stopping:
                        self._threads -= 1
                        self._changed.notify_all()
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                job = self._jobs.popleft()
            try:
                job()
            except BaseException:  # boundary: top of a thread: one job must not end the thread for the others
                _logger.exception("A job of %s failed", self._name)


def map_in_threads(function: Callable[[T], R], items: Sequence[T], *, workers: int, name: str) -> list[R]:
    """``function`` of each item, in at most ``workers`` threads at a time; waits for all of them.

    The threads see the context variables of the caller. Returns the results in the order of the items; raises what
    the first failing item raised, after all have ended. The threads are daemonic.
    """
    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}
    numbers = iter(range(len(items)))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                results[number] = function(items[number])
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits
                failures[number] = error

    threads = [
        threading.Thread(target=copy_context().run, args=(work,), name=f"{name}-{index}", daemon=True)
        for index in range(min(workers, len(items)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(items))]
