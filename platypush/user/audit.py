"""The audit trail: a row and a log line for every sign-in, refusal, and change of users and tokens."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from platypush._lib.clock import Clock
from platypush.errors import StorageFailed
from platypush.user.database import Database
from platypush.user.schema import audit_log
from platypush.user.storable import storable

__all__ = ["Audit", "AuditEntry", "RefusalLimit"]

logger = logging.getLogger("platypush.audit")

_DAY = 86400.0
_MOST_ADDRESSES = 5000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened: ``kind`` (``sign_in``, ``token_created``, …), whose, from where, and details without secrets."""

    kind: str
    user: str | None
    address: str
    at: float
    details: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The log line: ``sign_in user=alice address=192.0.2.7 …``; values from outside cannot forge another one."""
        parts = [self.kind]
        parts += [] if self.user is None else [f"user={_quoted(self.user)}"]
        parts += [f"address={_quoted(self.address)}"] if self.address else []
        parts += [f"{name}={_quoted(value)}" for name, value in self.details.items()]
        return " ".join(parts)


class RefusalLimit:
    """Up to ``each`` refusals of one address in ``window`` seconds are kept one by one, the rest as a number.

    Whoever sends nonsense all day must not be able to fill the disk. Safe for many threads.
    """

    def __init__(self, *, each: int = 20, window: float = 60) -> None:
        self._each = each
        self._window = window
        self._lock = threading.Lock()
        self._began = 0.0
        self._counts: dict[str, int] = {}

    def admit(self, address: str) -> bool:
        """Whether this refusal is kept by itself."""
        with self._lock:
            if address not in self._counts and len(self._counts) >= _MOST_ADDRESSES:
                address = "many"
            count = self._counts.get(address, 0) + 1
            self._counts[address] = count
            return count <= self._each

    def suppressed(self, now: float) -> dict[str, int]:
        """How many were left out for each address, once the window is over, which then begins anew."""
        with self._lock:
            if now - self._began < self._window:
                return {}
            self._began = now
            counts, self._counts = self._counts, {}
        return {address: count - self._each for address, count in counts.items() if count > self._each}


class Audit:
    """Writes and reads the trail. Rows are kept for ``days``."""

    def __init__(self, database: Database, clock: Clock, *, days: float, limit: RefusalLimit | None = None) -> None:
        self._database = database
        self._clock = clock
        self._days = days
        self._limit = limit or RefusalLimit()

    def entry(self, kind: str, user: str | None, address: str, **details: Any) -> AuditEntry:
        """An entry at the time of now, to be written in the caller's transaction and logged after its commit."""
        return AuditEntry(kind, user, address, self._clock.time(), details)

    def write(self, connection: Connection, entry: AuditEntry) -> None:
        """Insert the row of ``entry``."""
        values = {
            "at": entry.at,
            "kind": entry.kind[:64],
            "user_name": None if entry.user is None else storable(entry.user)[:128],
            "address": storable(entry.address)[:64],
            "details": json.dumps(entry.details, default=str),
        }
        connection.execute(insert(audit_log).values(values))

    def log(self, entry: AuditEntry) -> None:
        """Write the log line of ``entry``."""
        logger.info("%s", entry.text())

    def record(self, kind: str, user: str | None, address: str, **details: Any) -> None:
        """Row and line at once. A database that refuses leaves the line, and its own error in the log."""
        entry = self.entry(kind, user, address, **details)
        self.log(entry)
        try:
            self._database.write(lambda connection: self.write(connection, entry))
        except StorageFailed:
            # What is recorded has happened already; the log has both.
            return

    def refused(self, kind: str, user: str | None, address: str, **details: Any) -> None:
        """Like ``record``, within the limit of ``RefusalLimit``."""
        if self._limit.admit(address):
            self.record(kind, user, address, **details)

    def flush(self) -> None:
        """Record how many refusals were left out since the last time."""
        for address, count in self._limit.suppressed(self._clock.monotonic()).items():
            self.record("refusals_suppressed", None, address, count=count)

    def clean(self, connection: Connection, limit: int) -> int:
        """Remove up to ``limit`` rows that are too old; how many it were."""
        old = select(audit_log.c.id).where(audit_log.c.at < self._clock.time() - self._days * _DAY).limit(limit)
        return connection.execute(delete(audit_log).where(audit_log.c.id.in_(old))).rowcount

    def latest(self, count: int = 100) -> list[AuditEntry]:
        """The last ``count`` entries, newest first. Raises StorageFailed."""
        query = select(audit_log).order_by(audit_log.c.id.desc()).limit(count)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [AuditEntry(row.kind, row.user_name, row.address, row.at, json.loads(row.details)) for row in rows]


def _quoted(value: Any) -> str:
    text = str(value)
    plain = text.isascii() and text.isprintable() and not any(sign in text for sign in ' "=\\')
    return text if plain and text else json.dumps(text)
