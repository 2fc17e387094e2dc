"""Restores a backup: everything is checked and prepared first, then put into place by renaming."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import make_url

from platypush._lib.files import private_dir
from platypush._lib.owner import as_owner, belong_like, nearest
from platypush.backup.archive import extract, open_archive, verify
from platypush.backup.manifest import CONFIG, DASHBOARDS, DATABASE, SCRIPTS, STATE, Manifest, Member
from platypush.backup.placing import Step, place
from platypush.backup.selection import ASIDE, STAGING, config_files, is_of_database, state_entries
from platypush.backup.snapshot import revision_of
from platypush.config.loader import load
from platypush.config.model import Config
from platypush.config.paths import WORKDIR_VARIABLE, find_config, user_config
from platypush.daemon.lock import InstanceLock
from platypush.errors import BackupFailed, ConfigurationError
from platypush.user.generation import Generation
from platypush.user.revision import check_revision

__all__ = ["Restored", "check", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, where to, and where that is which was there before."""

    manifest: Manifest
    config: Path | None
    workdir: Path
    replaced: tuple[Path, ...]
    """The folders that hold it."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the parts of the archive go."""

    config: Path | None
    workdir: Path
    scripts: Path
    dashboards: Path
    database: Path | None
    files: tuple[Path, ...]
    """The configuration's files as they will be."""


def check(archive: Path) -> Manifest:
    """Verify ``archive`` without restoring it. Raises BackupFailed."""
    with open_archive(archive) as file:
        return _checked(file)


def restore(
    archive: Path, *, config: Path | None, workdir: Path | None, environ: Mapping[str, str], now: datetime
) -> Restored:
    """Restore ``archive`` to the installation that ``config`` and ``workdir`` (of the command line) mean.

    The hub must not run there. Files get the modes they had; root gives them the owners that are usual where they
    go. What was there is put aside. Raises BackupFailed and ConfigurationError, and then nothing was changed.
    """
    with open_archive(archive) as file, ExitStack() as cleaning:
        manifest = _checked(file)
        main = find_config(config, environ) or user_config(environ)
        try:
            staged, places = _stage_config(file, manifest, main, workdir, environ, cleaning)
            relocated = manifest.origin is not None and str(main) != manifest.origin
            if relocated:
                own_workdir = workdir is not None or WORKDIR_VARIABLE in environ
                _refuse_other_installation(places, main.parent, own_workdir=own_workdir)
            with as_owner(nearest(places.workdir)):
                private_dir(places.workdir)
            with _not_running(places.workdir):
                stamp = f"{ASIDE}{now:%Y%m%dT%H%M%SZ}"
                steps = [
                    *_config_steps(manifest, staged, main, stamp),
                    *_tree_steps(file, manifest, places, stamp, cleaning),
                    *_state_steps(file, manifest, places, stamp, cleaning),
                ]
                replaced = place(steps)
                with as_owner(places.workdir):
                    _forget_caches(places.workdir)
        except OSError as error:
            raise BackupFailed(f"Nothing was restored: {error}") from error
    os.sync()
    folders = {Path(*path.parts[: path.parts.index(stamp) + 1]) for path in replaced}
    return Restored(manifest, main if manifest.config else None, places.workdir, tuple(sorted(folders)))


def _checked(file: BinaryIO) -> Manifest:
    manifest = verify(file)
    if manifest.schema is not None:
        try:
            check_revision(manifest.schema, manifest.oldest_reader)
        except ConfigurationError as error:
            raise BackupFailed(f"The archive was made by Platypush {manifest.version}. {error}") from error
    return manifest


def _stage_config(
    file: BinaryIO,
    manifest: Manifest,
    main: Path,
    workdir: Path | None,
    environ: Mapping[str, str],
    cleaning: ExitStack,
) -> tuple[Path, _Places]:
    """Unpack the configuration beside its place and read it there: it says where everything else goes."""
    if manifest.config is None:
        return main.parent, _places(
            load(main if main.exists() else None, workdir=workdir, environ=environ), environ, None
        )
    if not main.parent.exists():
        cleaning.callback(_remove_empty, main.parent, nearest(main.parent))
        main.parent.mkdir(mode=0o700, parents=True)
    staged = _staging(main.parent, cleaning)

    def target(member: Member) -> Path:
        name = member.name.removeprefix(f"{CONFIG}/")
        return main.parent / (main.name if name == manifest.config else name)

    _extract_part(
        file, manifest, CONFIG, lambda member: (staged / target(member).relative_to(main.parent), target(member))
    )
    try:
        # Where sockets would be does not matter here, and below this folder their paths would be too long.
        config = load(staged / main.name, workdir=workdir, environ={**environ, "RUNTIME_DIRECTORY": "/run"})
    except ConfigurationError as error:
        text = str(error).replace(str(staged), str(main.parent))
        raise BackupFailed(
            f"The archive's configuration cannot be used here, so nothing was restored. {text}"
        ) from error
    return staged, _places(config, environ, (staged, main.parent))


def _places(config: Config, environ: Mapping[str, str], move: tuple[Path, Path] | None) -> _Places:
    def moved(path: Path) -> Path:
        if move and path.is_relative_to(move[0]):
            path = move[1] / path.relative_to(move[0])
        return Path(os.path.normpath(path))

    url = make_url(config.database.reveal())
    database = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    return _Places(
        config=moved(config.path) if config.path else None,
        workdir=moved(config.workdir),
        scripts=moved(config.scripts_dir),
        dashboards=moved(config.dashboards_dir),
        database=moved(database) if database else None,
        files=tuple(moved(path) for path in config_files(config, environ).inside.values()),
    )


def _refuse_other_installation(places: _Places, folder: Path, *, own_workdir: bool) -> None:
    """A configuration that is restored elsewhere must not replace what its absolute paths still name."""
    ours = (folder, places.workdir) if own_workdir else (folder,)
    for path in (places.workdir, places.scripts, places.dashboards, places.database):
        if path is not None and path.exists() and not any(path.is_relative_to(place_) for place_ in ours):
            raise BackupFailed(
                f"The configuration is restored to another place, but it names {path}, which is there already and may "
                "belong to another installation. Move that away first, or name a working folder with -w."
            )


@contextmanager
def _not_running(workdir: Path) -> Iterator[None]:
    with as_owner(workdir):
        lock = InstanceLock(workdir)
        try:
            lock.acquire()
        except ConfigurationError as error:
            raise BackupFailed(f"Nothing was restored. {error}") from error
    try:
        yield
    finally:
        lock.release()


def _config_steps(manifest: Manifest, staged: Path, main: Path, stamp: str) -> Iterator[Step]:
    for name in sorted(_files_below(staged)) if manifest.config else []:
        yield Step(main.parent / name, main.parent / stamp / name, staged / name)


def _tree_steps(file: BinaryIO, manifest: Manifest, places: _Places, stamp: str, cleaning: ExitStack) -> Iterator[Step]:
    for part, root in ((SCRIPTS, places.scripts), (DASHBOARDS, places.dashboards)):
        if not root.exists() and not any(manifest.below(part)):
            continue
        root = root.resolve()
        if not root.parent.exists():
            cleaning.callback(_remove_empty, root.parent, nearest(root.parent))
            root.parent.mkdir(parents=True)
        staged = _staging(root.parent, cleaning)

        def target(member: Member, part: str = part, staged: Path = staged, root: Path = root) -> tuple[Path, Path]:
            name = member.name.removeprefix(f"{part}/")
            return staged / name, root / name

        _extract_part(file, manifest, part, target)
        yield from _exchange(root, staged, _files_below(root), root.parent / stamp / root.name)


def _state_steps(
    file: BinaryIO, manifest: Manifest, places: _Places, stamp: str, cleaning: ExitStack
) -> Iterator[Step]:
    workdir, database = places.workdir, places.database
    with as_owner(workdir):
        staged = _staging(workdir, cleaning)
        _extract_part(file, manifest, STATE, lambda member: (staged / member.name, workdir / member.name))
        entries = state_entries(workdir, database, (places.scripts, places.dashboards, *places.files))
        present = {
            entry.relative_to(workdir) / name
            for entry in entries
            for name in (_files_below(entry) if entry.is_dir() and not entry.is_symlink() else [Path()])
            if not is_of_database(entry / name, database)
        }
    yield from _exchange(workdir, staged / STATE, present, workdir / stamp)
    if manifest.schema is None:
        return
    if database is None:
        raise BackupFailed(
            "The archive holds a SQLite database, but the configuration names one on a server. Restore an archive of "
            "the same kind, or change main.db."
        )
    with as_owner(nearest(database.parent)):
        private_dir(database.parent)
        copy = (staged if database.parent == workdir else _staging(database.parent, cleaning)) / "main.db"
        _extract_part(file, manifest, DATABASE, lambda member: (copy, database))  # noqa: ARG005 - there is one
        revision, reader = revision_of(copy)
        if (revision or "0", reader) != (manifest.schema, manifest.oldest_reader):
            raise BackupFailed("The archive's database is not at the revision that its manifest says.")
    for suffix in ("-wal", "-shm", "-journal"):
        path = database.with_name(database.name + suffix)
        yield Step(path, path.parent / stamp / path.name, None)
    yield Step(database, database.parent / stamp / database.name, copy)


def _exchange(root: Path, staged: Path, present: set[Path], aside: Path) -> Iterator[Step]:
    """The files below ``staged`` into ``root``, where those named in ``present`` go ``aside``."""
    arriving = _files_below(staged)
    for name in sorted(arriving | present):
        yield Step(root / name, aside / name, staged / name if name in arriving else None)


def _files_below(root: Path) -> set[Path]:
    """Everything below ``root`` that is no folder, relative to it; links to folders count as files."""
    found = set()
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found |= {Path(folder, name).relative_to(root) for name in (*files, *links)}
    return found


def _extract_part(file: BinaryIO, manifest: Manifest, part: str, paths: Callable[[Member], tuple[Path, Path]]) -> None:
    """Unpack the members of ``part``: ``paths`` gives where each is prepared and where it will be."""

    def open_new(member: Member) -> BinaryIO | None:
        if not member.name.startswith(f"{part}/"):
            return None
        path, target = paths(member)
        for folder in reversed([folder for folder in path.parents if not folder.exists()]):
            folder.mkdir(mode=0o700)
            belong_like(folder, target.parent)
            folder.chmod(nearest(target.parent).stat().st_mode & 0o777)
        file = open(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600))  # noqa: SIM115
        belong_like(path, target)
        path.chmod(member.mode & 0o777)
        return file

    extract(file, manifest, open_new)


def _staging(folder: Path, cleaning: ExitStack) -> Path:
    path = Path(tempfile.mkdtemp(dir=folder, prefix=STAGING))
    cleaning.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def _remove_empty(folder: Path, stop: Path) -> None:
    while folder != stop and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _forget_caches(workdir: Path) -> None:
    """Workers that somebody runs by hand must not go on believing in the old database."""
    if (workdir / "generation").exists():
        generation = Generation(workdir / "generation")
        generation.increment()
        generation.close()
