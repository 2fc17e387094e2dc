"""Copies an old installation's parts into this one. Nothing that is there is ever overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from platypush._lib.owner import belong_like
from platypush.errors import BadRequest, ConfigurationError, Conflict
from platypush.importing.old_config import Known, convert
from platypush.importing.old_installation import OldInstallation, OldUser
from platypush.user.accounts import Accounts
from platypush.user.passwords import is_password_hash

__all__ = ["Report", "take_files", "take_users"]

_NEEDS_SECTION = {"shell": r"\bshell\.exec\b", "file": r"\bfile\.\w+", "http.request": r"\bhttp\.request\.\w+"}


@dataclass(slots=True)
class Report:
    """What was taken, what was not and why, and what is left for the owner to do."""

    taken: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)


def take_files(old: OldInstallation, config: Path, known: Known, report: Report, *, dry_run: bool) -> Path:
    """Write the converted configuration to ``config`` and copy scripts and dashboards beside it.

    Where ``config`` is there already the converted one goes beside it, to the path that is returned. Raises
    ConfigurationError, before anything is written, for a configuration that cannot be converted; OSError.
    """
    files = dict(_converted(old.config, known, report))
    target = config
    if config.exists():
        target = config.with_name(f"{config.stem}.imported.yaml")
        report.todo.append(f"{config} is as it was. Move over from {target} what you want, then: platypush check")
    used = "\n".join(files.values())
    for source, text in files.items():
        name = target if source == old.config else target.parent / os.path.relpath(source, old.config.parent)
        _write(name, text.encode(), report, dry_run=dry_run)
    for kind, folder in (("scripts", old.scripts), ("dashboards", old.dashboards)):
        if folder is None:
            continue
        for source in sorted(folder.rglob("*")):
            name = source.relative_to(folder)
            if "__pycache__" in name.parts or not source.is_file():
                continue
            data = source.read_bytes()
            if source.suffix in (".py", ".xml"):
                used += data.decode("utf-8", "replace")
            _write(config.parent / kind / name, data, report, dry_run=dry_run)
    for plugin, pattern in _NEEDS_SECTION.items():
        if re.search(pattern, used) and not re.search(rf"(?m)^{re.escape(plugin)}\s*:", used):
            report.todo.append(
                f"{plugin} seems to be used, and loads only when it is named now: add the line '{plugin}:'"
            )
    return target


def take_users(users: Iterable[OldUser], accounts: Callable[[], Accounts] | None, report: Report) -> None:
    """Add ``users`` with the passwords they have. ``accounts`` None: say only what would be done."""
    store = accounts() if accounts is not None else None
    for user in users:
        if not is_password_hash(user.password):
            report.left.append(
                f"user {user.name!r}: the password is not stored with bcrypt. Add the user: platypush user add"
            )
            continue
        try:
            if store is not None:
                store.take_over(user.name, user.password)
        except (BadRequest, Conflict) as error:
            report.left.append(f"user {user.name!r}: {error}")
        else:
            report.taken.append(f"user {user.name!r}, with the password")


def _converted(config: Path, known: Known, report: Report) -> Iterable[tuple[Path, str]]:
    """The configuration and the files that it includes, converted, each once."""
    waiting, seen = [config], set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            done = convert(path.read_text("utf-8-sig"), known)
        except (OSError, UnicodeDecodeError, ConfigurationError) as error:
            raise ConfigurationError(f"{path} cannot be taken over: {error}") from error
        yield path, done.text
        report.left += [f"{path.name}: {key}: {reason}" for key, reason in done.commented]
        for name in done.includes:
            file = Path(os.path.normpath(path.parent / Path(name).expanduser()))
            if file.is_relative_to(config.parent) and file.is_file():
                waiting.append(file)
            else:
                report.todo.append(f"{path.name} includes {name}, which is not in its folder: copy it yourself")


def _write(path: Path, data: bytes, report: Report, *, dry_run: bool) -> None:
    if path.exists():
        report.left.append(f"{path}: it is there already")
        return
    report.taken.append(str(path))
    if dry_run:
        return
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(mode=0o750)
        belong_like(folder, folder.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    belong_like(path, path.parent)
    # The group of the configuration's folder is the service's where there is one.
    path.chmod(0o640)
