"""Crons: functions and actions that run by the clock.

This front holds the ``@cron`` decorator and imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["cron", "cron_marks"]

_ATTRIBUTE = "__platypush_crons__"
F = TypeVar("F", bound=Callable[..., Any])


def cron(expression: str) -> Callable[[F], F]:
    """Run the decorated function at the times of ``expression``.

    Five fields (minute, hour, day of month, month, day of week), or six with seconds as the last one, in the local
    time of the machine. The function is called without arguments. It stays an ordinary function: the decorator only
    marks it, and the hub collects the marks when it loads the script. Raises TypeError when ``expression`` is no text.
    """
    if not isinstance(expression, str):
        raise TypeError(f"@cron needs an expression such as @cron('*/5 * * * *'), not {expression!r}.")

    def decorate(function: F) -> F:
        setattr(function, _ATTRIBUTE, (*cron_marks(function), expression))
        return function

    return decorate


def cron_marks(function: object) -> tuple[str, ...]:
    """The expressions that ``@cron`` left on ``function``, innermost first; empty for anything else."""
    marks = getattr(function, "__dict__", {}).get(_ATTRIBUTE, ())
    return marks if isinstance(marks, tuple) else ()
