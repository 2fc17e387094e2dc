"""What ``platypush check`` looks at on the machine, once the configuration itself is valid.

Reads the file system and tries ports; changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platypush.config.check_web import check_web
from platypush.config.include import read_document
from platypush.config.media import media_settings
from platypush.config.model import Config, Secret
from platypush.config.problem import KeyPath, Problem, Severity, dotted
from platypush.config.secrets import protect, readable_by_others
from platypush.config.yaml_source import Document

__all__ = ["check"]

_SHORT_TOKEN = 16
_SOMAXCONN = Path("/proc/sys/net/core/somaxconn")


def check(config: Config, *, environ: Mapping[str, str], running: bool = False) -> list[Problem]:
    """Everything that is wrong or doubtful about running ``config`` on this machine as this user.

    ``running``: the hub itself runs now, so its ports are rightly taken. Errors first. Scripts, dashboards and
    plugins are looked at by those who load them.
    """
    found = [
        *_sections(config),
        *_folders(config),
        *_files(config, environ),
        *_token(config),
        *_backlog(config),
        *_media(config),
        *(check_web(config.http, running=running) if config.http else ()),
    ]
    return sorted(found, key=lambda problem: problem.severity is not Severity.ERROR)


def _sections(config: Config) -> Iterator[Problem]:
    for problem in config.problems:
        severity = Severity.WARNING if problem.warning else Severity.ERROR
        yield Problem("config.section", problem.section, problem.reason, problem.source, severity)


def _folders(config: Config) -> Iterator[Problem]:
    for key, folder in (("scripts_dir", config.scripts_dir), ("dashboards_dir", config.dashboards_dir)):
        if folder.is_dir():
            if not os.access(folder, os.R_OK | os.X_OK):
                yield Problem("check.folder", key, f"this user cannot read the folder {folder}.")
        elif folder.exists():
            yield Problem("check.folder", key, f"{folder} is not a folder.")
        elif key in config.raw:
            yield Problem("check.folder", key, f"there is no folder {folder}.")
    if _writable_by_others(config.scripts_dir):
        reason = f"everybody on this machine can write to {config.scripts_dir}, and what is in it is run: chmod o-w"
        yield Problem.warning("check.permissions", "scripts_dir", reason)
    for key, folder in (("workdir", config.workdir), ("runtime_dir", config.runtime_dir)):
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            yield Problem("check.workdir", key, f"{folder} cannot be written by this user (see {nearest}).")
    if config.logging.filename and not config.logging.filename.parent.is_dir():
        yield Problem("check.folder", "logging.filename", f"there is no folder {config.logging.filename.parent}.")


def _files(config: Config, environ: Mapping[str, str]) -> Iterator[Problem]:
    for file in config.files:
        if _writable_by_others(file):
            reason = "everybody on this machine can change it: chmod o-w"
            yield Problem.warning("check.permissions", "", reason, str(file))
    if config.path is None:
        return
    document = read_document(config.path, environ)
    for file, key in _literal_secrets(document):
        if exposed := readable_by_others(file):
            yield Problem.warning("check.secret", key, f"a secret, and {exposed}", str(file))


def _literal_secrets(document: Document) -> Iterator[tuple[Path, str]]:
    """Each file with the first secret that stands in it as text; what came by a tag does not."""
    seen: set[Path] = set()
    for path, written, guarded in _leaves(document.data, protect(document.data), ()):
        mark = document.mark(path)
        if isinstance(guarded, Secret) and not isinstance(written, Secret) and mark and mark.file not in seen:
            seen.add(mark.file)
            yield mark.file, dotted(path)


def _leaves(written: Any, protected: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any, Any]]:
    if isinstance(written, dict):
        for key, value in written.items():
            yield from _leaves(value, protected[key], (*path, key))
    elif isinstance(written, list):
        for index, value in enumerate(written):
            yield from _leaves(value, protected[index], (*path, index))
    else:
        yield path, written, protected


def _token(config: Config) -> Iterator[Problem]:
    if config.token and len(config.token.reveal()) < _SHORT_TOKEN:
        reason = f"it has fewer than {_SHORT_TOKEN} characters and opens everything: 'openssl rand -hex 32' makes one."
        yield Problem.warning("check.token", "token", reason)


def _backlog(config: Config) -> Iterator[Problem]:
    try:
        most = int(_SOMAXCONN.read_text())
    except (OSError, ValueError):
        return
    if config.limits.listen_backlog > most:
        reason = f"the kernel allows {most}: lower it, or raise net.core.somaxconn (sysctl)."
        yield Problem.warning("check.backlog", "limits.listen_backlog", reason)


def _media(config: Config) -> Iterator[Problem]:
    media = media_settings(config)
    for folder in media.media_dirs if media else ():
        if not folder.is_dir():
            yield Problem.warning("check.media", "media.media_dirs", f"there is no folder {folder}.")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Problem.warning("check.media", "media.media_dirs", f"this user cannot read the folder {folder}.")


def _writable_by_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False
