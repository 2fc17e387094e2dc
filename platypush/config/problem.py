"""One thing that is wrong with a configuration, said the same way by the loader and by ``platypush check``."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KeyPath", "Mark", "Problem", "Severity", "dotted"]

Step = str | int
KeyPath = tuple[Step, ...]
"""Where a value is: keys of mappings and positions in lists, from the root."""


class Severity(enum.Enum):
    """``ERROR`` stops the start or fails the check; ``WARNING`` is worth a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines count from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and why. ``id`` is stable, for programs and documentation."""

    id: str
    key: str
    reason: str
    source: str = ""
    """``file:line`` or a file's path; empty where there is none."""
    severity: Severity = Severity.ERROR

    @classmethod
    def warning(cls, id: str, key: str, reason: str, source: str = "") -> Problem:
        """A problem that stops nothing."""
        return cls(id, key, reason, source, Severity.WARNING)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source, self.key, self.reason) if part)


def dotted(path: Sequence[Step]) -> str:
    """``backend.http.uwsgi_args[2]``, as people write it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
