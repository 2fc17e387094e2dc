"""Listing the types of events."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from typing import Any

from platypush.message import event as events
from platypush.message.event import Event

__all__ = ["describe_events"]

_logger = logging.getLogger(__name__)
_OWN = frozenset(inspect.signature(Event.__init__).parameters)


def describe_events() -> dict[str, Any]:
    """Every subclass of ``Event`` known to this process, by module and class name."""
    for module in pkgutil.walk_packages(events.__path__, f"{events.__name__}.", onerror=_ignore):
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            _logger.warning("The events of %s cannot be listed: %s", module.name, error)
    found: dict[str, Any] = {}
    for cls in sorted(_subclasses(Event), key=lambda item: item.wire_name()):
        found.setdefault(cls.__module__, {})[cls.__name__] = {
            "name": cls.wire_name(),
            "doc": inspect.getdoc(cls) or "",
            "args": _arguments(cls),
        }
    return found


def _ignore(name: str) -> None:
    _logger.warning("The events of %s cannot be listed", name)


def _subclasses(cls: type[Event]) -> set[type[Event]]:
    direct = set(cls.__subclasses__())
    return direct.union(*(_subclasses(item) for item in direct))


def _arguments(cls: type[Event]) -> list[str]:
    parameters = inspect.signature(cls.__init__).parameters.values()
    return [p.name for p in parameters if p.name not in _OWN and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
