"""Event classes by name: for hooks of the configuration and for events that arrive as JSON.

A name leads to a module only below ``platypush.message.event`` or through the entry points of the group
``platypush.events``. What arrives from outside never chooses any other module to be imported.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest
from platypush.message import event as bundled
from platypush.message.event import Event

__all__ = ["ENTRY_POINT_GROUP", "EventTypes"]

ENTRY_POINT_GROUP = "platypush.events"
_PREFIX = bundled.__name__ + "."
_RESERVED = frozenset({"id", "target", "origin", "timestamp"})
_logger = logging.getLogger(__name__)


class EventTypes:
    """Finds event classes. Safe for many threads; remembers what it found."""

    def __init__(self) -> None:
        self._known: dict[str, type[Event]] = {}

    def resolve(self, name: str) -> type[Event]:
        """The class called ``name``: its full dotted name, or that without ``platypush.message.event.``, or the
        class's own name where only one class has it.

        Raises BadRequest with a did-you-mean.
        """
        known = self._known.get(name)
        if known is None:
            known = self._find(name)
            self._known[name] = known
        return known

    def from_dict(self, data: Mapping[str, Any]) -> Event:
        """The event in the JSON object ``data``: ``{"type": "event", "args": {"type": name, …}, "id"?}``.

        Raises BadRequest when it is none or lacks an argument. Time and origin are the hub's own to say.
        """
        args = data.get("args")
        name = args.get("type") if isinstance(args, Mapping) else None
        if not isinstance(args, Mapping) or not isinstance(name, str):
            raise BadRequest("An event needs 'args' with the 'type' of the event, such as 'custom.CustomEvent'.")
        event_type = self.resolve(name)
        values = {str(key): value for key, value in args.items() if key != "type"}
        reserved = sorted(_RESERVED & values.keys())
        if reserved:
            raise BadRequest(f"An event has no arguments called {', '.join(reserved)}: rename them.")
        own = {key: data[key] for key in ("id", "target") if isinstance(data.get(key), str) and data[key]}
        try:
            inspect.signature(event_type).bind(**values, **own)
            return event_type(**values, **own)
        except (TypeError, ValueError) as error:
            raise BadRequest(f"{event_type.wire_name()} cannot be made of these arguments: {error}.") from error

    def _find(self, name: str) -> type[Event]:
        if not all(part.isidentifier() for part in name.split(".")):
            raise BadRequest(f"{name!r} is no name of an event class.")
        contributed = self._contributed.get(name)
        if contributed is not None:
            return contributed
        module, _, class_name = name.removeprefix(_PREFIX).rpartition(".")
        if module:
            found = _class_in(_PREFIX + module, class_name)
            if found is not None:
                return found
        by_own_name = [cls for cls in self._all if cls.__name__ == name]
        if len(by_own_name) == 1:
            return by_own_name[0]
        names = [cls.wire_name() for cls in self._all]
        if by_own_name:
            raise BadRequest(f"Several events are called {name}: use one of the full names {', '.join(names)}.")
        close = did_you_mean(name, names) or did_you_mean(class_name, [cls.__name__ for cls in self._all])
        raise BadRequest(f"There is no event class {name!r}.{close}")

    @cached_property
    def _contributed(self) -> dict[str, type[Event]]:
        classes: dict[str, type[Event]] = {}
        for point in entry_points(group=ENTRY_POINT_GROUP):
            try:
                loaded = point.load()
            except Exception:  # boundary: another package's code; its failure is its own
                _logger.exception("The events of entry point %s cannot be loaded", point.name)
                continue
            candidates = vars(loaded).values() if inspect.ismodule(loaded) else (loaded,)
            for cls in candidates:
                if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event:
                    classes[cls.wire_name()] = cls
        return classes

    @cached_property
    def _all(self) -> list[type[Event]]:
        classes: dict[str, type[Event]] = dict(self._contributed)
        for info in pkgutil.walk_packages(bundled.__path__, _PREFIX):
            for cls in vars(importlib.import_module(info.name)).values():
                if isinstance(cls, type) and issubclass(cls, Event) and cls.__module__ == info.name:
                    classes[cls.wire_name()] = cls
        return list(classes.values())


def _class_in(module: str, class_name: str) -> type[Event] | None:
    try:
        found = getattr(importlib.import_module(module), class_name, None)
    except ModuleNotFoundError as error:
        if error.name and (module + ".").startswith(error.name + "."):
            return None
        raise
    return found if isinstance(found, type) and issubclass(found, Event) else None
