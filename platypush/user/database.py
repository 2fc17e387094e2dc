"""One database, one connection for each unit of work, in the thread that may block."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from platypush.errors import ConfigurationError, StorageFailed
from platypush.user.offload import offload

__all__ = ["Database", "parse_url"]

T = TypeVar("T")

_BUSY_SECONDS = 5.0
"""How long SQLite waits for another writer."""
_WRITE = "platypush_write"

logger = logging.getLogger(__name__)


def parse_url(url: str, workdir: Path, key: str = "main.db") -> URL:
    """``url`` with a SQLite path made absolute (below ``workdir``, ``~`` expanded) and PostgreSQL's driver filled in.

    ``key`` is where the configuration has it, for messages.
    Raises ConfigurationError for a text that is no URL, a database in memory, or another engine.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            f"{key} is not a database URL. Examples: sqlite:////var/lib/platypush/main.db, "
            "postgresql://user:password@host/platypush"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:"):
            raise ConfigurationError(
                f"{key} must name a file, because several processes share it: sqlite:////path/to/main.db"
            )
        return parsed.set(drivername="sqlite", database=str(workdir / Path(str(parsed.database)).expanduser()))
    if backend == "postgresql":
        return parsed if "+" in parsed.drivername else parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"{key} names the engine {backend!r}. Supported are sqlite and postgresql.")


class Database:
    """Runs units of work on the database at ``url``. Safe for many threads and greenlets, and after a fork.

    SQLite: a connection for each unit of work, off gevent's hub; a writer takes the lock at its beginning, so it waits
    (``busy`` seconds at most) rather than fail half-way. PostgreSQL: a pool, in the caller's own thread or greenlet
    (its driver is cooperative).
    """

    def __init__(self, url: URL, *, busy: float = _BUSY_SECONDS) -> None:
        self.url = url
        self._busy = busy
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._server_engine()
        self._process = os.getpid()
        # Kept open without being used, or the last connection to close would remove SQLite's log each time.
        self._anchor: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []

    def read(self, work: Callable[[Connection], T]) -> T:
        """``work(connection)`` in a transaction that only reads. Raises StorageFailed when the database refuses."""
        return self._run(work, write=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """``work(connection)`` in one transaction, committed unless it raises.

        Raises StorageFailed when the database refuses. IntegrityError passes, for the caller to explain.
        """
        return self._run(work, write=True)

    def close(self) -> None:
        """Close all connections of this process; the next unit of work opens new ones."""
        if self._anchor is not None and self._process == os.getpid():
            self._anchor.close()
        self._anchor = None
        self.engine.dispose()

    def _run(self, work: Callable[[Connection], T], *, write: bool) -> T:
        if self._process != os.getpid():
            self._after_fork()
        try:
            if self.is_sqlite:
                return offload(partial(self._unit, work, write))
            return self._unit(work, write)
        except IntegrityError:
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            # The cause without the statement, whose parameters may be hashes.
            reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
            logger.error("The database refuses: %s", " ".join(reason.split()))
            raise StorageFailed from error

    def _unit(self, work: Callable[[Connection], T], write: bool) -> T:
        if self.is_sqlite and self._anchor is None:
            self._drop_anchor()
        with self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITE: write})
            with connection.begin():
                return work(connection)

    def _after_fork(self) -> None:
        self._process = os.getpid()
        self.engine.dispose(close=False)
        if self._anchor is not None:
            # A connection of the parent: closing it here would drop the parent's locks.
            self._inherited.append(self._anchor)
            self._anchor = None

    def _drop_anchor(self) -> None:
        anchor = sqlite3.connect(str(self.url.database), timeout=self._busy, check_same_thread=False)
        try:
            anchor.execute("SELECT count(*) FROM sqlite_master").fetchall()
            if self._anchor is None:  # another thread may have been first
                self._anchor = anchor
        finally:
            if self._anchor is not anchor:
                anchor.close()

    def _sqlite_engine(self) -> Engine:
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": self._busy})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _server_engine(self) -> Engine:
        try:
            return create_engine(
                self.url,
                pool_size=5,
                max_overflow=10,
                pool_timeout=self._busy,
                pool_pre_ping=True,
                pool_recycle=1800,
                connect_args={"connect_timeout": max(1, int(self._busy))},
            )
        except ImportError as error:
            raise ConfigurationError(
                f"main.db needs the driver {error.name!r}. Install it: pip install 'platypush[postgres]'"
            ) from error


def _prepare_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    # Python's driver would begin transactions by itself, and not before the first write.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
