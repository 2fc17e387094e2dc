"""What user scripts, plugins and routes reach the running hub by.

One ``Runtime`` is installed by each process: the daemon's own, or in a worker one whose plugins are proxies over
the bus. Nothing here imports the rest of the hub, so that scripts load in a bare interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from platypush.backend import Backend
    from platypush.message.event import Event
    from platypush.message.request import Request
    from platypush.message.response import Response

__all__ = [
    "EventBus",
    "Runtime",
    "Variable",
    "clear_runtime",
    "get_backend",
    "get_bus",
    "get_plugin",
    "run_request",
    "set_runtime",
]


class EventBus(Protocol):
    """Where events are posted."""

    def post(self, event: Event) -> None:
        """Hand ``event`` to hooks and to web clients; returns at once. From any thread."""


class Runtime(Protocol):
    """A running hub, as seen by the code that it runs."""

    def get_plugin(self, name: str) -> Any:
        """The plugin of that name. Raises PlatypushError subclasses when it is unknown or did not load."""

    def get_backend(self, name: str) -> Backend:
        """The backend of that name, without ``backend.``. Raises like ``get_plugin``."""

    def get_bus(self) -> EventBus:
        """Where to post events."""

    def run_request(self, request: Request) -> Response:
        """Run an action or procedure once, in the calling thread. Failures are in ``errors``; never raises."""


class _Holder:
    """Holds the process's runtime: set once, and read by every thread."""

    def __init__(self) -> None:
        self._runtime: Runtime | None = None

    def set(self, runtime: Runtime) -> None:
        if self._runtime is not None:
            raise RuntimeError("The runtime of this process is set already: clear_runtime() comes first.")
        self._runtime = runtime

    def clear(self) -> None:
        self._runtime = None

    def get(self) -> Runtime:
        if self._runtime is None:
            raise RuntimeError(
                "No hub runs in this process. get_plugin, get_backend and get_bus work in hooks, procedures, "
                "crons and plugins, once the hub has started."
            )
        return self._runtime


_holder = _Holder()


def set_runtime(runtime: Runtime) -> None:
    """Install the process's runtime. Raises RuntimeError when there is one already."""
    _holder.set(runtime)


def clear_runtime() -> None:
    """Forget the runtime; for the daemon's stop and for tests."""
    _holder.clear()


def get_plugin(name: str) -> Any:
    """The plugin ``name``, for instance ``get_plugin('light.hue').toggle()``.

    Its actions return a ``Response`` with ``output`` and ``errors``. Raises UnknownAction when no such plugin is
    configured, Unavailable when it did not load (with the reason).
    """
    return _holder.get().get_plugin(name)


def get_backend(name: str) -> Backend:
    """The backend ``name`` (``http`` for ``backend.http``)."""
    return _holder.get().get_backend(name)


def get_bus() -> EventBus:
    """Where events are posted: ``get_bus().post(CustomEvent('doorbell'))``."""
    return _holder.get().get_bus()


def run_request(request: Request) -> Response:
    """Run an action or procedure once, in the calling thread. Scripts use ``platypush.utils.run``."""
    return _holder.get().run_request(request)


class Variable:
    """A value by name that hooks, procedures and scripts share: ``Variable('away').set(True)``.

    Kept in the main database by the ``variable`` plugin; with ``persisted=False`` in memory, until the daemon
    stops. Works where ``get_plugin`` does, and raises the same.
    """

    def __init__(self, name: str, persisted: bool = True) -> None:
        self.name = name
        self.persisted = persisted

    def get(self) -> Any:
        """The value, or None when there is none."""
        plugin = get_plugin("variable")
        response = plugin.get(self.name) if self.persisted else plugin.mget(self.name)
        return response.output.get(self.name)

    def set(self, value: Any) -> None:
        """Store ``value``, which has to be JSON-able; None removes the variable."""
        plugin = get_plugin("variable")
        (plugin.set if self.persisted else plugin.mset)(**{self.name: value})
