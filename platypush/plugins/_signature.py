"""Reading signatures: which arguments a function takes, and of which types."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Parameter", "Shape", "read_shape"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One named parameter. ``annotation`` is Any where there is none, or none that can be read."""

    name: str
    annotation: Any = Any
    required: bool = True
    default: Any = None
    positional: bool = True
    positional_only: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """All that a call can take: its named parameters in order, and whether it takes more of either kind."""

    parameters: tuple[Parameter, ...]
    takes_more_positions: bool = False
    takes_more_keywords: bool = False


def read_shape(functions: Sequence[Callable[..., Any]], *, skip_first: bool) -> Shape:
    """The shape of the first function; parameters of the following ones, to which it hands on its ``**kwargs``,
    are added by keyword."""
    parameters: dict[str, Parameter] = {}
    more_positions = more_keywords = False
    for index, function in enumerate(functions):
        items = list(inspect.signature(function).parameters.values())
        hints = _hints(function)
        more_keywords = False
        for item in items[1:] if skip_first else items:
            if item.kind is item.VAR_POSITIONAL:
                more_positions = more_positions or index == 0
            elif item.kind is item.VAR_KEYWORD:
                more_keywords = True
            elif item.name not in parameters:
                parameters[item.name] = _parameter(item, hints.get(item.name, Any), inherited=index > 0)
    return Shape(tuple(parameters.values()), more_positions, more_keywords)


def _parameter(item: inspect.Parameter, annotation: Any, *, inherited: bool) -> Parameter:
    required = item.default is item.empty
    if item.default is None and annotation is not Any:
        # `text: str = None` is how many write an optional text.
        annotation = typing.Optional[annotation]  # noqa: UP045 - takes forward references and odd types as well
    return Parameter(
        name=item.name,
        annotation=annotation,
        required=required,
        default=None if required else item.default,
        positional=not inherited and item.kind is not item.KEYWORD_ONLY,
        positional_only=item.kind is item.POSITIONAL_ONLY,
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    plain = inspect.unwrap(function)
    try:
        return typing.get_type_hints(plain, include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are any expression; one that fails must not lose the others
        return {name: _hint(plain, value) for name, value in getattr(plain, "__annotations__", {}).items()}


def _hint(function: Callable[..., Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    scope = vars(sys.modules[function.__module__]) if function.__module__ in sys.modules else {}
    holder = type("_Holder", (), {"__annotations__": {"value": value}})
    try:
        return typing.get_type_hints(holder, globalns=dict(scope), include_extras=True)["value"]
    except Exception:  # noqa: BLE001 - a name that only type checkers see: the argument takes anything
        return Any
