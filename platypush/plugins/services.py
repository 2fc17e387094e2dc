"""What bundled plugins need of the hub beside themselves, injected by whoever puts the hub together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from platypush.errors import Unavailable
from platypush.plugins import Plugin

if TYPE_CHECKING:
    from platypush.config.model import Config
    from platypush.plugins.status import PluginState
    from platypush.streams import StreamOffers
    from platypush.user.service import Users

__all__ = ["PluginDirectory", "PluginServices", "ServicePlugin", "ValueStore"]


class PluginDirectory(Protocol):
    """What can be known about the loaded plugins."""

    def describe(self) -> dict[str, Any]:
        """Every plugin with its actions, their arguments, schemas and docs."""

    def statuses(self) -> tuple[PluginState, ...]:
        """The state of every plugin."""


class ValueStore(Protocol):
    """Small JSON values in the main database; ``platypush.user.values.KeyValues`` is one."""

    def all(self, namespace: str) -> dict[str, Any]:
        """Every value of a namespace by name."""

    def get(self, namespace: str, name: str, default: Any = None) -> Any:
        """One value, or ``default``."""

    def set(self, namespace: str, values: dict[str, Any]) -> None:
        """Store all of ``values``."""

    def delete(self, namespace: str, *names: str) -> int:
        """Forget ``names``; how many there were."""


def _nothing() -> Mapping[str, Any]:
    return {}


@dataclass(slots=True, kw_only=True)
class PluginServices:
    """The hub's parts. Attributes are replaced as a whole on a reload; plugins read them at each call.

    ``users`` is what ``platypush.user.service.open_users`` gives; without it nothing is persistent. ``procedures`` and
    ``backends`` list what is there: name to a JSON-able description. ``streams`` is where plugins offer what request
    and reply cannot carry; None where nobody could watch.
    """

    config: Config
    registry: PluginDirectory | None = None
    users: Users | None = None
    procedures: Callable[[], Mapping[str, Any]] = field(default=_nothing)
    backends: Callable[[], Mapping[str, Any]] = field(default=_nothing)
    streams: StreamOffers | None = None

    @property
    def values(self) -> ValueStore | None:
        """Small values in the main database; None where there is none."""
        return None if self.users is None else self.users.values


class ServicePlugin(Plugin):
    """A plugin that shows or changes the hub itself. The registry calls ``bind`` before the first action."""

    _services: PluginServices | None = None

    def bind(self, services: PluginServices) -> None:
        """Take the hub's parts. Called once, after the constructor."""
        self._services = services

    @property
    def services(self) -> PluginServices:
        """The hub's parts. Raises Unavailable outside a hub."""
        if self._services is None:
            raise Unavailable(f"{self.name} works inside a running hub only: bind(services) was not called.")
        return self._services
