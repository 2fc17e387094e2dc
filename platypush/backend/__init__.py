"""Backends: the parts of the hub that run beside it for as long as it does, such as the web server."""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import Any, ClassVar

from platypush._lib.again import again
from platypush._lib.presence import Presence
from platypush.context import get_backend, get_bus
from platypush.errors import NotFound, TimeLimit, Unavailable, UnknownAction
from platypush.message.base import Message
from platypush.message.event import Event

__all__ = ["Backend"]


class Backend:
    """Base class. A backend gives ``run``, which goes on until ``should_stop``, or ``loop``, which is called again and
    again.

    The hub calls ``start`` once and ``stop`` once, from its main thread; ``run`` and ``loop`` have their own thread.
    When ``run`` raises it is called again: soon, with one line in the log, after ``Unavailable`` or ``TimeLimit`` (what
    it works with is away), else with its traceback, after pauses that grow to a minute. A ``run`` that goes on by
    itself calls ``presence.found()`` when it has what it works with.
    """

    _name: ClassVar[str | None] = None

    def __init__(self, poll_seconds: float | None = None, **kwargs: Any) -> None:
        """``poll_seconds`` is the pause between two calls of ``loop``. Other keyword arguments become ``extra``."""
        self.poll_seconds = poll_seconds
        self.extra = kwargs
        self.logger = logging.getLogger(f"platypush.backend.{self.name}")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The name of the section without ``backend.``: ``http`` for ``platypush.backend.http``."""
        return self._name or type(self).__module__.removeprefix("platypush.backend.").removesuffix(".__init__")

    @cached_property
    def presence(self) -> Presence:
        """Whether what the backend works with is there; says it in the log when that changes."""
        return Presence(self.logger, f"backend.{self.name}")

    def start(self) -> None:
        """Start the backend's thread. Raises PlatypushError when the backend cannot be started."""
        self._thread = threading.Thread(target=self._main, name=f"backend.{self.name}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the backend to end and wait for it, for ``timeout`` seconds at most."""
        self._stopping.set()
        try:
            self.on_stop()
        except Exception:  # a backend that fails to stop must not keep the others from it
            self.logger.exception("backend.%s failed to stop cleanly", self.name)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def run(self) -> None:
        """Starts the backend thread. To be implemented in the derived classes if ``loop`` isn't."""
        while not self.should_stop():
            self.loop()
            self.presence.found()
            self.wait_stop(self.poll_seconds or 0)

    def loop(self) -> None:
        """One round of the default ``run``."""
        raise NotImplementedError(f"backend.{self.name} has neither run() nor loop()")

    def on_stop(self) -> None:
        """Called when the backend is stopped, before its thread is waited for."""

    def should_stop(self) -> bool:
        """Whether the backend was told to stop."""
        return self._stopping.is_set()

    def wait_stop(self, timeout: float | None = None) -> bool:
        """Sleep for ``timeout`` seconds (None: without limit), or until the backend is told to stop: True then."""
        return self._stopping.wait(timeout)

    def send_message(self, msg: Message, **kwargs: Any) -> None:
        """Send ``msg`` to a node.

        Where ``backend.redis`` is configured it delivers the message over its queue (``queue_name`` chooses
        another). Without it an event goes to this hub's own bus. Raises Unavailable for anything else.
        """
        try:
            redis = get_backend("redis")
        except (NotFound, Unavailable, UnknownAction):
            redis = None
        if redis is not None and redis is not self:
            redis.send_message(msg, **kwargs)
        elif isinstance(msg, Event):
            get_bus().post(msg)
        else:
            raise Unavailable(
                f"backend.{self.name} cannot send a {type(msg).__name__}: messages to other nodes need backend.redis "
                "in the configuration."
            )

    def _main(self) -> None:
        again(
            self._step,
            wait=self.wait_stop,
            away=(Unavailable, TimeLimit),
            presence=self.presence,
            logger=self.logger,
            name=f"backend.{self.name}",
        )

    def _step(self) -> None:
        # Once it returns, it is done.
        self.run()
