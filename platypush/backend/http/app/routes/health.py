"""``/health`` and ``/ready``: for supervisors, balancers and, with details, for those signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from platypush import __version__
from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import optional_principal
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import Web, current_web
from platypush.errors import PlatypushError

__all__ = ["blueprint"]

blueprint = Blueprint("health", __name__)
_SECONDS = 2.0


@blueprint.get("/health")
@open_route("a supervisor asks; details need a credential")
def health() -> Response:
    """Whether this worker answers. It depends on neither daemon nor database: a restart would not mend those."""
    web = current_web()
    exchange = exchange_of(request.environ)
    if optional_principal(web, request.environ, exchange, "health") is None:
        return jsonify(status="ok")
    return jsonify(
        status="ok",
        version=__version__,
        device_id=web.settings.device_id,
        start_id=web.settings.start_id,
        build_id=web.build_id,
        routes=[module.to_dict() for module in web.routes],
        daemon=_daemon(web, exchange.request_id),
    )


@blueprint.get("/ready")
@open_route("a balancer asks")
def ready() -> Response:
    """200 when the daemon behind this worker takes calls, else 503."""
    exchange = exchange_of(request.environ)
    current_web().gateway.query("ready", exchange.request_id, seconds=_SECONDS)
    return jsonify(status="ready")


def _daemon(web: Web, request_id: str) -> Any:
    try:
        return web.gateway.query("status", request_id, seconds=_SECONDS)
    except PlatypushError as error:
        return error.to_dict()
