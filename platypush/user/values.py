"""Small values by name, kept in the database for whoever needs a few (variables, marks of the schema)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from platypush._lib.clock import Clock
from platypush.user.database import Database
from platypush.user.schema import key_values

__all__ = ["OLDEST_READER", "KeyValues", "oldest_reader", "upsert"]

OLDEST_READER = ("platypush.schema", "oldest_reader")
"""Namespace and name of the value that a migration sets when code older than some revision cannot use its work."""


class KeyValues:
    """JSON values by namespace and name. Every method raises StorageFailed when the database refuses."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, namespace: str, name: str, default: Any = None) -> Any:
        """The value, or ``default``."""
        return self._database.read(lambda connection: _get(connection, namespace, name, default))

    def all(self, namespace: str) -> dict[str, Any]:
        """All values of ``namespace``, ordered by name."""
        query = select(key_values.c.name, key_values.c.value).where(key_values.c.namespace == namespace)
        rows = self._database.read(lambda connection: connection.execute(query.order_by(key_values.c.name)).all())
        return {name: json.loads(value) for name, value in rows}

    def set(self, namespace: str, values: dict[str, Any]) -> None:
        """Store all ``values``, or none when one cannot be JSON (TypeError)."""
        now = self._clock.time()
        encoded = {name: json.dumps(value) for name, value in values.items()}

        def work(connection: Connection) -> None:
            for name, value in encoded.items():
                keys = {"namespace": namespace, "name": name}
                upsert(connection, key_values, keys, {"value": value, "updated_at": now})

        self._database.write(work)

    def update(self, namespace: str, name: str, change: Callable[[Any], Any]) -> Any:
        """Store ``change(value now, or None)`` and return it; no other writer of an existing value comes in between."""

        def work(connection: Connection) -> Any:
            value = change(_get(connection, namespace, name, None, lock=True))
            keys = {"namespace": namespace, "name": name}
            upsert(connection, key_values, keys, {"value": json.dumps(value), "updated_at": self._clock.time()})
            return value

        return self._database.write(work)

    def delete(self, namespace: str, *names: str) -> int:
        """Forget ``names``; how many of them there were."""
        query = delete(key_values).where(key_values.c.namespace == namespace, key_values.c.name.in_(names))
        return self._database.write(lambda connection: connection.execute(query).rowcount)


def upsert(connection: Connection, table: Table, keys: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert the row, or replace ``values`` where the row with these primary ``keys`` exists."""
    # Each dialect has an insert of its own for it. Only that of the database at hand is loaded: together they take
    # 2 MB in every process.
    insert = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    statement = insert(table).values(**keys, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=values))


def oldest_reader(connection: Connection) -> str | None:
    """The oldest revision of code that understands this database, where a migration has set one."""
    value: str | None = _get(connection, *OLDEST_READER, None)
    return value


def _get(connection: Connection, namespace: str, name: str, default: Any, *, lock: bool = False) -> Any:
    query = select(key_values.c.value).where(key_values.c.namespace == namespace, key_values.c.name == name)
    value = connection.execute(query.with_for_update() if lock else query).scalar()
    return default if value is None else json.loads(value)
