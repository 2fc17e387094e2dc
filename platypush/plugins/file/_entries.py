"""Describing files and folders."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platypush.plugins.file._places import Place

__all__ = ["describe", "list_folder"]

_TYPES = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}


def describe(path: Path, status: os.stat_result) -> dict[str, Any]:
    """One file or folder as JSON; ``type`` is ``file``, ``directory``, ``symlink`` or ``other``."""
    return {
        "name": path.name,
        "path": str(path),
        "type": _TYPES.get(stat.S_IFMT(status.st_mode), "other"),
        "size": status.st_size,
        "mode": f"{stat.S_IMODE(status.st_mode):o}",
        "last_modified": datetime.fromtimestamp(status.st_mtime, UTC),
    }


def list_folder(place: Place, hidden: bool, limit: int) -> list[dict[str, Any]]:
    """The content of a folder: folders first, then by name; ``limit`` entries at most. Raises OSError."""
    handle = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(handle) as found:
            entries = [entry for entry in found if hidden or not entry.name.startswith(".")]
        entries.sort(key=lambda entry: (not entry.is_dir(follow_symlinks=False), entry.name))
        result: list[dict[str, Any]] = []
        for entry in entries[:limit]:
            try:
                result.append(describe(place.path / entry.name, entry.stat(follow_symlinks=False)))
            except FileNotFoundError:
                # Removed since the listing.
                continue
        return result
    finally:
        os.close(handle)
