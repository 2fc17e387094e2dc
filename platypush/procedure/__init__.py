"""Procedures: sequences of actions that are called like an action, ``procedure.<name>``.

This front holds the ``@procedure`` decorator and imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

__all__ = ["ProcedureMark", "procedure", "procedure_mark"]

_ATTRIBUTE = "__platypush_procedure__"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ProcedureMark:
    """What ``@procedure`` says about its function; ``name`` None means the function's own."""

    name: str | None = None


@overload
def procedure(function: F, /) -> F: ...


@overload
def procedure(name: str | None = None, /) -> Callable[[F], F]: ...


def procedure(target: Any = None, /) -> Any:
    """Make the decorated function callable as ``procedure.<script>.<function>``, over every transport.

    Used as ``@procedure``, or as ``@procedure('name')`` to choose the last part of the name. The function stays an
    ordinary one: the decorator only marks it, and the hub collects the marks when it loads the script.
    """
    if callable(target):
        setattr(target, _ATTRIBUTE, ProcedureMark())
        return target
    if target is not None and not (isinstance(target, str) and target.isidentifier()):
        raise TypeError(f"@procedure takes a name made of letters, digits and underscores, not {target!r}.")

    def decorate(function: F) -> F:
        setattr(function, _ATTRIBUTE, ProcedureMark(target))
        return function

    return decorate


def procedure_mark(function: object) -> ProcedureMark | None:
    """The mark that ``@procedure`` left on ``function``, if any."""
    mark = getattr(function, "__dict__", {}).get(_ATTRIBUTE)
    return mark if isinstance(mark, ProcedureMark) else None
