"""Finds routes of plugins: modules with ``__routes__``, bundled and of third parties. A failure is a state."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flask import Blueprint

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["BUNDLED", "GROUP", "RouteModule", "Source", "bundled_modules", "register_routes", "third_party_modules"]

_logger = logging.getLogger(__name__)
BUNDLED = "platypush.backend.http.app.routes.plugins"
"""The package whose modules are looked through."""
GROUP = "platypush.routes"
"""The group of entry points: each names a module with ``__routes__``, or a list of blueprints."""


@dataclass(frozen=True, slots=True)
class RouteModule:
    """A source of routes: ``reason`` tells why it could not be used, None when all is well."""

    name: str
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For ``/health``."""
        return {"name": self.name, "status": "failed" if self.reason else "ok", "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Source:
    """Where routes may come from."""

    name: str
    load: Any
    """Without arguments, gives a module with ``__routes__`` or blueprints; may raise anything."""


def bundled_modules(package: str = BUNDLED) -> Iterator[Source]:
    """The modules below ``package``, in the order of their names."""
    root = import_module(package)
    for found in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name):
        yield Source(found.name, lambda name=found.name: import_module(name))


def third_party_modules() -> Iterator[Source]:
    """The entry points of installed packages."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield Source(f"{point.name} ({point.value})", point.load)


def register_routes(app: Flask, sources: Iterable[Source]) -> list[RouteModule]:
    """Add the blueprints of every source to ``app``; one that fails is reported and does not stop the others."""
    return [_register(app, source) for source in sources]


def _register(app: Flask, source: Source) -> RouteModule:
    try:
        for blueprint in _blueprints(source.load()):
            app.register_blueprint(blueprint)
    except Exception as error:  # boundary: a foreign module may raise anything while it is imported
        _logger.warning("The routes of %s cannot be used: %s", source.name, error, exc_info=True)
        return RouteModule(source.name, f"{type(error).__name__}: {error}")
    return RouteModule(source.name)


def _blueprints(loaded: object) -> Iterable[Blueprint]:
    routes = getattr(loaded, "__routes__", None) if isinstance(loaded, ModuleType) else loaded
    if routes is None:
        # A helper module beside the ones with routes.
        return ()
    if not isinstance(routes, (list, tuple)) or not all(isinstance(item, Blueprint) for item in routes):
        raise TypeError("__routes__ has to be a list of Flask blueprints")
    return routes
