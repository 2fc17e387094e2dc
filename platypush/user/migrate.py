"""Brings a database to the newest revision. The only module that imports Alembic; imported only when migrating."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from platypush.user.database import Database
from platypush.user.revision import HEAD, VERSION_TABLE, check_revision, current_revision
from platypush.user.schema import metadata
from platypush.user.values import oldest_reader

__all__ = ["migrate", "scripts"]

_ADVISORY_LOCK = 0x706C6174
"""PostgreSQL's lock for installations on several machines; any constant number."""


def scripts() -> ScriptDirectory:
    """The migrations in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def migrate(database: Database, workdir: Path) -> None:
    """Migrate to ``HEAD`` in one transaction, unless another process has just done it: one at a time, by a file lock.

    Raises StorageFailed (nothing is half done then) and ConfigurationError like ``check_revision``.
    """
    with _lock(workdir / "migrate.lock"):
        database.write(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    revision = current_revision(connection)
    if revision is not None and check_revision(revision, oldest_reader(connection)):
        return
    directory = scripts()

    def steps(current: Any, context: MigrationContext) -> Any:  # noqa: ARG001 - Alembic's signature
        return directory._upgrade_revs(HEAD, current)

    with EnvironmentContext(Config(), directory, fn=steps) as environment:
        environment.configure(
            connection=connection, target_metadata=metadata, version_table=VERSION_TABLE, transactional_ddl=True
        )
        environment.run_migrations()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
