"""``@hook``: say which events a function of a user script reacts to. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from platypush.message.event import Event

__all__ = ["HookMark", "hook", "hook_marks"]

_ATTRIBUTE = "__platypush_hooks__"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class HookMark:
    """What one ``@hook`` says about its function."""

    event_type: type[Event] | str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    durable: bool = False


def hook(
    event_type: type[Event] | str, *, priority: int = 0, durable: bool = False, **conditions: Any
) -> Callable[[F], F]:
    """Run the decorated function on each event of ``event_type`` (or a subclass) that meets ``conditions``.

    ``event_type`` is a class or its dotted name. A condition names an argument of the event and the value that
    it must have; ``docs/hooks.md`` has the rules. Hooks of a higher ``priority`` start first, and for a webhook the
    first one answers. ``durable`` is for webhooks: the call is stored and answered 202 before the function
    runs, and is run again after a crash.

    The function takes ``event`` and whichever arguments of the event it names, or all with ``**context``. It
    stays an ordinary function: the decorator only marks it, and the hub collects the marks when it loads the
    script. Raises TypeError when ``event_type`` is no event.
    """
    if not (isinstance(event_type, str) or (isinstance(event_type, type) and issubclass(event_type, Event))):
        raise TypeError(
            f"@hook needs an event class as its first argument, such as @hook(WebhookEvent, hook='name'), "
            f"not {event_type!r}."
        )
    mark = HookMark(event_type, dict(conditions), priority, durable)

    def decorate(function: F) -> F:
        setattr(function, _ATTRIBUTE, (*hook_marks(function), mark))
        return function

    return decorate


def hook_marks(function: object) -> tuple[HookMark, ...]:
    """The marks that ``@hook`` left on ``function``, innermost first; empty for anything else."""
    marks = getattr(function, "__dict__", {}).get(_ATTRIBUTE, ())
    return marks if isinstance(marks, tuple) else ()
