"""Which revision of the tables this code is for, and whether a database fits. Plain SQL: Alembic is not imported."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from platypush.errors import ConfigurationError

__all__ = ["HEAD", "VERSION_TABLE", "check_revision", "current_revision"]

HEAD = "0003"
"""The newest migration of this version. Revisions are numbers, so that an order is known without the files."""

VERSION_TABLE = "platypush_schema"
"""Not Alembic's default name: a database of an earlier Platypush may have that one already."""


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for one without our tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return revision


def check_revision(revision: str | None, oldest_reader: str | None) -> bool:
    """Whether the database can be used as it is; False when it has to be migrated first.

    A newer database can be used unless the migration that made it left word, in ``oldest_reader``, that only newer
    code understands it. Raises ConfigurationError then.
    """
    if revision is None or int(revision) < int(HEAD):
        return False
    if oldest_reader is not None and int(oldest_reader) > int(HEAD):
        raise ConfigurationError(
            f"The database is at revision {revision} and needs code for revision {oldest_reader} or newer; this "
            f"version knows {HEAD}. Install the newer version again."
        )
    return True
