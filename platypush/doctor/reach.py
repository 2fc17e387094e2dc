"""Folders that nginx, or the hub, has to enter: each one above them needs the permission, too."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platypush.config.media import media_settings
from platypush.doctor.finding import Finding, error, warning
from platypush.doctor.patient import Patient

__all__ = ["Entry", "Reader", "Way", "can_enter", "gather", "judge"]

_ACL = "system.posix_acl_access"
_NGINX_USER = "www-data"


@dataclass(frozen=True, slots=True)
class Reader:
    """A user with all its groups."""

    name: str
    uid: int
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder on the way."""

    path: Path
    mode: int
    uid: int
    gid: int
    has_acl: bool = False
    """Access control lists may allow more than the mode tells, so such a folder is passed over."""


@dataclass(frozen=True, slots=True)
class Way:
    """From the root to a folder that ``reader`` needs for ``purpose``; ``missing`` when it ends before."""

    purpose: str
    target: Path
    reader: Reader
    entries: tuple[Entry, ...]
    missing: bool = False


def gather(patient: Patient) -> tuple[Way, ...]:
    """The ways to all folders of ``resource_dirs``, for nginx or else for the hub, and to the sockets' folder; to the
    folders of media for the hub, which sends what nginx cannot."""
    reader = _reader_named(_NGINX_USER) if patient.behind_nginx else _owner_of(patient.config.workdir)
    http = patient.config.http
    if reader is None or http is None:
        return ()
    wanted = [(f"resource_dirs.{name}", folder) for name, folder in http.resource_dirs.items()]
    if patient.behind_nginx:
        wanted.append(("the hub's sockets", patient.places.web_sockets))
    ways = [_way(purpose, target, reader) for purpose, target in wanted]
    media = media_settings(patient.config)
    owner = _owner_of(patient.config.workdir)
    if media is not None and owner is not None:
        ways += [_way("media_dirs of the section media", folder, owner) for folder in media.media_dirs]
    return tuple(ways)


def _reader_named(name: str) -> Reader | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    groups = {group.gr_gid for group in grp.getgrall() if name in group.gr_mem}
    return Reader(name, entry.pw_uid, frozenset({entry.pw_gid, *groups}))


def _owner_of(folder: Path) -> Reader | None:
    try:
        return _reader_named(pwd.getpwuid(folder.stat().st_uid).pw_name)
    except (OSError, KeyError):
        return None


def _way(purpose: str, target: Path, reader: Reader) -> Way:
    entries = []
    try:
        real = Path(os.path.realpath(target))
        for path in (*reversed(real.parents), real):
            status = path.stat()
            entries.append(Entry(path, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, _has_acl(path)))
    except PermissionError:
        return Way(purpose, target, reader, tuple(entries))
    except OSError:
        return Way(purpose, target, reader, tuple(entries), missing=True)
    return Way(purpose, target, reader, tuple(entries))


def _has_acl(path: Path) -> bool:
    try:
        return _ACL in os.listxattr(path)
    except OSError:
        return False


def can_enter(entry: Entry, reader: Reader) -> bool:
    """Whether ``reader`` may pass through the folder (path_resolution(7)): only the first class that fits counts."""
    if reader.uid == 0 or entry.has_acl:
        return True
    if entry.uid == reader.uid:
        return bool(entry.mode & stat.S_IXUSR)
    if entry.gid in reader.groups:
        return bool(entry.mode & stat.S_IXGRP)
    return bool(entry.mode & stat.S_IXOTH)


def judge(ways: tuple[Way, ...]) -> Iterator[Finding]:
    """The first folder on each way that the reader cannot enter."""
    for way in ways:
        closed = next((entry for entry in way.entries if not can_enter(entry, way.reader)), None)
        if closed is not None:
            text = f"{way.reader.name} cannot enter {closed.path} (mode {closed.mode:04o}), on the way to {way.target}"
            mend = f"setfacl -m u:{way.reader.name}:x {closed.path}    # or: chmod o+x {closed.path}"
            yield error("folder.closed", f"{text} ({way.purpose}): it gets at nothing there.", mend)
        elif way.missing and way.purpose.startswith(("resource_dirs", "media_dirs")):
            yield warning("folder.missing", f"There is no folder {way.target} ({way.purpose}).", f"mkdir {way.target}")
