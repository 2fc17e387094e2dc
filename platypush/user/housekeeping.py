"""What the store does beside the requests: writing last uses, removing what has expired."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from sqlalchemy import Connection, Table, delete, select

from platypush._lib.clock import Clock
from platypush.errors import StorageFailed
from platypush.user.attempts import clean_attempts
from platypush.user.audit import Audit
from platypush.user.database import Database
from platypush.user.last_use import LastUse
from platypush.user.schema import api_tokens, jwts, sessions

__all__ = ["Housekeeper"]

_PERIOD = 60.0
_CLEAN_EVERY = 3600.0
_BATCH = 500
_MOST_BATCHES = 100

logger = logging.getLogger(__name__)


class Housekeeper:
    """Runs ``step`` every minute in a thread (a greenlet under gevent) that starts with the first use of the store."""

    def __init__(self, database: Database, last_use: LastUse, audit: Audit, clock: Clock) -> None:
        self._database = database
        self._last_use = last_use
        self._audit = audit
        self._clock = clock
        self._cleaned_at: float | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: int | None = None

    def ensure_started(self) -> None:
        """Start the thread unless it runs in this process already (a fork does not take it along)."""
        if self._process == os.getpid() or self._stop.is_set():
            return
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            self._thread = threading.Thread(target=self._loop, name="platypush-users", daemon=True)
            self._thread.start()

    def step(self) -> None:
        """Write what is pending; once an hour, remove what has expired. Never raises StorageFailed: it comes again."""
        try:
            self._last_use.flush()
            self._audit.flush()
            now = self._clock.monotonic()
            if self._cleaned_at is None or now - self._cleaned_at >= _CLEAN_EVERY:
                self._cleaned_at = now
                self.clean()
        except StorageFailed:
            logger.warning("Last uses could not be written now; they will be with the next minute's.")

    def clean(self) -> int:
        """Remove expired sessions and tokens, old attempts and old audit rows, in small batches; how many rows.

        Raises StorageFailed.
        """
        now = self._clock.time()
        works: list[Callable[[Connection], int]] = [
            *(_expired(table, now) for table in (sessions, jwts, api_tokens)),
            lambda connection: clean_attempts(connection, now, _BATCH),
            lambda connection: self._audit.clean(connection, _BATCH),
        ]
        return sum(self._in_batches(work) for work in works)

    def stop(self) -> None:
        """End the thread and write what is pending."""
        self._stop.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(timeout=10)
        self.step()

    def _in_batches(self, work: Callable[[Connection], int]) -> int:
        removed = 0
        for _ in range(_MOST_BATCHES):
            count = self._database.write(work)
            removed += count
            if count < _BATCH:
                break
        return removed

    def _loop(self) -> None:
        while not self._stop.wait(_PERIOD):
            self.step()


def _expired(table: Table, now: float) -> Callable[[Connection], int]:
    old = select(table.c.id).where(table.c.expires_at <= now).limit(_BATCH)
    return lambda connection: connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
