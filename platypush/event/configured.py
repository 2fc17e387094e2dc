"""Hooks of the configuration: ``event.hook.<name>`` with ``if`` and ``then``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from platypush.config.model import HookSettings
from platypush.errors import ConfigurationError, PlatypushError
from platypush.event.registered import Hook
from platypush.event.types import EventTypes
from platypush.message.event import Event
from platypush.procedure.interpreter import Interpreter

__all__ = ["configured_hook", "configured_hooks"]


def configured_hook(settings: HookSettings, types: EventTypes, interpreter: Interpreter) -> Hook:
    """The hook of one section. Its steps see ``event``, all arguments of the event, and what the conditions extract.

    ``return`` gives a webhook's answer; without one it is the default body. ``durable: true`` beside the conditions
    makes a durable webhook. Raises ConfigurationError.
    """
    conditions = dict(settings.condition)
    name = f"event.hook.{settings.name}"
    durable = conditions.pop("durable", False)
    try:
        event_type = types.resolve(str(conditions.pop("type", "")))
    except PlatypushError as error:
        raise ConfigurationError(f"{name} ({settings.source}): {error.message}") from error
    program = interpreter.compile(name, settings.then, settings.source)

    def run(event: Event, extracted: Mapping[str, Any]) -> Any:
        return program.run_or_raise({**event.args, **extracted, "event": event})

    return Hook(
        name=settings.name,
        event_type=event_type,
        run=run,
        conditions=conditions,
        priority=settings.priority,
        durable=bool(durable),
        source=settings.source,
    )


def configured_hooks(
    settings: Iterable[HookSettings], types: EventTypes, interpreter: Interpreter
) -> tuple[list[Hook], list[tuple[HookSettings, ConfigurationError]]]:
    """The hooks of the configuration, and those that cannot be used with the reason."""
    hooks: list[Hook] = []
    problems: list[tuple[HookSettings, ConfigurationError]] = []
    for item in settings:
        try:
            hooks.append(configured_hook(item, types, interpreter))
        except ConfigurationError as error:
            problems.append((item, error))
    return hooks, problems
