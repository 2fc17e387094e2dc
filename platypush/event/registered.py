"""Hooks as the hub keeps them, and the index that finds those of an event without asking each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from platypush._lib.calling import CallPlan, where_defined
from platypush.event.hook import HookMark
from platypush.event.matching import match_conditions, match_value
from platypush.message.event import Event
from platypush.message.event.http.hook import WebhookEvent

__all__ = ["Hook", "HookIndex", "HookMatch", "hook_of_function"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook that is ready to run. ``run`` takes the event and what its conditions extracted."""

    name: str
    event_type: type[Event]
    run: Callable[[Event, Mapping[str, Any]], Any]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    durable: bool = False
    source: str = ""
    """``file:line``, for messages."""


class HookMatch(NamedTuple):
    """A hook that an event fires, with what its conditions extracted from the event."""

    hook: Hook
    extracted: Mapping[str, Any]


class HookIndex:
    """Finds the hooks of an event. Immutable, so that any thread may ask while a reload makes a new one.

    Webhooks are found by their exact name, other hooks by the event's class: the time for an event does not grow
    with hooks on other names or classes.
    """

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        self.hooks = tuple(hooks)
        ordered = sorted(self.hooks, key=lambda hook: -hook.priority)  # stable: first registered stays first
        self._order = {id(hook): position for position, hook in enumerate(ordered)}
        self._by_class: defaultdict[type, list[Hook]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Hook]] = defaultdict(list)
        for hook in ordered:
            name = hook.conditions.get("hook")
            if issubclass(hook.event_type, WebhookEvent) and isinstance(name, str):
                self._by_name[name].append(hook)
            else:
                self._by_class[hook.event_type].append(hook)

    def matching(self, event: Event) -> list[HookMatch]:
        """The hooks that ``event`` fires, highest priority first, then first registered."""
        return self._matches(self._candidates(event), event)

    def matching_webhooks(self, event: WebhookEvent) -> list[HookMatch]:
        """Those among ``matching(event)`` that are about webhooks and may answer them."""
        return [found for found in self.matching(event) if issubclass(found.hook.event_type, WebhookEvent)]

    def allowed_methods(self, event: WebhookEvent) -> list[str]:
        """HTTP methods for which a hook of the same name would run; for the answer 405."""
        methods = {method for hook in self._candidates(event) for method in _methods(hook.conditions.get("method"))}
        return sorted(
            method
            for method in methods
            if any(
                _conditions_hold(hook, {**event.args, "method": method}) and "method" in hook.conditions
                for hook in self._candidates(event)
            )
        )

    def _candidates(self, event: Event) -> list[Hook]:
        found = [hook for cls in type(event).__mro__ for hook in self._by_class.get(cls, ())]
        if isinstance(event, WebhookEvent):
            named = self._by_name.get(event.args["hook"], ())
            found.extend(hook for hook in named if isinstance(event, hook.event_type))
        if len(found) > 1:
            found.sort(key=lambda hook: self._order[id(hook)])
        return found

    @staticmethod
    def _matches(candidates: Iterable[Hook], event: Event) -> list[HookMatch]:
        phrases: frozenset[str] = getattr(type(event), "phrase_args", frozenset())
        return [
            HookMatch(hook, extracted)
            for hook in candidates
            if (extracted := match_conditions(hook.conditions, event.args, phrases)) is not None
        ]


def hook_of_function(function: Callable[..., Any], mark: HookMark, event_type: type[Event], name: str) -> Hook:
    """The hook that runs ``function``, which gets ``event`` and whichever arguments of the event it takes."""
    plan = CallPlan(function, lead="event")

    def run(event: Event, extracted: Mapping[str, Any]) -> Any:
        return plan({**event.args, **extracted, "event": event})

    return Hook(
        name=name,
        event_type=event_type,
        run=run,
        conditions=mark.conditions,
        priority=mark.priority,
        durable=mark.durable,
        source=where_defined(function),
    )


def _methods(condition: Any) -> list[str]:
    if isinstance(condition, str):
        return [condition]
    return [item for item in condition if isinstance(item, str)] if isinstance(condition, (list, tuple, set)) else []


def _conditions_hold(hook: Hook, args: Mapping[str, Any]) -> bool:
    return all(name in args and match_value(wanted, args[name]) for name, wanted in hook.conditions.items())
