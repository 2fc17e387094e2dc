"""The Flask application, from its collaborators."""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.routing import RequestRedirect

from platypush import __version__
from platypush._lib.clients import ClientResolver
from platypush.backend.http.app.auth.decorator import enforce
from platypush.backend.http.app.auth.redirects import same_host
from platypush.backend.http.app.discovery import bundled_modules, register_routes, third_party_modules
from platypush.backend.http.app.errors import register_error_handlers
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.front import Front
from platypush.backend.http.app.gateway import Gateway
from platypush.backend.http.app.headers import secure
from platypush.backend.http.app.metrics import Metrics
from platypush.backend.http.app.routes import BLUEPRINTS
from platypush.backend.http.app.state import Web
from platypush.backend.http.app.streaming import Streams, most_streams
from platypush.dashboards.parts import find_parts
from platypush.errors import ConfigurationError
from platypush.streams import socket_beside
from platypush.streams.client import StreamClient

if TYPE_CHECKING:
    from platypush.bus import BusClient
    from platypush.config.web import WebSettings
    from platypush.dashboards.parts import WebPart
    from platypush.user.service import Users

__all__ = ["STATIC", "TEMPLATES", "create_app"]

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parents[1] / "webapp" / "dist"
"""What the web panel is built into: its pages, scripts, styles and pictures."""


def create_app(settings: WebSettings, bus: BusClient, users: Users) -> Flask:
    """The application with its front: ``wsgi_app`` (and so a test client) passes through it.

    ``bus`` is not called before the first request. Raises ConfigurationError, OSError.
    """
    app = Flask("platypush", template_folder=str(TEMPLATES), static_folder=None, root_path=str(TEMPLATES.parent))
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.request_body
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.limits.request_body
    # Answers are for programs: keys stay in their order, and nothing is escaped that UTF-8 can say.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    metrics = Metrics(settings.metrics_dir)
    parts = find_parts()
    web = Web(
        settings=settings,
        users=users,
        gateway=Gateway(bus, settings.limits.action_time, metrics),
        streams=Streams(StreamClient(socket_beside(settings.bus_path)), most_streams()),
        clients=_resolver(settings),
        metrics=metrics,
        build_id=_build_id(parts),
        own_hosts=_own_hosts(settings),
        parts=parts,
    )
    web.install(app)
    register_error_handlers(app)
    app.before_request(_name_route)
    app.before_request(enforce)
    app.after_request(_finish)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    web.routes.extend(register_routes(app, chain(bundled_modules(), third_party_modules())))
    app.wsgi_app = Front(web, app.wsgi_app)  # type: ignore[method-assign]
    return app


def _name_route() -> None:
    if request.url_rule is not None:
        exchange_of(request.environ).route = request.url_rule.rule


def _finish(response: Response) -> Response:
    if isinstance(request.routing_exception, RequestRedirect):
        # To another spelling of the path; werkzeug names the host too, as the client gave it.
        response.headers["Location"] = same_host(request.routing_exception.new_url)
    secure(response.headers)
    response.headers["X-Request-Id"] = exchange_of(request.environ).request_id
    return response


def _resolver(settings: WebSettings) -> ClientResolver:
    try:
        return ClientResolver(settings.trusted_proxies)
    except ValueError as error:
        raise ConfigurationError(
            f"backend.http.trusted_proxies: {error}. Give addresses or networks such as 10.0.0.0/8, or 'unix'."
        ) from error


def _own_hosts(settings: WebSettings) -> frozenset[str]:
    return frozenset({urlsplit(settings.public_url).netloc.lower()} if settings.public_url else ())


def _build_id(parts: tuple[WebPart, ...]) -> str:
    """Changes with the version and with the panel's files, so that an open panel knows when to reload itself."""
    digest = hashlib.sha256(__version__.encode())
    for folder in (STATIC, *(part.folder for part in parts if part.folder is not None)):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
