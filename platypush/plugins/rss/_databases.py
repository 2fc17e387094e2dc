"""The databases that feeds are kept in: the main one, and those that the configuration names."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from platypush.errors import Unavailable
from platypush.user.database import Database, parse_url
from platypush.user.schema import feed_entries, feeds, metadata
from platypush.user.sqlite_file import prepare_file

__all__ = ["Databases", "full_url", "shown_url"]


def full_url(db: str, workdir: Path) -> str:
    """``db``, a URL or a path, as the one URL that means this database. Raises ConfigurationError."""
    text = db if "://" in db else f"sqlite:///{Path(db).expanduser()}"
    return parse_url(text, workdir, "db").render_as_string(hide_password=False)


def shown_url(url: str, workdir: Path) -> str:
    """A URL of ``full_url`` as it may be shown."""
    return parse_url(url, workdir, "db").render_as_string(hide_password=True)


class Databases:
    """Opens each database when it is used first. Thread-safe."""

    def __init__(self, main: Callable[[], Database], workdir: Path) -> None:
        self._main = main
        self._workdir = workdir
        self._lock = threading.Lock()
        self._open: dict[str, Database] = {}

    def get(self, url: str | None) -> Database:
        """The database at ``url``, with the tables of feeds in it; None for the main one.

        Raises Unavailable or ConfigurationError with the reason.
        """
        if url is None:
            return self._main()
        with self._lock:
            if url not in self._open:
                self._open[url] = self._prepared(url)
            return self._open[url]

    def close(self) -> None:
        """Close all but the main one."""
        with self._lock:
            opened, self._open = self._open, {}
        for database in opened.values():
            database.close()

    def _prepared(self, url: str) -> Database:
        parsed = parse_url(url, self._workdir, "db")
        database = Database(parsed)
        try:
            if database.is_sqlite:
                prepare_file(Path(str(parsed.database)), create=True)
            database.write(lambda connection: metadata.create_all(connection, [feeds, feed_entries]))
        except (OSError, sqlite3.Error) as error:
            database.close()
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Unavailable(f"The database {shown_url(url, self._workdir)} cannot be opened: {reason}.") from error
        except BaseException:  # undone, and raised again
            database.close()
            raise
        return database
