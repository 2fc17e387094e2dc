"""Where the parts of an old installation are, and the users in its database. Reads only."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from platypush.errors import ConfigurationError

__all__ = ["OldInstallation", "OldUser", "find", "read_users"]

_CONFIGS = ("config.yaml", "config.yml", "platypush/config.yaml", ".config/platypush/config.yaml")
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(.+)")


class OldUser(NamedTuple):
    """A row of the old table. ``password`` is a bcrypt hash, or something that this version cannot check."""

    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OldInstallation:
    """The parts that are there; None for those that are not."""

    config: Path
    scripts: Path | None
    dashboards: Path | None
    database: Path | None
    notes: tuple[str, ...]


def find(path: Path, database: Path | None = None) -> OldInstallation:
    """The installation at ``path``: its configuration file, the folder with it, or the home folder above that.

    ``database`` names the file of the database, where it is not where the configuration says. Raises
    ConfigurationError when there is no configuration.
    """
    config = path if path.is_file() else next((path / name for name in _CONFIGS if (path / name).is_file()), None)
    if config is None:
        raise ConfigurationError(f"There is no old Platypush in {path}: name its config.yaml, or its folder.")
    data = _read(config)
    notes: list[str] = []
    if database is not None and not database.is_file():
        raise ConfigurationError(f"There is no database {database}.")
    if database is None:
        url = _engine(data)
        if url is not None and not _SQLITE.fullmatch(url):
            notes.append("users: the old database is on a server, and only SQLite is read. Add the users by hand")
        else:
            database = next((file for file in _databases(config, data, url) if file.is_file()), None)
            if database is None:
                notes.append("users: the old database was not found. Name it: --database FILE")
    return OldInstallation(
        config=config,
        scripts=_folder(config, data, "scripts_dir", "scripts"),
        dashboards=_folder(config, data, "dashboards_dir", "dashboards"),
        database=database,
        notes=tuple(notes),
    )


def read_users(database: Path) -> list[OldUser]:
    """The users of an old database. Raises ConfigurationError when it cannot be read."""
    try:
        # Of a copy: SQLite would leave files of its own beside the original.
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal", "-journal"):
                source = database.with_name(database.name + suffix)
                if source.exists():
                    shutil.copyfile(source, Path(folder, f"old.db{suffix}"))
            with closing(sqlite3.connect(Path(folder, "old.db"))) as connection:
                rows = connection.execute('SELECT username, password FROM "user" ORDER BY user_id').fetchall()
    except (sqlite3.Error, OSError) as error:
        raise ConfigurationError(f"The users in {database} cannot be read: {error}.") from error
    return [OldUser(_text(name), _text(password)) for name, password in rows if name]


def _read(config: Path) -> Mapping[str, Any]:
    """The keys at the root that say where things are, whatever else the file holds."""
    try:
        root = yaml.compose(config.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{config} cannot be read: {' '.join(str(error).split())}") from error
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return {key.value: _plain(value) for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return node.value if isinstance(node, yaml.ScalarNode) else None


def _engine(data: Mapping[str, Any]) -> str | None:
    value = data.get("main.db")
    engine = value.get("engine") if isinstance(value, dict) else value
    return engine if isinstance(engine, str) and engine else None


def _databases(config: Path, data: Mapping[str, Any], url: str | None) -> Iterator[Path]:
    """Where the database may be, the likeliest first: files may have been copied from another machine."""
    if url is not None and (match := _SQLITE.fullmatch(url)):
        yield Path(match[1]).expanduser()
    if isinstance(data.get("workdir"), str):
        yield Path(data["workdir"]).expanduser() / "main.db"
    yield config.parent / "main.db"
    yield config.parent / "workdir" / "main.db"
    if len(config.parents) > 2:
        yield config.parents[2] / ".local/share/platypush/main.db"


def _folder(config: Path, data: Mapping[str, Any], key: str, default: str) -> Path | None:
    named = data.get(key)
    candidates = [config.parent / Path(named).expanduser()] if isinstance(named, str) else []
    return next((folder for folder in (*candidates, config.parent / default) if folder.is_dir()), None)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
