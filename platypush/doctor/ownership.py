"""Owners and modes: secrets that others can read, files that the hub cannot write."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.config.secrets import readable_by_others
from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["Item", "OwnershipFacts", "gather", "judge"]

_PRIVATE = ("jwt.key", "main.db", "main.db-wal", "main.db-shm", "registration.code", "web.json")
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder of the work folder."""

    path: Path
    uid: int
    mode: int
    is_dir: bool


@dataclass(frozen=True, slots=True)
class OwnershipFacts:
    """Who the work folder belongs to, what is in it, and files with secrets that everybody can read."""

    workdir: Path
    owner: str
    uid: int
    mode: int
    items: tuple[Item, ...]
    exposed: tuple[Path, ...]
    """Files that are meant for secrets, and that everybody can read."""
    writable: tuple[Path, ...]
    """Files of the configuration, and the scripts' folder, that everybody can change."""


def gather(patient: Patient) -> OwnershipFacts | None:
    """Owners and modes; None where there is no work folder yet."""
    config = patient.config
    try:
        status = config.workdir.stat()
    except OSError:
        return None
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    keys = [patient.places.tls / "key.pem", config.http.ssl_key if config.http else None]
    secret = [*config.files, *(key for key in keys if key is not None)]
    return OwnershipFacts(
        workdir=config.workdir,
        owner=owner,
        uid=status.st_uid,
        mode=stat.S_IMODE(status.st_mode),
        items=tuple(_items(config.workdir, _DEPTH)),
        exposed=tuple(filter(_exposed, secret)),
        writable=tuple(path for path in (*config.files, config.scripts_dir) if _writable(path)),
    )


def _items(folder: Path, depth: int) -> Iterator[Item]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        is_dir = stat.S_ISDIR(status.st_mode)
        yield Item(Path(entry.path), status.st_uid, stat.S_IMODE(status.st_mode), is_dir)
        if is_dir and depth > 1:
            yield from _items(Path(entry.path), depth - 1)


def _exposed(path: Path) -> bool:
    try:
        return readable_by_others(path) is not None
    except OSError:
        return False


def _writable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


def judge(facts: OwnershipFacts | None) -> Iterator[Finding]:
    """What others can read or change, and what the hub's own user cannot."""
    if facts is None:
        return
    for path in facts.exposed:
        yield error(
            "owner.readable", f"Everybody on this machine can read {path}, a file for secrets.", f"chmod o-rwx {path}"
        )
    for path in facts.writable:
        yield error(
            "owner.writable", f"Everybody on this machine can change {path}, and it is run.", f"chmod o-w {path}"
        )
    foreign = [item for item in facts.items if item.uid != facts.uid]
    if foreign:
        first = foreign[0].path
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        belong, them = ("do not belong", "them") if more else ("does not belong", "it")
        text = f"{first}{more} {belong} to {facts.owner}: the hub cannot write {them}."
        yield error("owner.foreign", text, f"chown -R {facts.owner}: {facts.workdir}")
    closed_to_others = not facts.mode & 0o007
    for item in facts.items:
        if item.path.name in _PRIVATE and not item.is_dir and item.mode & 0o004 and not closed_to_others:
            yield error("owner.readable", f"Everybody on this machine can read {item.path}.", f"chmod 600 {item.path}")
    if facts.mode & 0o002:
        yield error("owner.writable", f"Everybody can write to {facts.workdir}.", f"chmod 700 {facts.workdir}")
    elif facts.mode & 0o005:
        text = f"Everybody can look into {facts.workdir} (mode {facts.mode:04o}); its files are closed one by one only."
        yield warning("owner.open", text, f"chmod 700 {facts.workdir}")
