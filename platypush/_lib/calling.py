"""Call functions that people wrote with just those arguments that they name."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["CallPlan", "where_defined"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class CallPlan:
    """How to call ``function``: read off its signature once, then used by any thread.

    Of the values offered it gets those whose names it declares, or all of them when it takes ``**kwargs``.
    A coroutine function runs to its end in a loop of its own.
    """

    __slots__ = ("_by_position", "_lead", "_names", "_takes_all", "function", "is_async")

    def __init__(self, function: Callable[..., Any], *, lead: str | None = None) -> None:
        """``lead`` is the name of the value that the first parameter gets when no value has that parameter's name.

        Raises ValueError or TypeError for a callable that has no signature.
        """
        self.function = function
        self.is_async = inspect.iscoroutinefunction(inspect.unwrap(function))
        parameters = list(inspect.signature(function).parameters.values())
        self._takes_all = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters)
        self._by_position = tuple(item.name for item in parameters if item.kind is inspect.Parameter.POSITIONAL_ONLY)
        self._names = frozenset(
            item.name
            for item in parameters
            if item.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        )
        first = parameters[0] if parameters else None
        self._lead: tuple[str, str] | None = None
        declares_lead = lead in self._names or lead in self._by_position
        if lead and first and first.kind in _POSITIONAL and not declares_lead:
            self._lead = (first.name, lead)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Call the function with what it takes of ``values``. Raises what the function raises."""
        offered = dict(values)
        if self._lead and self._lead[0] not in offered:
            offered[self._lead[0]] = offered[self._lead[1]]
        positional = [offered.pop(name) for name in self._by_position if name in offered]
        named = offered if self._takes_all else {name: offered[name] for name in offered if name in self._names}
        return self.call(*positional, **named)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function with exactly these arguments. Raises what the function raises."""
        outcome = self.function(*args, **kwargs)
        return asyncio.run(outcome) if self.is_async else outcome


def where_defined(function: Callable[..., Any]) -> str:
    """``file:line`` of ``function`` for messages; its module where that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return str(getattr(function, "__module__", "?"))
    return f"{code.co_filename}:{code.co_firstlineno}"
