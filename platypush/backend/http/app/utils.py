"""Names that route modules of third parties have always imported from here. New code uses ``platypush.context``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.state import current_web
from platypush.context import get_bus, get_plugin
from platypush.errors import BadRequest
from platypush.message.event import Event
from platypush.message.response import Response

__all__ = [
    "authenticate",
    "get_http_port",
    "get_local_base_url",
    "get_websocket_port",
    "logger",
    "send_message",
    "send_request",
]

View = TypeVar("View", bound=Callable[..., Any])
_logger = logging.getLogger("platypush.routes")


def authenticate(*_: object, **__: object) -> Callable[[View], View]:
    """Decorator of a view that needs any way of authentication; its former arguments are ignored."""
    return authenticated("routes")


def send_request(action: str, **kwargs: Any) -> Response:
    """Run ``action`` in the daemon for whoever makes the present request. Raises like a plugin's proxy."""
    plugin, _, name = action.rpartition(".")
    if not plugin:
        raise BadRequest(f"An action has a name such as 'tts.say'; this is {action!r}.")
    response: Response = getattr(get_plugin(plugin), name)(**kwargs)
    return response


def send_message(event: Event) -> None:
    """Post an event in the daemon."""
    get_bus().post(event)


def logger() -> logging.Logger:
    """The logger of routes."""
    return _logger


def get_http_port() -> int:
    """The port of the web service."""
    return current_web().settings.port


def get_websocket_port() -> int:
    """The port of the websocket server; 0 when it listens on a unix socket."""
    return current_web().settings.websocket_port


def get_local_base_url() -> str:
    """The address of the web service on this machine."""
    settings = current_web().settings
    return f"{'https' if settings.tls else 'http'}://localhost:{settings.port}"
