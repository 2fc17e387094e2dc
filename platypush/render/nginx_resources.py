"""nginx's locations for ``resource_dirs`` and for folders of media. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platypush.media.files import folder_key

__all__ = ["LONGEST_KEY", "Location", "locations", "media_locations", "unservable"]

LONGEST_KEY = 200
"""Bytes. nginx keeps the length of a location's name in one byte, and silently takes a longer one for another."""


@dataclass(frozen=True, slots=True)
class Location:
    """A directory under its name. Neither ends with a slash."""

    key: str
    folder: str
    nested: bool
    """Whether another directory's name begins this one, so that the name itself would be a file there."""


def locations(directories: Mapping[str, Path]) -> tuple[Location, ...]:
    """Every directory that nginx can serve, the longest names first."""
    keys = {key.strip("/"): str(folder).rstrip("/") for key, folder in directories.items()}
    fitting = sorted((key for key in keys if _fits(key)), key=lambda key: (-len(key), key))
    return tuple(
        Location(key, keys[key], any(key.startswith(f"{other}/") for other in keys if other != key)) for key in fitting
    )


def media_locations(folders: Iterable[Path]) -> tuple[Location, ...]:
    """Every folder of media, under the name that the application has for it."""
    keys = {folder_key(folder): str(folder).rstrip("/") for folder in folders}
    return tuple(Location(key, folder, nested=False) for key, folder in sorted(keys.items()))


def unservable(directories: Mapping[str, Path]) -> tuple[str, ...]:
    """The beginnings of names that are too long for nginx."""
    return tuple(sorted(key[:40] for key in directories if not _fits(key.strip("/"))))


def _fits(key: str) -> bool:
    return len(key.encode()) <= LONGEST_KEY
