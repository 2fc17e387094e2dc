"""Copies of SQLite databases that are in use, whole and at one moment."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url

from platypush.config.model import Secret
from platypush.errors import BackupFailed
from platypush.user.revision import VERSION_TABLE
from platypush.user.values import OLDEST_READER

__all__ = ["is_sqlite", "revision_of", "snapshot", "sqlite_path"]

_OLDEST_READER = "SELECT value FROM key_values WHERE namespace = ? AND name = ?"
_MAGIC = b"SQLite format 3\0"


def sqlite_path(database: Secret) -> Path | None:
    """The file of a SQLite URL; None for a database of a server."""
    url = make_url(database.reveal())
    return Path(os.path.normpath(url.database)) if url.get_backend_name() == "sqlite" and url.database else None


def is_sqlite(path: Path) -> bool:
    """Whether the file is a SQLite database, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def snapshot(source: Path, target: Path) -> None:
    """Write the database ``source`` as of now to the new file ``target``, while others read and write it.

    Raises BackupFailed when the database cannot be read or the copy cannot be written.
    """
    try:
        # All pages in one step: the copy would begin anew with each write by somebody else.
        reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
        try:
            writer = sqlite3.connect(target)
            try:
                reader.backup(writer, pages=-1)
                # The log's mode is in the file; one that is read with no right to write has to be without it.
                writer.execute("PRAGMA journal_mode = DELETE").fetchall()
            finally:
                writer.close()
        finally:
            reader.close()
    except sqlite3.Error as error:
        raise BackupFailed(f"The database {source} cannot be copied: {error}.") from error


def revision_of(path: Path) -> tuple[str | None, str | None]:
    """The revision of our tables in a database that nobody else has open, None when they are not there; and the oldest
    revision of code that understands it, where a migration has said so.

    Raises BackupFailed when the file is damaged.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise BackupFailed(f"The database {path.name} is damaged: {verdict}.")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone():
                return None, None
            (revision,) = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
            reader = connection.execute(_OLDEST_READER, OLDEST_READER).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise BackupFailed(f"The database {path.name} is damaged: {error}.") from error
    return str(revision), json.loads(reader[0]) if reader else None
