"""What all routes of one application share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask

    from platypush._lib.clients import ClientResolver
    from platypush.backend.http.app.discovery import RouteModule
    from platypush.backend.http.app.gateway import Gateway
    from platypush.backend.http.app.metrics import Metrics
    from platypush.backend.http.app.streaming import Streams
    from platypush.config.web import WebSettings
    from platypush.dashboards.parts import WebPart
    from platypush.user.service import Users

__all__ = ["Web", "current_web", "web_of"]

_KEY = "platypush"


@dataclass(slots=True)
class Web:
    """The collaborators of one application; made by ``create_app``, used by many threads or greenlets."""

    settings: WebSettings
    users: Users
    gateway: Gateway
    streams: Streams
    clients: ClientResolver
    metrics: Metrics
    build_id: str
    own_hosts: frozenset[str] = frozenset()
    """Hosts, ports included, that the configuration names as ours (`public_url`)."""
    routes: list[RouteModule] = field(default_factory=list)
    """Every module of routes that was found, with the reason when it could not be used."""
    parts: tuple[WebPart, ...] = ()
    """Panels and widgets of other packages."""

    def install(self, app: Flask) -> None:
        """Make this the state of ``app``."""
        app.extensions[_KEY] = self


def web_of(app: Flask) -> Web:
    """The state of ``app``."""
    return cast("Web", app.extensions[_KEY])


def current_web() -> Web:
    """The state of the application that handles the present request."""
    return web_of(current_app)
