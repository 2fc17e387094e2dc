"""SQLite's file, as it has to be before anybody opens it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from platypush._lib.files import private_dir
from platypush.errors import ConfigurationError

__all__ = ["prepare_file"]


def prepare_file(path: Path, *, create: bool) -> None:
    """Make the file readable by its owner alone, and with ``create`` there and in WAL mode.

    The log that SQLite makes beside it gets the same mode. Any number of processes may do so at once. Raises
    ConfigurationError when there is no file and none is to be made, OSError, and sqlite3.Error for no database.
    """
    if not create and not path.exists():
        raise ConfigurationError(
            f"The database {path} does not exist yet. Start the hub (platypush run): it makes one."
        )
    private_dir(path.parent)
    try:
        # Opened by us only when it is new: closing a descriptor drops all locks of this process on the file (fcntl(2)),
        # those of SQLite among them, should it have the file open already.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        status = path.stat()
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            path.chmod(0o600)
    if create:
        _use_wal(path)


def _use_wal(path: Path) -> None:
    # One at a time, because SQLite does not wait when two processes change the mode.
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = sqlite3.connect(path, timeout=5)
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
        finally:
            connection.close()
    finally:
        os.close(lock)
