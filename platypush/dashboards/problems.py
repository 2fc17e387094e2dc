"""What is wrong with a dashboard, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.dashboards.tree import Element

__all__ = ["Problem", "Problems"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; lines and columns count from 1."""

    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"line": self.line, "column": self.column, "reason": self.reason}


class Problems:
    """Collects what is found, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, element: Element, reason: str) -> None:
        """Note what is wrong at an element."""
        self.found.append(Problem(element.line, element.column, reason))

    def unknown(self, element: Element, what: str, name: str, known: Iterable[str]) -> None:
        """Note a name that nobody knows, with the closest one that somebody does."""
        names = sorted(known)
        hint = did_you_mean(name, names) or (f" There are: {', '.join(names)}." if names else "")
        self.add(element, f"{what} {name!r} is unknown.{hint}")
