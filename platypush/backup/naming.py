"""Names of archives, and which of them are superseded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

__all__ = ["archive_name", "is_archive_file", "superseded"]

_NAME = re.compile(r"platypush-(\d{8}T\d{6}Z)(?:-(\d+))?\.tar\.gz")


def archive_name(now: datetime, taken: Iterable[str]) -> str:
    """A name for an archive made at ``now`` (UTC) that is not in ``taken``; names sort by time."""
    stem, used, number = f"platypush-{now:%Y%m%dT%H%M%SZ}", frozenset(taken), 1
    while (name := f"{stem}.tar.gz" if number == 1 else f"{stem}-{number}.tar.gz") in used:
        number += 1
    return name


def is_archive_file(path: Path) -> bool:
    """Whether ``path`` is meant as an archive's file, not as a folder for archives."""
    return path.name.endswith((".tar.gz", ".tgz"))


def superseded(names: Iterable[str], keep: int) -> list[str]:
    """Those of ``names`` that ``archive_name`` made and that are older than the newest ``keep`` of them."""
    found = [(match[1], int(match[2] or 1), match[0]) for name in names if (match := _NAME.fullmatch(name))]
    return [name for _, _, name in sorted(found, reverse=True)[keep:]]
