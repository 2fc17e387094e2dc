"""The plugins of a running hub: loading, starting, stopping, reloading, and running their actions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import BadRequest, PlatypushError, Unavailable, UnknownAction
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.plugins import Plugin
from platypush.plugins._describe import describe_slot
from platypush.plugins._discovery import Catalogue, LoadFailure
from platypush.plugins._parallel import run_all
from platypush.plugins._slot import BoundAction, Slot, constructor_arguments
from platypush.plugins.services import PluginServices
from platypush.plugins.status import PluginState, PluginStatus

__all__ = ["DEFAULT_PLUGINS", "Catalogue", "OnAction", "PluginRegistry", "ReloadReport"]

DEFAULT_PLUGINS = ("config", "inspect", "utils", "variable", "user", "tts", "qrcode")
"""Loaded without a section. What can run commands or reach files or the network at large is not among them."""

OnAction = Callable[[str, float, bool], None]
"""Called after each known action with its name, the seconds it took and whether it went well."""

_STOP_PATIENCE = 0.25
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """What a reload did, by name. ``kept`` are changed plugins whose new section is wrong: the old one goes on."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)


class PluginRegistry:
    """Every plugin with its state. All methods may be called from any thread."""

    def __init__(
        self,
        sections: Mapping[str, Mapping[str, Any]],
        disabled: frozenset[str] = frozenset(),
        *,
        services: PluginServices | None = None,
        catalogue: Catalogue | None = None,
        sources: Mapping[str, str] | None = None,
        defaults: Iterable[str] = DEFAULT_PLUGINS,
        device_id: str | None = None,
        on_action: OnAction | None = None,
        load_time: float = 10.0,
    ) -> None:
        """Nothing is loaded before ``load``.

        ``sections`` maps the names of configured plugins to the arguments of their constructors, ``sources`` to
        ``file:line`` for messages. ``device_id`` is the ``origin`` of responses. ``load_time``: seconds that
        loading and starting may take before the hub goes on without the slow ones; they join when they are ready.
        """
        self._defaults = tuple(defaults)
        self._sections = sections
        self._disabled = disabled
        self._sources = dict(sources or {})
        self._services = services
        self._catalogue = catalogue or Catalogue()
        self._device_id = device_id
        self._on_action = on_action
        self._load_time = load_time
        self._slots: dict[str, Slot] = {}
        self._started = False
        self._lock = threading.RLock()

    def bind(self, services: PluginServices) -> None:
        """Set what plugins about the hub itself need; before ``load``."""
        self._services = services

    def load(self) -> None:
        """Load every configured and default plugin, all at once. One that fails or hangs stops no other."""
        with self._lock:
            slots = self._make_slots(self._sections, self._disabled)
            self._slots = slots
        self._load(slots.values())

    def start_all(self) -> None:
        """Start what is loaded, each in a thread of its own; what is still loading starts as soon as it can."""
        with self._lock:
            self._started = True
            slots = tuple(self._slots.values())
        slow = run_all([(slot.name, slot.start) for slot in slots], self._load_time)
        if slow:
            _logger.warning("Plugins that are still starting: %s", ", ".join(slow))

    def stop_all(self, grace: float) -> tuple[str, ...]:
        """Stop all plugins, the last one first, for at most ``grace`` seconds altogether.

        Returns the names of those that did not stop in time.
        """
        with self._lock:
            self._started = False
            slots = tuple(reversed(self._slots.values()))
        return self._stop(slots, grace)

    def reload(
        self,
        sections: Mapping[str, Mapping[str, Any]],
        disabled: frozenset[str] = frozenset(),
        *,
        sources: Mapping[str, str] | None = None,
        grace: float = 10.0,
    ) -> ReloadReport:
        """Take a changed configuration: unchanged plugins stay, changed ones are replaced, missing ones stopped.

        A plugin whose new section cannot be used goes on with the old one, and its state says so.
        Plugins that had failed are tried again.
        """
        with self._lock:
            self._sources = dict(sources or {})
            old, fresh = self._slots, self._make_slots(sections, disabled)
            alive = {name for name, slot in old.items() if slot.plugin is not None}
            kept = {
                name: self._problem(slot) if old[name].section != slot.section else ""
                for name, slot in fresh.items()
                if name in alive and not slot.is_disabled
            }
            for name, problem in kept.items():
                if problem or old[name].section == fresh[name].section:
                    old[name].notice = f"The new section is wrong, the old one goes on: {problem}" if problem else ""
                    fresh[name] = old[name]
            gone = [slot for name, slot in old.items() if fresh.get(name) is not slot]
            new = [slot for name, slot in fresh.items() if old.get(name) is not slot and not slot.is_disabled]
            self._slots = fresh
            started = self._started
        self._stop(tuple(reversed(gone)), grace)
        if started:
            for slot in new:
                slot.start()
        self._load(new)
        return ReloadReport(
            added=tuple(slot.name for slot in new if slot.name not in alive),
            changed=tuple(slot.name for slot in new if slot.name in alive),
            removed=tuple(slot.name for slot in gone if slot.name in alive and slot.name not in {s.name for s in new}),
            kept={name: problem for name, problem in kept.items() if problem},
        )

    def check(self) -> tuple[PluginState, ...]:
        """What is wrong with the sections, found without making or starting a plugin."""
        slots = self._make_slots(self._sections, self._disabled).values()
        wanted = [slot for slot in slots if slot.state().status is PluginStatus.LOADING]
        return tuple(
            PluginState(slot.name, PluginStatus.FAILED, problem) for slot in wanted if (problem := self._problem(slot))
        )

    def get(self, name: str) -> Plugin:
        """The plugin of that name; waits while its constructor runs.

        Raises UnknownAction when it is not configured, Unavailable with the reason when it did not load.
        """
        return self._slot(name).usable(self._load_time)

    def run(self, request: Request) -> Response:
        """Run the request's action, once, in the calling thread.

        Never raises for a failure of the request: ``errors`` then says what went wrong, and the log has the traceback
        with the request's id. Nothing in the arguments is evaluated.
        """
        bound: BoundAction | None = None
        started = time.perf_counter()
        try:
            bound = self._find(request.action)
            method, arguments = bound
            positional, keywords = arguments.bind(request.args)
            response: Response = method(*positional, **keywords)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an action's failure is the caller's answer
            response = Response(errors=[_text(error)])
            self._log(request, error)
        response.id = request.id
        response.target = request.origin
        response.origin = self._device_id
        if self._on_action is not None and bound is not None:
            self._on_action(request.action, time.perf_counter() - started, not response.errors)
        return response

    def statuses(self) -> tuple[PluginState, ...]:
        """The state of every plugin, in the order of loading."""
        return tuple(slot.state() for slot in self._slots.values())

    def describe(self) -> dict[str, Any]:
        """Every plugin by name: docs, state, and its actions with docs, arguments and their JSON schema."""
        return {name: describe_slot(slot) for name, slot in self._slots.items()}

    def _find(self, action: str) -> BoundAction:
        name, _, method = action.rpartition(".")
        slot = self._slots.get(name) or self._slot(name, action)
        return slot.action(method, self._load_time)

    def _slot(self, name: str, action: str = "") -> Slot:
        slot = self._slots.get(name)
        if slot is not None:
            return slot
        subject = f"Action {action!r} is unknown: there" if action else "There"
        if self._catalogue.knows(name):
            raise UnknownAction(
                f"Plugin {name!r} is not configured. Add a section '{name}:' to the configuration and reload."
            )
        raise UnknownAction(f"{subject} is no plugin {name!r}.{did_you_mean(name, self._slots)}")

    def _make_slots(self, sections: Mapping[str, Mapping[str, Any]], disabled: frozenset[str]) -> dict[str, Slot]:
        slots = {
            name: Slot(name, sections.get(name, {}), self._sources.get(name, ""))
            for name in (*self._defaults, *sections)
            if name not in disabled
        }
        slots.update((name, Slot.disabled(name)) for name in sorted(disabled) if self._catalogue.knows(name))
        return slots

    def _problem(self, slot: Slot) -> str:
        try:
            constructor_arguments(self._catalogue, slot.name, slot.section, slot.source)
        except LoadFailure as error:
            return str(error)
        return ""

    def _load(self, slots: Iterable[Slot]) -> None:
        def task(slot: Slot) -> Callable[[], None]:
            return lambda: slot.load(self._catalogue, self._services)

        waiting = [slot for slot in slots if slot.state().status is PluginStatus.LOADING]
        slow = run_all([(slot.name, task(slot)) for slot in waiting], self._load_time)
        if slow:
            _logger.warning("Plugins that are still loading after %.0f s: %s", self._load_time, ", ".join(slow))

    def _stop(self, slots: Iterable[Slot], grace: float) -> tuple[str, ...]:
        slow = run_all([(slot.name, slot.stop) for slot in slots], grace, _STOP_PATIENCE)
        if slow:
            _logger.warning("Plugins that did not stop within %.0f s: %s", grace, ", ".join(slow))
        return slow

    def _log(self, request: Request, error: BaseException) -> None:
        if isinstance(error, PlatypushError):
            # Raised on purpose, with a text that says all: where in the code it was adds nothing.
            level = logging.INFO if isinstance(error, (BadRequest, Unavailable)) else logging.WARNING
            _logger.log(level, "%s [%s]: %s", request.action, request.id, error)
        else:
            _logger.error("%s [%s] failed", request.action, request.id, exc_info=error)


def _text(error: BaseException) -> str:
    """What the caller is told: the error's own text, with its class where the text alone says too little."""
    text = str(error)
    if isinstance(error, PlatypushError) or (text and not isinstance(error, (LookupError, SystemExit))):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
