"""What every command of the command line shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command: which installation is meant, and how much is told."""

    config: Path | None = None
    workdir: Path | None = None
    verbose: bool = False
