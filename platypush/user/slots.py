"""As many costly computations at a time as the machine can spare, counted over all its processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platypush._lib.clock import Clock
from platypush.errors import Busy, StorageFailed

__all__ = ["Slots", "default_slots"]

_POLL = 0.02
"""Seconds between two looks at the slots of other processes; a bcrypt takes ten times as long."""


def default_slots() -> int:
    """One processor fewer than the machine has, at least one."""
    return max(1, (os.cpu_count() or 1) - 1)


class Slots:
    """``count`` locked files in ``folder``. The kernel frees the lock of a process that dies.

    Waiting is cooperative under gevent.
    """

    def __init__(self, folder: Path, *, count: int, wait: float, clock: Clock) -> None:
        self._paths = [folder / f"bcrypt.{number}.lock" for number in range(count)]
        self._wait = wait
        self._clock = clock
        # In its own process waiters queue here, so that few of them poll the files.
        self._local = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold one slot. Raises Busy when none is free for ``wait`` seconds, StorageFailed without the files."""
        deadline = self._clock.monotonic() + self._wait
        if not self._local.acquire(timeout=self._wait):
            raise self._busy()
        try:
            handle = self._take(deadline)
            try:
                yield
            finally:
                os.close(handle)
        finally:
            self._local.release()

    def _take(self, deadline: float) -> int:
        while True:
            for path in self._paths:
                handle = self._open(path)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(handle)
                else:
                    return handle
            if self._clock.monotonic() >= deadline:
                raise self._busy()
            time.sleep(_POLL)

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageFailed(
                f"A sign-in needs the lock file {path}, which cannot be opened: {error.strerror}."
            ) from error

    def _busy(self) -> Busy:
        return Busy("Too many passwords are being checked at once. Try again in a moment.", retry_after=2)
