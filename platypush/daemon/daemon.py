"""The daemon's life: start in order, serve, reload, stop in the opposite order."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from platypush import __version__
from platypush._lib.ids import new_id
from platypush.config.model import Config
from platypush.context import clear_runtime, set_runtime
from platypush.daemon.automation import load_automation
from platypush.daemon.lifecycle import Lifecycle
from platypush.daemon.parts import Parts, make_parts, open_user_store
from platypush.daemon.reloading import Reload, section_text
from platypush.daemon.web import make_http_backend
from platypush.dispatch import ControlOperation
from platypush.errors import Conflict
from platypush.message.event.application import (
    ApplicationReloadedEvent,
    ApplicationStartedEvent,
    ApplicationStoppedEvent,
)
from platypush.plugins.status import PluginStatus

__all__ = ["Daemon"]

_logger = logging.getLogger(__name__)
_READY_SECONDS = 60.0
_LEAST_GRACE = 0.5
"""Seconds that each part gets to stop, even when others have used up the time."""
_WEB = "web server"
_STREAMS = "streams"


class Daemon:
    """A hub in this process. ``start``, ``wait_ready`` and ``stop`` are for one thread, the rest for any."""

    def __init__(self, config: Config, read_config: Callable[[], Config], request_stop: Callable[[], None]) -> None:
        """``read_config`` gives the configuration anew for a reload; ``request_stop`` makes the main loop stop."""
        self.config = config
        self.start_id = new_id()
        self._read_config = read_config
        self._request_stop = request_stop
        self._began = time.monotonic()
        self._lifecycle = Lifecycle()
        self._reloading = threading.Lock()
        self._parts: Parts | None = None
        self._stop_by = 0.0

    @property
    def parts(self) -> Parts:
        """What the daemon is made of. Raises RuntimeError before ``start``."""
        if self._parts is None:
            raise RuntimeError("The daemon has not started.")
        return self._parts

    def start(self) -> None:
        """Start everything; returns before the web server answers. What was started is stopped again on an error.

        Raises ConfigurationError or OSError when the core cannot run; anything else that fails is a state.
        """
        try:
            self._start()
        except BaseException:  # undone, and raised again
            self.stop()
            raise

    def _start(self) -> None:
        config, life = self.config, self._lifecycle
        os.environ.update(config.environment)
        users = open_user_store(config)
        life.started("users", users.close)
        parts = self._parts = make_parts(config, users, self._control())
        hub, dispatcher = parts.hub, parts.dispatcher
        set_runtime(hub)
        life.started("runtime", clear_runtime)

        # The web server comes first: its processes load while the plugins do.
        http = make_http_backend(config, parts, dispatcher, self.start_id)
        if http is not None:
            parts.http = http
            hub.backends.adopt(http)
            http.start()
            life.started(_WEB, http.stop)
            hub.events.add_listener(http.notify_web_clients)

        automation = load_automation(config, hub.event_types, parts.interpreter)
        hub.plugins.load()
        parts.put_in_force(automation)
        hub.plugins.start_all()
        life.started("plugins", lambda: hub.plugins.stop_all(self._grace()))
        hub.backends.load()
        hub.backends.start_all()
        life.started("backends", lambda: hub.backends.stop_all(self._grace()))
        life.started("procedures", lambda: hub.procedures.stop(self._grace()))
        life.started("steps of the configuration", parts.interpreter.stop)
        hub.events.start()
        life.started("events", lambda: hub.events.stop(self._grace()))
        parts.crons.start()
        life.started("crons", lambda: parts.crons.stop(self._grace()))
        parts.streams.start()
        life.started(_STREAMS, parts.streams.stop)
        # Last, so that no call finds a hub that is half there: workers wait for it.
        parts.bus.start(dispatcher.handle)
        life.started("bus", lambda: parts.bus.stop(self._grace()))
        # Plugins and backends have said it themselves, when they did not load.
        for problem in self._automation_problems():
            _logger.error("Not in use: %s", problem)
        for section in config.problems:
            if section.warning:
                _logger.warning("%s", section_text(section))
        hub.events.post(ApplicationStartedEvent(origin=config.device_id))

    def wait_ready(self) -> bool:
        """Wait until the web server has answered a real request; True at once where there is none."""
        http = self.parts.http
        return http is None or http.wait_ready(_READY_SECONDS)

    def probe(self, seconds: float) -> bool:
        """Whether the web service works, for the watchdog: see ``HttpBackend.probe``."""
        http = self.parts.http
        return http is None or http.probe(seconds)

    def stop(self) -> None:
        """Stop everything; what is under way gets ``limits.graceful_stop`` seconds altogether."""
        self._stop_by = time.monotonic() + self.config.limits.graceful_stop
        if self._parts is not None:
            self._parts.hub.events.post(ApplicationStoppedEvent(origin=self.config.device_id))
        # They last for hours, and the web server would wait for them.
        self._lifecycle.stop_first(_STREAMS)
        # It was started first, to save time, but its last requests need all the rest.
        self._lifecycle.stop_first(_WEB)
        self._lifecycle.stop_all()

    def _grace(self) -> float:
        return max(_LEAST_GRACE, self._stop_by - time.monotonic())

    def reload(self) -> dict[str, Any]:
        """Take over a changed configuration and changed scripts; blocks until that is done.

        Returns what changed, what needs a restart, what has problems, and the seconds it took. Raises
        ConfigurationError when something is broken that was not before: then nothing has changed. Raises Conflict while
        another reload runs.
        """
        if not self._reloading.acquire(blocking=False):
            raise Conflict("A reload is under way already. Wait until it is done.")
        try:
            began = time.monotonic()
            report = Reload(self.config, self.parts, self.start_id).run(self._read_config())
            self.config = report.config
            self.parts.hub.events.post(ApplicationReloadedEvent(origin=self.config.device_id))
            seconds = time.monotonic() - began
            _logger.info("Reloaded in %.1f s: %s", seconds, "; ".join(report.changes) or "nothing changed")
            return {
                "changes": list(report.changes),
                "restart_needed": list(report.restart_needed),
                "problems": self.problems(),
                "seconds": seconds,
            }
        finally:
            self._reloading.release()

    def problems(self) -> list[str]:
        """Everything that cannot be used, one text each. Warnings are left to ``platypush check``."""
        parts = self.parts
        states = [
            f"{kind} {state.name}: {state.reason}"
            for kind, states in (("plugin", parts.hub.plugins.statuses()), ("backend", parts.hub.backends.statuses()))
            for state in states
            if state.reason and state.status != PluginStatus.DISABLED
        ]
        bus = [f"bus: {parts.bus.reason}"] if parts.bus.reason else []
        return [*self._automation_problems(), *states, *bus]

    def _automation_problems(self) -> list[str]:
        sections = [section_text(problem) for problem in self.config.problems if not problem.warning]
        return [*sections, *self.parts.problems]

    def status(self) -> dict[str, Any]:
        """What runs and what does not, as JSON."""
        parts = self.parts
        http = parts.http
        return {
            "version": __version__,
            "device_id": self.config.device_id,
            "pid": os.getpid(),
            "uptime": time.monotonic() - self._began,
            "start_id": self.start_id,
            "config": str(self.config.path),
            "urls": list(http.urls()) if http is not None else [],
            "http": http.status() if http is not None else None,
            "websocket": parts.websocket.status() if parts.websocket is not None else None,
            "plugins": {state.name: state.to_dict() for state in parts.hub.plugins.statuses()},
            "backends": {state.name: state.to_dict() for state in parts.hub.backends.statuses()},
            "hooks": len(parts.hub.events.hooks),
            "procedures": len(parts.hub.procedures.names()),
            "crons": len(parts.crons.status()),
            "problems": self.problems(),
        }

    def _control(self) -> Mapping[str, ControlOperation]:
        return {
            "ready": lambda _: {"ready": True},
            "status": lambda _: self.status(),
            "reload": lambda _: self.reload(),
            "metrics": lambda _: self.parts.metrics.text(),
            "actions": lambda _: self.parts.hub.plugins.describe(),
            "stop": lambda _: self._stop_soon(),
        }

    def _stop_soon(self) -> dict[str, bool]:
        self._request_stop()
        return {"stopping": True}
