"""What the daemon gives to the HTTP backend before it starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from platypush._lib.clock import Clock, SystemClock
from platypush.process import PosixSystem, System

if TYPE_CHECKING:
    import socket

    from platypush.backend.http.sockets import Activation
    from platypush.config.web import WebSettings
    from platypush.message.event import Event

__all__ = ["HttpServices", "WebClients"]


class WebClients(Protocol):
    """The websocket server, as the backend sees it."""

    def start(self) -> None:
        """Listen and serve in threads of its own. Raises OSError or PlatypushError when it cannot."""

    def stop(self) -> None:
        """Close all connections and end."""

    def notify(self, event: Event) -> None:
        """Hand ``event`` to every client that may see it. From any thread; returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServices:
    """Collaborators and facts of the process, injected so that tests choose them."""

    web_settings: WebSettings
    config_path: Path | None = None
    websocket_factory: Callable[[socket.socket | None], WebClients] | None = None
    """Makes the websocket server, on a listening socket that systemd handed over or else (None) where the
    configuration says. None where there is no websocket."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    activation: Activation | None = None
    """Sockets that systemd handed over; by default looked for in ``environ``."""
    clock: Clock = field(default_factory=SystemClock)
    system: Callable[[], System] = PosixSystem
    application: str | None = None
    """``module:callable`` in place of the hub's own application, for tests."""
    preflight_time: float = 30.0
