"""Plugins: what the hub can do. The base classes here import in a bare interpreter.

    from platypush.plugins import Plugin, action

    class DoorbellPlugin(Plugin):
        @action
        def ring(self, times: int = 1) -> str:
            \"\"\"Ring the bell.

            :param times: How often.
            \"\"\"
            return 'ding ' * times

``platypush.plugins.registry`` loads them, checks arguments from outside against the signature and runs them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, cast

from platypush._lib.again import again
from platypush._lib.presence import Presence
from platypush.context import get_bus
from platypush.errors import TimeLimit, Unavailable
from platypush.message.response import Response

if TYPE_CHECKING:
    from platypush.context import EventBus

__all__ = ["Plugin", "RunnablePlugin", "action", "is_action"]

_P = ParamSpec("_P")
_MARK = "_platypush_action"
_BUNDLED = "platypush.plugins."


def action(function: Callable[_P, Any]) -> Callable[_P, Response]:
    """Make a method of a plugin an action: something that requests may run.

    Calling it gives a ``Response``: what the method returns becomes ``output``; a tuple of two becomes output and
    errors (None, a text or a list of texts); a ``Response`` passes through. Exceptions propagate to a
    direct caller; the registry turns them into ``errors``. Signature and docstring stay readable from outside.
    """

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        result = function(*args, **kwargs)
        if isinstance(result, Response):
            return result
        if isinstance(result, tuple) and len(result) == 2:
            return Response(output=result[0], errors=_errors(result[1]))
        return Response(output=result)

    setattr(run, _MARK, True)
    return cast("Callable[_P, Response]", run)


def is_action(value: object) -> bool:
    """Whether ``value`` is a function or method made by ``action``."""
    return getattr(value, _MARK, False) is True


def _errors(value: Any) -> list[str]:
    if not value:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return [str(error) for error in value]
    return [str(value)]


class Plugin:
    """Base of all plugins. The keyword arguments of the constructor are the keys of its configuration section.

    ``name`` is the dotted name by which requests know it. Actions are called from many threads at once. Keyword
    arguments that no class on the way names reach this one, which logs and ignores them.
    """

    name: str = ""
    """For bundled plugins the folder's dotted path; for others the name of the entry point."""
    extra: ClassVar[str | None] = None
    """The package extra that brings its dependencies, where it is not called like the plugin."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            if cls.__module__.startswith(_BUNDLED):
                cls.name = cls.__module__.removeprefix(_BUNDLED)
            else:
                cls.name = cls.__name__.removesuffix("Plugin").lower() or cls.__name__.lower()

    def __init__(self, *, logging_level: str | None = None, **kwargs: Any) -> None:
        """:param logging_level: Level of this plugin's own logger, such as ``DEBUG``."""
        if logging_level:
            self.logger.setLevel(logging_level.upper())
        if kwargs:
            self.logger.warning(
                "The section of %s has options that it does not know: %s", self.name, ", ".join(sorted(kwargs))
            )

    @cached_property
    def logger(self) -> logging.Logger:
        """The plugin's own logger."""
        return logging.getLogger(_BUNDLED + self.name)

    def get_bus(self) -> EventBus:
        """Where to post events: ``self.get_bus().post(event)``. Raises RuntimeError outside a running hub."""
        return get_bus()

    def on_start(self) -> None:
        """Called once when the hub has loaded everything. Must return soon; ``RunnablePlugin`` has a thread."""

    def on_stop(self) -> None:
        """Called once when the hub stops or the section changed. Release what was taken."""


class RunnablePlugin(Plugin):
    """A plugin with a thread of its own, in which ``main`` runs until ``stop``.

    ``main`` either loops by itself while ``not self.should_stop()``, or does one step and returns: it is then called
    again after ``poll_interval`` seconds. When it raises, the failure is logged and shown in the plugin's
    status, and it is called again after a pause that grows to a minute. ``Unavailable`` and ``TimeLimit`` mean that
    its device or server is away: that is one line in the log, and it is tried again every few seconds. A ``main``
    that loops by itself calls ``presence.found()`` when it has its device.

    ``start`` and ``stop`` may be overridden for set-up and clean-up, with ``super()``; a plugin that has *actions* of
    these names (a player has) overrides ``on_start`` and ``on_stop`` instead.
    """

    def __init__(self, *, poll_interval: float | None = None, **kwargs: Any) -> None:
        """:param poll_interval: Seconds between two calls of ``main``; without it ``main`` runs once."""
        super().__init__(**kwargs)
        self.poll_interval = poll_interval
        self._stop_requested = threading.Event()
        self._thread: threading.Thread | None = None

    @cached_property
    def presence(self) -> Presence:
        """Whether what the plugin works with is there; says it in the log when that changes."""
        return Presence(self.logger, self.name)

    @property
    def failure(self) -> str | None:
        """Why ``main`` cannot work now; None when it runs or returned."""
        return self.presence.reason

    def main(self) -> None:
        """The plugin's work. Runs in the plugin's own thread."""
        raise NotImplementedError(f"{type(self).__name__} has no main()")

    def should_stop(self) -> bool:
        """Whether ``stop`` was called: ``main`` has to return soon."""
        return self._stop_requested.is_set()

    def wait_stop(self, seconds: float | None = None) -> bool:
        """Sleep for ``seconds`` (None: for ever) or until ``stop``; whether it is time to stop."""
        return self._stop_requested.wait(seconds)

    def is_running(self) -> bool:
        """Whether the plugin's thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> object:
        """Start the thread. Does nothing when it runs already."""
        self.on_start()
        return None

    def stop(self) -> object:
        """Ask ``main`` to return, and wait until it did. The caller bounds the time."""
        self.on_stop()
        return None

    def on_start(self) -> None:
        """What ``start`` does."""
        if not self.is_running():
            self._stop_requested.clear()
            self._thread = threading.Thread(target=self._run, name=f"plugin-{self.name}", daemon=True)
            self._thread.start()

    def on_stop(self) -> None:
        """What ``stop`` does."""
        self._stop_requested.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        again(
            self._step,
            wait=self.wait_stop,
            away=(Unavailable, TimeLimit),
            presence=self.presence,
            logger=self.logger,
            name=self.name,
        )

    def _step(self) -> float | None:
        self.main()
        return None if self.should_stop() else self.poll_interval
