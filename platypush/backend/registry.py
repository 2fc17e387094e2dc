"""The backends of a running hub: found by name, made from their sections, started, stopped, reloaded.

A bundled backend ``x.y`` is the folder ``platypush/backend/x/y``; other packages add theirs through entry points of the
group ``platypush.backends``. Each module defines exactly one class.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any

from platypush._lib.extras import missing_module
from platypush._lib.suggest import did_you_mean
from platypush.backend import Backend
from platypush.backend.services import BackendServices, ServiceBackend
from platypush.config.secrets import reveal
from platypush.errors import PlatypushError, Unavailable, UnknownAction

__all__ = ["GROUP", "BackendRegistry", "BackendState"]

GROUP = "platypush.backends"
_PACKAGE = "platypush.backend"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackendState:
    """How one backend stands: ``status`` is ``loaded``, ``running``, ``failed`` or ``stopped``."""

    name: str
    status: str
    reason: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"name": self.name, "status": self.status, "reason": self.reason}


@dataclass(slots=True)
class _Entry:
    name: str
    section: Mapping[str, Any]
    backend: Backend | None = None
    status: str = "loaded"
    reason: str = ""
    adopted: bool = False
    """Whether somebody else starts and stops it."""

    def state(self) -> BackendState:
        away = self.backend.presence.reason if self.backend is not None else None
        if away and self.status == "running":
            return BackendState(self.name, "failed", f"{away} (trying again)")
        return BackendState(self.name, self.status, self.reason)

    def fail(self, error: BaseException) -> None:
        self.status, self.reason = "failed", str(error) or type(error).__name__


class BackendRegistry:
    """Every configured backend with its state. One that fails stops no other. Methods are for one thread at a time,
    but ``get``, ``statuses`` and ``describe``, which are for any."""

    def __init__(
        self,
        sections: Mapping[str, Mapping[str, Any]],
        disabled: frozenset[str] = frozenset(),
        *,
        sources: Mapping[str, str] | None = None,
        find: Callable[[str], type[Backend]] | None = None,
    ) -> None:
        """``sections`` maps names without ``backend.`` to constructor arguments. ``disabled`` are left-out sections.

        ``sources`` maps section names to ``file:line``, for messages; ``find`` replaces the look-up of classes.
        """
        self._entries = {name: _Entry(name, section) for name, section in sections.items()}
        self._disabled = disabled
        self._sources = dict(sources or {})
        self._find = find or find_backend
        self._services: BackendServices | None = None

    def bind(self, services: BackendServices) -> None:
        """Set what backends that carry messages need of the hub; before ``load``."""
        self._services = services

    def adopt(self, backend: Backend) -> None:
        """Take in a backend that somebody else made, starts and stops."""
        self._entries[backend.name] = _Entry(backend.name, {}, backend, "running", adopted=True)

    def check(self) -> tuple[BackendState, ...]:
        """What is wrong with the sections, found without making a backend."""
        states = []
        for entry in self._entries.values():
            try:
                inspect.signature(self._find(entry.name)).bind(**entry.section)
            except (PlatypushError, ImportError, TypeError) as error:
                states.append(BackendState(entry.name, "failed", str(error)))
        return tuple(states)

    def load(self) -> None:
        """Make every backend that is not made yet. Failures become states."""
        for entry in self._entries.values():
            if entry.backend is None:
                self._make(entry)

    def start_all(self) -> None:
        """Start what is loaded."""
        for entry in self._entries.values():
            self._start(entry)

    def stop_all(self, grace: float) -> None:
        """Stop all that run, at the same time, for at most ``grace`` seconds."""
        self._stop([entry for entry in self._entries.values() if not entry.adopted], grace)

    def reload(
        self,
        sections: Mapping[str, Mapping[str, Any]],
        disabled: frozenset[str] = frozenset(),
        *,
        sources: Mapping[str, str] | None = None,
        grace: float = 10.0,
    ) -> list[str]:
        """Take changed sections: unchanged backends stay, changed ones are replaced, missing ones stopped.

        Returns what was done, one text each. Backends that had failed are tried again.
        """
        self._disabled, self._sources = disabled, dict(sources or {})
        old = {name: entry for name, entry in self._entries.items() if not entry.adopted}
        fresh = {name: entry for name, entry in self._entries.items() if entry.adopted}
        for name, section in sections.items():
            before = old.get(name)
            keep = before is not None and before.section == section and before.status == "running"
            fresh[name] = before if keep and before is not None else _Entry(name, section)
        gone = [entry for name, entry in old.items() if fresh.get(name) is not entry]
        self._entries = fresh
        self._stop(gone, grace)
        new = [entry for entry in fresh.values() if not entry.adopted and old.get(entry.name) is not entry]
        for entry in new:
            self._make(entry)
            self._start(entry)
        changes = [f"backend {entry.name} removed" for entry in gone if entry.name not in fresh]
        return changes + [f"backend {entry.name} {'changed' if entry.name in old else 'added'}" for entry in new]

    def get(self, name: str) -> Backend:
        """The backend of that name. Raises UnknownAction when it is not configured, Unavailable when it failed."""
        entry = self._entries.get(name)
        if entry is None:
            raise UnknownAction(f"There is no backend {name!r}.{did_you_mean(name, self._entries)}")
        if entry.backend is None:
            raise Unavailable(f"Backend {name!r} did not load: {entry.reason}")
        return entry.backend

    def statuses(self) -> tuple[BackendState, ...]:
        """The state of every backend."""
        return tuple(entry.state() for entry in self._entries.values())

    def describe(self) -> dict[str, Any]:
        """Every backend by name: documentation and state, as JSON."""
        return {
            entry.name: {
                "name": entry.name,
                "doc": (type(entry.backend).__doc__ or "").strip() if entry.backend else "",
                "status": (state := entry.state()).status,
                "reason": state.reason,
            }
            for entry in self._entries.values()
        }

    def _make(self, entry: _Entry) -> None:
        try:
            entry.backend = self._find(entry.name)(**reveal(entry.section))
            if isinstance(entry.backend, ServiceBackend) and self._services is not None:
                entry.backend.bind(self._services)
        except (PlatypushError, ImportError, TypeError, ValueError, OSError) as error:
            entry.fail(error)
        except Exception as error:  # boundary: a backend's constructor is other people's code
            _logger.exception("backend.%s failed to load", entry.name)
            entry.fail(error)
        if entry.reason:
            place = self._sources.get(f"backend.{entry.name}", "configuration")
            _logger.error("%s: backend.%s: %s", place, entry.name, entry.reason)

    def _start(self, entry: _Entry) -> None:
        if entry.adopted or entry.backend is None or entry.status != "loaded":
            return
        try:
            entry.backend.start()
            entry.status = "running"
        except Exception as error:  # boundary: a backend that fails to start is a state
            _logger.exception("backend.%s failed to start", entry.name)
            entry.fail(error)

    @staticmethod
    def _stop(entries: Iterable[_Entry], grace: float) -> None:
        threads = []
        for entry in entries:
            if entry.backend is not None and entry.status == "running":
                entry.status = "stopped"
                threads.append(threading.Thread(target=entry.backend.stop, args=(grace,), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join(grace)


def find_backend(name: str) -> type[Backend]:
    """The class of the backend ``name``: an entry point's, else the bundled one. Raises UnknownAction."""
    known = {entry.name: entry for entry in metadata.entry_points(group=GROUP)}
    entry = known.get(name)
    if entry is None and all(part.isidentifier() for part in name.split(".")) and _is_bundled(name):
        entry = metadata.EntryPoint(name, f"{_PACKAGE}.{name}", GROUP)
    if entry is None:
        raise UnknownAction(f"There is no backend {name!r}.{did_you_mean(name, ['http', *known])}")
    try:
        found = entry.load()
    except ImportError as error:
        raise Unavailable(missing_module(f"Backend {name!r}", name, error)) from error
    if not isinstance(found, type):
        candidates = [
            value
            for value in vars(found).values()
            if isinstance(value, type) and issubclass(value, Backend) and value.__module__ == found.__name__
        ]
        found = candidates[0] if len(candidates) == 1 else None
    if not isinstance(found, type) or not issubclass(found, Backend):
        raise UnknownAction(f"{entry.value} defines no single subclass of platypush.backend.Backend.")
    return found


def _is_bundled(name: str) -> bool:
    try:
        return util.find_spec(f"{_PACKAGE}.{name}") is not None
    except ModuleNotFoundError:
        return False
