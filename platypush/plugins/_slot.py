"""The place of one plugin in the registry: its section, its status, and the plugin itself once it is loaded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.config.secrets import reveal
from platypush.errors import ArgumentError, PlatypushError, Unavailable, UnknownAction
from platypush.plugins import Plugin, RunnablePlugin, is_action
from platypush.plugins._discovery import Catalogue, LoadFailure
from platypush.plugins.arguments import ActionArguments, for_constructor, for_function
from platypush.plugins.services import PluginServices, ServicePlugin
from platypush.plugins.status import PluginState, PluginStatus

__all__ = ["BoundAction", "Slot", "constructor_arguments"]

_logger = logging.getLogger(__name__)
_USABLE = (PluginStatus.LOADED, PluginStatus.RUNNING)

BoundAction = tuple[Any, ActionArguments]
"""The plugin's method, and what its arguments have to be."""


def constructor_arguments(
    catalogue: Catalogue, name: str, section: Mapping[str, Any], source: str
) -> tuple[type[Plugin], dict[str, Any], str]:
    """The class of a plugin, the keyword arguments of its section, checked, and a remark on keys that look mistyped.

    Raises LoadFailure.
    """
    cls = catalogue.load(name)
    arguments = for_constructor(name, cls)
    try:
        _, keywords = arguments.bind(reveal(section))
    except ArgumentError as error:
        raise LoadFailure(f"{source}: {error}" if source else str(error)) from error
    known = [parameter.name for parameter in arguments.parameters]
    hints = {key: did_you_mean(key, known) for key in section if key not in known}
    return cls, keywords, " ".join(f"{key!r} looks mistyped.{hint}" for key, hint in hints.items() if hint)


class Slot:
    """One plugin from its section to its end. Thread-safe; a slot is used once, a reload makes another."""

    def __init__(self, name: str, section: Mapping[str, Any], source: str = "") -> None:
        self.name = name
        self.section = section
        self.source = source
        self.plugin: Plugin | None = None
        self.notice = ""
        """A remark for the state of a usable plugin, such as a refused reload."""
        self._remark = ""
        self._status = PluginStatus.LOADING
        self._reason = ""
        self._settled = threading.Event()
        self._lock = threading.RLock()
        self._start_wanted = False
        self._actions: dict[str, BoundAction] = {}

    @classmethod
    def disabled(cls, name: str) -> Slot:
        """The slot of a plugin that is switched off."""
        slot = cls(name, {})
        slot._settle(PluginStatus.DISABLED, "Switched off in the configuration.")
        return slot

    @property
    def is_disabled(self) -> bool:
        """Whether the plugin is switched off."""
        return self._status is PluginStatus.DISABLED

    def state(self) -> PluginState:
        """The state now."""
        plugin, status, reason = self.plugin, self._status, self._reason or self.notice or self._remark
        if isinstance(plugin, RunnablePlugin) and status is PluginStatus.RUNNING:
            if plugin.failure:
                return PluginState(self.name, PluginStatus.FAILED, f"{plugin.failure} (trying again)")
            if not plugin.is_running():
                return PluginState(self.name, PluginStatus.LOADED, reason)
        return PluginState(self.name, status, reason)

    def load(self, catalogue: Catalogue, services: PluginServices | None) -> None:
        """Import, check and construct the plugin. Never raises: a failure becomes the slot's state."""
        try:
            cls, keywords, self._remark = constructor_arguments(catalogue, self.name, self.section, self.source)
        except LoadFailure as error:
            _logger.error("Plugin %s did not load: %s", self.name, error)
            self._settle(PluginStatus.FAILED, str(error))
            return
        try:
            plugin = cls(**keywords)
            plugin.name = self.name
            if isinstance(plugin, ServicePlugin) and services is not None:
                plugin.bind(services)
        except (Exception, SystemExit) as error:
            _logger.exception("Plugin %s did not load", self.name)
            self._settle(PluginStatus.FAILED, _reason(error))
            return
        with self._lock:
            wanted = self._status is PluginStatus.LOADING
            if wanted:
                self.plugin = plugin
                self._settle(PluginStatus.LOADED)
            start = self._start_wanted
        if not wanted:
            # Stopped while the constructor still ran.
            self._release(plugin)
        elif start:
            self.start()

    def start(self) -> None:
        """Start the plugin, or note that it starts as soon as it is loaded. Never raises."""
        with self._lock:
            self._start_wanted = True
            plugin = self.plugin
            if plugin is None or self._status is not PluginStatus.LOADED:
                return
        try:
            _lifecycle(plugin, "start")()
        except (Exception, SystemExit) as error:
            _logger.exception("Plugin %s did not start", self.name)
            self._settle(PluginStatus.FAILED, _reason(error))
            return
        if not self._started(plugin):
            # Stopped while start() still ran.
            self._release(plugin)

    def stop(self) -> None:
        """Stop the plugin and wait until it did. Never raises. Does nothing the second time."""
        with self._lock:
            if self._status in (PluginStatus.STOPPED, PluginStatus.DISABLED):
                return
            plugin, self.plugin = self.plugin, None
            self._settle(PluginStatus.STOPPED)
        if plugin is not None:
            self._release(plugin)

    def usable(self, wait: float) -> Plugin:
        """The plugin, after waiting up to ``wait`` seconds for its constructor. Raises Unavailable."""
        if not self._settled.is_set():
            self._settled.wait(wait)
        plugin = self.plugin
        if plugin is None or self._status not in _USABLE:
            reason = self._reason or f"It is {self._status.value}."
            raise Unavailable(f"Plugin {self.name!r} cannot be used: {reason}", details=self.state().to_dict())
        return plugin

    def action(self, method: str, wait: float) -> BoundAction:
        """An action of the plugin. Raises Unavailable or UnknownAction."""
        plugin = self.usable(wait)
        bound = self._actions.get(method)
        if bound is None:
            function = getattr(type(plugin), method, None)
            if function is None or not is_action(function):
                known = action_names(type(plugin))
                raise UnknownAction(
                    f"Plugin {self.name!r} has no action {method!r}.{did_you_mean(method, known)} "
                    f"It has: {', '.join(known) or 'none'}."
                )
            arguments = for_function(f"{self.name}.{method}", function, method=True)
            bound = self._actions[method] = (getattr(plugin, method), arguments)
        return bound

    def actions(self) -> dict[str, BoundAction]:
        """All actions by name; empty when the plugin cannot be used."""
        plugin = self.plugin
        if plugin is None or self._status not in _USABLE:
            return {}
        return {name: self.action(name, 0) for name in action_names(type(plugin))}

    def _started(self, plugin: Plugin) -> bool:
        with self._lock:
            if self._status is not PluginStatus.LOADED:
                return False
            if isinstance(plugin, RunnablePlugin):
                self._settle(PluginStatus.RUNNING)
            return True

    def _settle(self, status: PluginStatus, reason: str = "") -> None:
        with self._lock:
            if self._status is PluginStatus.STOPPED:
                return
            self._status, self._reason = status, reason
            self._settled.set()

    def _release(self, plugin: Plugin) -> None:
        try:
            _lifecycle(plugin, "stop")()
        except Exception:  # boundary: a plugin's clean-up is other people's code
            _logger.exception("Plugin %s failed to stop", self.name)


def action_names(cls: type[Plugin]) -> tuple[str, ...]:
    """The names of the actions of a class, sorted."""
    return tuple(sorted(name for name in dir(cls) if not name.startswith("_") and is_action(getattr(cls, name, None))))


def _lifecycle(plugin: Plugin, name: str) -> Callable[[], object]:
    """The plugin's own ``start`` or ``stop`` unless that is an action, else ``on_start`` or ``on_stop``."""
    own: Callable[[], object] | None = getattr(plugin, name, None) if isinstance(plugin, RunnablePlugin) else None
    hook: Callable[[], object] = getattr(plugin, f"on_{name}")
    return hook if own is None or is_action(own) else own


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, PlatypushError) else f"{type(error).__name__}: {error}"
