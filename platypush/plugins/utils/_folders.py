"""Listing what the web service exposes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from platypush.errors import Forbidden, NotFound

__all__ = ["web_files"]


def web_files(
    directory: str, extensions: Sequence[str], resource_dirs: Mapping[str, Path], recursive: bool, limit: int
) -> list[str]:
    """The URL paths of the files in ``directory`` with one of ``extensions``, sorted, ``limit`` at most.

    Raises Forbidden when the folder is not exposed, NotFound when it does not exist.
    """
    folder = Path(directory.removeprefix("file://")).expanduser().resolve()
    exposed = [(name, root.resolve()) for name, root in resource_dirs.items() if folder.is_relative_to(root.resolve())]
    if not exposed:
        raise Forbidden(
            f"{directory} is not exposed over HTTP. Add it, or a folder above it, to resource_dirs of backend.http."
        )
    if not folder.is_dir():
        raise NotFound(f"There is no folder {directory}.")
    name, root = max(exposed, key=lambda item: len(item[1].parts))
    endings = tuple(_ending(extension) for extension in extensions)
    found: list[str] = []
    for path in _walk(folder, recursive):
        if path.name.lower().endswith(endings):
            found.append(f"/resources/{quote(name.strip('/'))}/{quote(os.fsencode(path.relative_to(root)))}")
            if len(found) >= limit:
                break
    return sorted(found)


def _ending(extension: str) -> str:
    return f".{extension.lower().lstrip('*.')}" if extension.strip("*.") else ""


def _walk(folder: Path, recursive: bool) -> Iterator[Path]:
    for base, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if recursive else []
        for name in sorted(files):
            path = Path(base, name)
            if not name.startswith(".") and not path.is_symlink():
                yield path
