"""Arguments from outside, checked against the signature of what they are for.

Scalars are taken strictly: ``"7"`` is no number and 7 is no text. Types that JSON has not are read from what it has:
a list becomes a tuple or a set, a text a path or (ISO 8601) a date, an integer a float. What is not annotated
takes anything.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from platypush._lib.suggest import did_you_mean
from platypush.errors import ArgumentError
from platypush.plugins._docstrings import Documentation, parse
from platypush.plugins._signature import Parameter, Shape, read_shape
from platypush.plugins._types import Adapter, build_adapter, describe_failures, json_schema, type_name

__all__ = ["ActionArguments", "for_constructor", "for_function"]

Bound = tuple[tuple[Any, ...], dict[str, Any]]
_NOTHING: Bound = ((), {})


class ActionArguments:
    """The arguments of one action, procedure or constructor. Made once, used by many threads.

    Nothing is compiled before the first call that needs it.
    """

    def __init__(self, owner: str, shape: Shape, documentation: Documentation) -> None:
        """``owner`` is the name that errors show, such as ``tts.say``."""
        self.owner = owner
        self.documentation = documentation
        self._shape = shape
        self._parameters = {parameter.name: parameter for parameter in shape.parameters}
        self._needs_nothing = not any(parameter.required for parameter in shape.parameters)
        self._positional_only = any(parameter.positional_only for parameter in shape.parameters)
        self._lock = threading.Lock()
        self._adapter: Adapter | None = None
        self._schema: dict[str, Any] | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The named parameters in order."""
        return self._shape.parameters

    def bind(self, arguments: Mapping[str, Any] | list[Any]) -> Bound:
        """Positional and keyword arguments to call with.

        A list goes by position. Raises ArgumentError that names every argument that does not fit;
        its ``details["arguments"]`` maps each one to the reason.
        """
        if not arguments and self._needs_nothing:
            return _NOTHING
        surplus: tuple[Any, ...] = ()
        if isinstance(arguments, list):
            arguments, surplus = self._by_position(arguments)
        adapter = self._adapter or self._build()
        try:
            values = adapter.validate(arguments)
        except ValidationError as error:
            raise self._error(error.errors(include_url=False, include_context=False), arguments) from None
        if surplus or self._positional_only:
            return self._split(values, surplus)
        return (), values

    def schema(self) -> dict[str, Any]:
        """JSON schema (2020-12) of the object of arguments, with descriptions and defaults. Cached."""
        if self._schema is None:
            self._schema = json_schema(self._shape, self.documentation.parameters)
        return self._schema

    def type_name(self, name: str) -> str:
        """The type of a parameter as people write it, such as ``str or None``."""
        return type_name(self._parameters[name].annotation)

    def _build(self) -> Adapter:
        with self._lock:
            if self._adapter is None:
                self._adapter = build_adapter(self._shape)
            return self._adapter

    def _by_position(self, values: list[Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
        names = [parameter.name for parameter in self._shape.parameters if parameter.positional]
        if len(values) > len(names) and not self._shape.takes_more_positions:
            raise ArgumentError(
                f"{self.owner} takes {len(names)} positional argument(s) ({', '.join(names) or 'none'}), "
                f"not {len(values)}.",
                details={"action": self.owner},
            )
        return dict(zip(names, values, strict=False)), tuple(values[len(names) :])

    def _split(self, values: dict[str, Any], surplus: tuple[Any, ...]) -> Bound:
        positional: list[Any] = []
        for parameter in self._shape.parameters:
            if parameter.positional_only or (surplus and parameter.positional):
                if parameter.name not in values:
                    break
                positional.append(values.pop(parameter.name))
        return (*positional, *surplus), values

    def _error(self, errors: Iterable[Mapping[str, Any]], arguments: Mapping[str, Any]) -> ArgumentError:
        reasons: dict[str, str] = {}
        texts: list[str] = []
        for name, (kind, reason) in describe_failures(errors, arguments, self._parameters).items():
            if kind == "unknown":
                reason = f"is unknown.{did_you_mean(name, self._parameters)}".rstrip(".")
            reasons[name] = reason
            texts.append(f"{name!r} {reason}")
        return ArgumentError(
            f"{self.owner}: {'; '.join(texts)}.".replace("?.", "?"),
            details={"action": self.owner, "arguments": reasons},
        )


def for_function(owner: str, function: Callable[..., Any], *, method: bool = False) -> ActionArguments:
    """The arguments of ``function``; with ``method`` its first parameter is left out."""
    return ActionArguments(owner, read_shape([function], skip_first=method), parse(inspect.getdoc(function)))


def for_constructor(owner: str, cls: type) -> ActionArguments:
    """The arguments of a class, those of its bases among them as far as ``**kwargs`` hands them on.

    Bundled plugins hand everything on to ``Plugin``, which needs nothing else: unknown arguments are refused. Other
    people's classes may read their ``**kwargs`` themselves.
    """
    chain: list[Callable[..., Any]] = []
    for base in cls.__mro__:
        constructor = base.__dict__.get("__init__")
        if constructor is None or base is object:
            continue
        chain.append(constructor)
        if not any(p.kind is p.VAR_KEYWORD for p in inspect.signature(constructor).parameters.values()):
            break
    shape = read_shape(chain, skip_first=True)
    if cls.__module__.startswith("platypush.plugins."):
        shape = replace(shape, takes_more_keywords=False)
    return ActionArguments(owner, shape, parse(inspect.getdoc(cls)))
