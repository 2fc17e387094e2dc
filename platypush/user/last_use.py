"""When sessions and tokens were last used: remembered in memory, written in batches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, or_, update

from platypush._lib.clock import Clock
from platypush.user.database import Database
from platypush.user.schema import api_tokens, jwts, sessions

__all__ = ["LastUse", "UseKey"]

UseKey = tuple[str, int | str]
"""Table and id of what was used."""

_TABLES = {table.name: table for table in (sessions, jwts, api_tokens)}
_BATCH = 500


class LastUse:
    """``pending[key] = monotonic time`` is all that a request does; ``flush`` writes it, off the requests' path."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.pending: dict[UseKey, float] = {}
        """Uses since the last flush. Each request assigns one item, which needs no lock."""

    def flush(self) -> int:
        """Write what is pending; how many. Raises StorageFailed, and then the uses stay pending."""
        pending, self.pending = self.pending, {}
        # A thread that fetched the dict before the swap may still add to it.
        uses = pending.copy()
        offset = self._clock.time() - self._clock.monotonic()
        try:
            for name, table in _TABLES.items():
                rows = [{"key": key, "at": at + offset} for (owner, key), at in uses.items() if owner == name]
                for start in range(0, len(rows), _BATCH):
                    self._write(table, rows[start : start + _BATCH])
        except Exception:
            for key, at in uses.items():
                self.pending.setdefault(key, at)
            raise
        return len(uses)

    def _write(self, table: Any, rows: list[dict[str, Any]]) -> None:
        query = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .where(or_(table.c.last_used_at.is_(None), table.c.last_used_at < bindparam("at")))
            .values(last_used_at=bindparam("at"))
        )

        def work(connection: Connection) -> None:
            connection.execute(query, rows)

        self._database.write(work)
