"""One thing that is wrong, with its mend."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from platypush.config.problem import Severity

__all__ = ["Finding", "Severity", "error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``id`` is stable, for programs; ``text`` is one sentence; ``mend`` a command, or empty where there is none."""

    id: str
    text: str
    mend: str = ""
    severity: Severity = Severity.ERROR

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "severity": self.severity.value}


def error(id: str, text: str, mend: str = "") -> Finding:
    """Something that does not work, or will soon stop working, or lets strangers in."""
    return Finding(id, text, mend)


def warning(id: str, text: str, mend: str = "") -> Finding:
    """Something that works, but is worth a look."""
    return Finding(id, text, mend, Severity.WARNING)
