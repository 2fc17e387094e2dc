"""Makes a backup, while the hub runs or not."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from platypush import __version__
from platypush._lib.files import private_dir
from platypush._lib.owner import as_owner
from platypush.backup.archive import ArchiveWriter
from platypush.backup.manifest import DASHBOARDS, DATABASE, SCRIPTS, STATE, Manifest
from platypush.backup.naming import archive_name, is_archive_file, superseded
from platypush.backup.selection import (
    STAGING,
    ConfigFiles,
    config_files,
    is_of_database,
    is_taken,
    linked_folders,
    normal,
    state_entries,
    tree_files,
)
from platypush.backup.snapshot import is_sqlite, revision_of, snapshot, sqlite_path
from platypush.config.model import Config
from platypush.errors import BackupFailed

__all__ = ["Made", "create", "remove_superseded"]

_STALE = 3600.0
"""Seconds after which a folder of a backup that was killed is in nobody's use."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished archive, and what its owner has to know about it."""

    path: Path
    size: int
    files: int
    notes: tuple[str, ...]


def create(config: Config, environ: Mapping[str, str], output: Path | None, now: datetime) -> Made:
    """Write an archive of the installation ``config``: ``output`` is its file (``.tar.gz``), else its folder.

    Without ``output`` it goes to ``backups`` in the working folder. The file has mode 0600 and appears whole or not
    at all. Root reads the working folder as its owner. Raises BackupFailed; nothing is left behind then.
    """
    config = normal(config)
    folder = config.workdir / "backups" if output is None else output.parent if is_archive_file(output) else output
    try:
        with as_owner(_existing(folder)):
            private_dir(folder)
        named = output is not None and is_archive_file(output)
        path = output if output is not None and named else folder / archive_name(now, os.listdir(folder))
        if path.exists():
            raise BackupFailed(f"{path} is there already. Name another file, or a folder.")
        return _create(config, config_files(config, environ), path, now)
    except (OSError, ValueError) as error:
        raise BackupFailed(f"The backup could not be made: {error}") from error


def remove_superseded(folder: Path, keep: int) -> list[Path]:
    """Remove all archives in ``folder`` but the newest ``keep``; which they were. Raises OSError."""
    paths = [folder / name for name in superseded(os.listdir(folder), keep)]
    with as_owner(folder):
        for path in paths:
            path.unlink()
    return paths


def _create(config: Config, files: ConfigFiles, path: Path, now: datetime) -> Made:
    with as_owner(path.parent):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file, ArchiveWriter(file) as writer:
            notes = [
                f"not in the archive, because it is outside of the configuration's folder: {p}" for p in files.outside
            ]
            if config.path is not None:
                with as_owner(config.path.parent):
                    for name, source in files.inside.items():
                        writer.add(name, source)
            for part, tree in ((SCRIPTS, config.scripts_dir), (DASHBOARDS, config.dashboards_dir)):
                with as_owner(tree):
                    for name, source in tree_files(tree):
                        writer.add(f"{part}/{name}", source)
                    notes += [
                        f"not in the archive, because it is a link to a folder: {p}" for p in linked_folders(tree)
                    ]
            with as_owner(config.workdir):
                schema, reader = _add_state(config, files, writer)
            if schema is None:
                notes.append(_database_note(config))
            writer.finish(
                Manifest(
                    version=__version__,
                    created=now.isoformat(timespec="seconds"),
                    schema=schema,
                    oldest_reader=reader,
                    config=config.path.name if config.path else None,
                    origin=str(config.path) if config.path else None,
                    members=tuple(writer.members),
                )
            )
            file.flush()
            os.fsync(file.fileno())
        with as_owner(path.parent):
            os.rename(temporary, path)
    except BaseException:  # undone, and raised again
        with as_owner(path.parent):
            Path(temporary).unlink(missing_ok=True)
        raise
    return Made(path, path.stat().st_size, len(writer.members), tuple(notes))


def _add_state(config: Config, files: ConfigFiles, writer: ArchiveWriter) -> tuple[str | None, str | None]:
    """Add the database and the rest of the working folder. Revision and oldest reader of the database, None without."""
    workdir, database = config.workdir, sqlite_path(config.database)
    if not workdir.is_dir():
        return None, None
    _remove_stale(workdir)
    staging = Path(tempfile.mkdtemp(dir=workdir, prefix=STAGING))
    try:
        copy, schema, reader = staging / "copy.db", None, None
        if database is not None and database.exists():
            snapshot(database, copy)
            revision, reader = revision_of(copy)
            schema = revision or "0"
            writer.add(f"{DATABASE}/main.db", copy, mode=0o600)
        for entry in state_entries(
            workdir, database, (config.scripts_dir, config.dashboards_dir, *files.inside.values())
        ):
            for name, path in _files_of(entry):
                if is_of_database(path, database):
                    continue
                if is_sqlite(path):
                    copy.unlink(missing_ok=True)
                    snapshot(path, copy)
                    writer.add(f"{STATE}/{name}", copy, mode=path.stat().st_mode & 0o777)
                else:
                    writer.add(f"{STATE}/{name}", path)
        return schema, reader
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _files_of(entry: Path) -> list[tuple[str, Path]]:
    if entry.is_dir():
        return [] if entry.is_symlink() else [(f"{entry.name}/{name}", path) for name, path in tree_files(entry)]
    return [(entry.name, entry)] if is_taken(entry) and not entry.name.endswith(("-wal", "-shm", "-journal")) else []


def _database_note(config: Config) -> str:
    url = make_url(config.database.reveal())
    if url.get_backend_name() == "sqlite":
        return f"there is no database yet ({url.database})"
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    return (
        "THE DATABASE IS NOT IN THE ARCHIVE: it is on a server, which has its own tools. Save it at the same time:\n"
        f"    pg_dump --format=custom --file=platypush.dump '{shown}'\n"
        f"and bring it back with: pg_restore --clean --if-exists --dbname='{shown}' platypush.dump"
    )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _remove_stale(workdir: Path) -> None:
    for left in workdir.glob(f"{STAGING}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
