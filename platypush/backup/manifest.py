"""What an archive says about itself: its last member, so that an archive without one is known to be cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from platypush.errors import BackupFailed

__all__ = [
    "CONFIG",
    "DASHBOARDS",
    "DATABASE",
    "FORMAT",
    "MANIFEST",
    "SCRIPTS",
    "STATE",
    "Manifest",
    "Member",
    "check_name",
]

FORMAT = 1
"""Of the archive. An older version of Platypush refuses an archive with a newer one."""
MANIFEST = "manifest.json"
CONFIG, SCRIPTS, DASHBOARDS, STATE, DATABASE = "config", "scripts", "dashboards", "state", "database"
_PARTS = (CONFIG, SCRIPTS, DASHBOARDS, STATE, DATABASE)
_TEXTS = ("version", "created", "schema", "oldest_reader", "config", "origin")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive. ``mode`` has permission bits only."""

    name: str
    size: int
    mode: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The archive's contents, and which installation they are of."""

    version: str
    """Of Platypush."""
    created: str
    """ISO 8601, UTC."""
    schema: str | None
    """The database's revision; None when the database is not in the archive."""
    oldest_reader: str | None
    """The oldest revision of code that understands it, where that is known."""
    config: str | None
    """The main file's name, below ``config/``; None for an installation without one."""
    origin: str | None
    """Where that file was."""
    members: tuple[Member, ...]
    format: int = FORMAT

    def to_json(self) -> bytes:
        """The manifest as it stands in the archive."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Read ``data``. Raises BackupFailed when it is no manifest that this version understands."""
        try:
            content = json.loads(data)
            number = content["format"]
            if isinstance(number, int) and number > FORMAT:
                raise BackupFailed(
                    f"The archive has format {number}, made by Platypush {content.get('version')}; this version reads "
                    f"format {FORMAT}. Restore it with the version that made it, or a newer one."
                )
            members = tuple(_member(item) for item in content["members"])
            texts = {name: _optional_text(content[name]) for name in _TEXTS}
        except (ValueError, KeyError, TypeError) as error:
            raise BackupFailed("The archive's manifest cannot be read: this is no backup, or a damaged one.") from error
        if not all((texts[name] or "0").isdecimal() for name in ("schema", "oldest_reader")):
            raise BackupFailed("The archive's manifest names no revision of the database that could be understood.")
        if texts["config"] is not None:
            check_name(f"{CONFIG}/{texts['config']}")
        return cls(
            version=texts["version"] or "?",
            created=texts["created"] or "?",
            schema=texts["schema"],
            oldest_reader=texts["oldest_reader"],
            config=texts["config"],
            origin=texts["origin"],
            members=members,
            format=number,
        )

    def below(self, part: str) -> Iterable[Member]:
        """The members of one part of the archive."""
        return (member for member in self.members if member.name.startswith(f"{part}/"))


def check_name(name: str) -> str:
    """Return a member's name when it stays where it belongs. Raises BackupFailed for any other."""
    path = PurePosixPath(name)
    inside = len(path.parts) > 1 and path.parts[0] in _PARTS and ".." not in path.parts
    if not inside or str(path) != name or "\0" in name or "\\" in name:
        raise BackupFailed(
            f"The archive holds {name!r}, which would lead outside. It was not made by platypush backup."
        )
    return name


def _member(item: Any) -> Member:
    member = Member(**item)
    check_name(member.name)
    numbers = (member.size, member.mode)
    if not all(isinstance(number, int) and number >= 0 for number in numbers) or not _SHA256.fullmatch(member.sha256):
        raise ValueError(member.name)
    return member


def _optional_text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("a text is expected")
    return value
