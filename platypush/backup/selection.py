"""Which files of an installation belong into a backup."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from platypush.backup.manifest import CONFIG
from platypush.config.model import Config
from platypush.config.paths import resolve_path

__all__ = [
    "ASIDE",
    "STAGING",
    "ConfigFiles",
    "config_files",
    "is_of_database",
    "is_state",
    "is_taken",
    "linked_folders",
    "normal",
    "state_entries",
    "tree_files",
]

STAGING = ".platypush-backup-"
"""How folders begin that a backup or a restore makes for its own use."""
ASIDE = "before-restore-"
"""How folders begin that hold what a restore has replaced."""

# Neither state nor anybody's: what lives as long as the hub (sockets, locks, the counter of revocations), what is made
# anew (caches, metrics), logs, and webhooks that wait: a restore must not run those of then.
_NOT_STATE = frozenset(
    {"run", "locks", "generation", "metrics", "cache", "caches", "log", "logs", "tmp", "webhooks", "backups"}
)
_NOT_STATE_NAME = re.compile(rf".*\.(lock|log|pid|sock|tmp)|{re.escape(STAGING)}.*|{ASIDE}.*|\.nfs.*|lost\+found")
_BESIDE_CONFIG = ("uwsgi.ini",)


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Files by their names in the archive, and those that belong to the configuration but lie outside of its folder."""

    inside: Mapping[str, Path]
    outside: tuple[Path, ...]


def normal(config: Config) -> Config:
    """``config`` with its folders written the short way, so that they can be compared: without ``..``."""

    def short(path: Path) -> Path:
        return Path(os.path.normpath(path))

    return replace(
        config,
        path=short(config.path) if config.path else None,
        workdir=short(config.workdir),
        scripts_dir=short(config.scripts_dir),
        dashboards_dir=short(config.dashboards_dir),
    )


def config_files(config: Config, environ: Mapping[str, str]) -> ConfigFiles:
    """The configuration with its includes, what it takes secrets from, its certificate, and what stands beside it."""
    if config.path is None:
        return ConfigFiles({}, ())
    folder = config.path.parent
    named = [*config.files, *_secret_files(config.files, environ)]
    token_file = config.raw.get("token_file")
    if isinstance(token_file, str):
        named.append(resolve_path(token_file, folder, environ))
    if config.http is not None:
        named += [path for path in (config.http.ssl_cert, config.http.ssl_key) if path is not None]
    named += [folder / name for name in _BESIDE_CONFIG]
    inside, outside = {}, []
    for path in dict.fromkeys(Path(os.path.normpath(path)) for path in named):
        if path.is_relative_to(folder) and is_taken(path):
            inside[f"{CONFIG}/{path.relative_to(folder)}"] = path
        elif path.exists():
            outside.append(path)
    return ConfigFiles(inside, tuple(outside))


def is_state(name: str) -> bool:
    """Whether the entry ``name`` of the working folder is state."""
    return name not in _NOT_STATE and not _NOT_STATE_NAME.fullmatch(name)


def is_of_database(path: Path, database: Path | None) -> bool:
    """Whether ``path`` is the SQLite database ``database``, or one of the files that SQLite keeps beside it."""
    suffixes = ("", "-wal", "-shm", "-journal")
    return database is not None and path in {database.with_name(database.name + suffix) for suffix in suffixes}


def state_entries(workdir: Path, database: Path | None, others: Iterable[Path]) -> list[Path]:
    """The files and folders of ``workdir`` that are state; ``others`` are kept by themselves."""
    taken = tuple(others)
    entries = [entry for entry in sorted(workdir.iterdir()) if is_state(entry.name)] if workdir.is_dir() else []
    return [
        entry
        for entry in entries
        if not is_of_database(entry, database) and not any(_holds(entry, path) or _holds(path, entry) for path in taken)
    ]


def tree_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file below ``root`` with its name relative to it. ``__pycache__`` is left out.

    SQLite's logs too: a database's copy has what is in them.
    """
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = Path(folder, name)
            if is_taken(path) and not name.endswith(("-wal", "-shm", "-journal")):
                yield str(path.relative_to(root)), path


def is_taken(path: Path) -> bool:
    """Whether ``path`` is a file, or a link to one that may be followed.

    Root follows links of its own, and those to files of the same owner: whoever may write to a folder must not get at
    other people's files by a backup that root makes.
    """
    if not path.is_file():
        return False
    return not path.is_symlink() or os.geteuid() != 0 or path.lstat().st_uid in (0, path.stat().st_uid)


def linked_folders(root: Path) -> Iterator[Path]:
    """The links to folders below ``root``, which nobody follows: they may lead back."""
    for folder, folders, _ in os.walk(root):
        yield from (path for name in sorted(folders) if (path := Path(folder, name)).is_symlink())


def _holds(folder: Path, path: Path) -> bool:
    return path == folder or path.is_relative_to(folder)


def _secret_files(files: Iterable[Path], environ: Mapping[str, str]) -> Iterator[Path]:
    for file in files:
        root = yaml.compose(file.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
        for node in _nodes(root, set()):
            if node.tag == "!file" and isinstance(node, yaml.ScalarNode):
                yield resolve_path(node.value.strip(), file.parent, environ)


def _nodes(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.Node]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    yield node
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _nodes(item, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _nodes(key, seen)
            yield from _nodes(value, seen)
