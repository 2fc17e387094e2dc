"""What is wrong with a dashboard, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    widget: bool = False
    """Whether it is of one widget, and is shown in its place."""

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"line": self.line, "column": self.column, "reason": self.reason, "widget": self.widget}


class Problems:
    """Collects what is found, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, element: Element, reason: str) -> None:
        """Note what is wrong at an element."""
        self.found.append(Problem(element.line, element.column, reason))

    def of_widget(self, first: int) -> list[str]:
        """Note that what was found since there were ``first`` of them is of one widget; gives it as texts."""
        self.found[first:] = [replace(problem, widget=True) for problem in self.found[first:]]
        return [str(problem) for problem in self.found[first:]]

    def unknown(self, element: Element, what: str, name: str, known: Iterable[str]) -> None:
        """Note a name that nobody knows, with the closest one that somebody does."""
        names = sorted(known)
        hint = did_you_mean(name, names) or (f" There are: {', '.join(names)}." if names else "")
        self.add(element, f"{what} {name!r} is unknown.{hint}")
