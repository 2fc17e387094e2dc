"""Finding plugins: the bundled ones by their folder, other people's by entry point. Both load the same way.

The module of a plugin names its class in ``__plugin__`` (a text), or defines exactly one subclass of ``Plugin``.
A bundled folder is a plugin when its ``__init__.py`` has a line that starts with ``__plugin__``: others only hold
sub-folders.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType

from platypush._lib.extras import missing_module
from platypush._lib.suggest import did_you_mean
from platypush.plugins import Plugin, RunnablePlugin

__all__ = ["GROUP", "Catalogue", "LoadFailure", "plugin_class"]

GROUP = "platypush.plugins"
"""The group of entry points by which other packages add plugins: name to module or class."""

_BASES = (Plugin, RunnablePlugin)
_MARKER = re.compile(r"^__plugin__\b", re.MULTILINE)


class LoadFailure(Exception):
    """A plugin cannot be loaded; the text is the reason, fit to be shown."""


class Catalogue:
    """All plugins that could be loaded. Looks on the disk only when asked. Thread-safe."""

    def __init__(self, folder: Path | None = None, package: str = "platypush.plugins") -> None:
        """``folder`` is where ``package`` is; both are for tests."""
        self._folder = folder or Path(__file__).parent
        self._package = package
        self._lock = threading.Lock()
        self._entry_points: Mapping[str, metadata.EntryPoint] | None = None

    def names(self) -> tuple[str, ...]:
        """The name of every plugin there is, sorted."""
        bundled = {
            ".".join(path.parent.relative_to(self._folder).parts)
            for path in self._folder.glob("*/**/__init__.py")
            if self._is_plugin(path)
        }
        return tuple(sorted(bundled | set(self._entries())))

    def knows(self, name: str) -> bool:
        """Whether there is a plugin of that name."""
        return self._bundled(name) or name in self._entries()

    def load(self, name: str) -> type[Plugin]:
        """Import the class of a plugin. Raises LoadFailure with the reason."""
        if self._bundled(name):
            origin = f"{self._package}.{name}"
            entry = metadata.EntryPoint(name, origin, GROUP)
        elif name in self._entries():
            entry = self._entries()[name]
            origin = entry.value
        else:
            raise LoadFailure(f"There is no plugin {name!r}.{did_you_mean(name, self.names())}")
        try:
            found = entry.load()
        except ImportError as error:
            raise LoadFailure(missing_module(f"Plugin {name!r}", name, error)) from error
        except Exception as error:  # boundary: importing a plugin runs other people's code
            raise LoadFailure(f"{origin} cannot be imported: {type(error).__name__}: {error}") from error
        return plugin_class(found, origin)

    def _bundled(self, name: str) -> bool:
        if not all(part.isidentifier() for part in name.split(".")):
            return False
        return self._is_plugin(self._folder.joinpath(*name.split("."), "__init__.py"))

    def _is_plugin(self, path: Path) -> bool:
        try:
            return bool(_MARKER.search(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _entries(self) -> Mapping[str, metadata.EntryPoint]:
        with self._lock:
            if self._entry_points is None:
                self._entry_points = {entry.name: entry for entry in metadata.entry_points(group=GROUP)}
            return self._entry_points


def plugin_class(found: object, origin: str) -> type[Plugin]:
    """The plugin's class in what an entry point gave: a module or the class itself. Raises LoadFailure."""
    if isinstance(found, ModuleType):
        chosen = getattr(found, "__plugin__", None)
        found = getattr(found, chosen, None) if isinstance(chosen, str) else _only_class(found)
    if isinstance(found, type) and issubclass(found, Plugin):
        return found
    raise LoadFailure(f"{origin} is no plugin: it has to be a subclass of platypush.plugins.Plugin.")


def _only_class(module: ModuleType) -> type[Plugin]:
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Plugin)
        and value not in _BASES
        and value.__module__ == module.__name__
    ]
    if len(own) == 1:
        return own[0]
    names = ", ".join(sorted(cls.__name__ for cls in own)) or "none"
    raise LoadFailure(
        f"{module.__name__} has to define one subclass of Plugin, or to name it in __plugin__ (found: {names})."
    )
