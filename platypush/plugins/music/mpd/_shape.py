"""What MPD answers, as the interface of music players has it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import basename
from typing import Any

from platypush.plugins.music._player import Entry

__all__ = ["entries", "texts"]

_KINDS = ("directory", "playlist", "file")


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """``values`` with texts only: of a tag that a track has several times, all of them, separated by commas."""
    return {
        key: ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        for key, value in values.items()
    }


def entries(items: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """What is in a folder: with names to show, folders first."""
    found: list[Entry] = []
    for kind in _KINDS:
        for item in items:
            if kind in item:
                entry = texts(item)
                found.append({**entry, "name": entry.get("title") or basename(entry[kind])})
    return found
