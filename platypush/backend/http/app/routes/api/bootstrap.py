"""``/api/bootstrap``: what the panel asks for first."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush import __version__
from platypush.backend.http.app.addresses import websocket_address
from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("api_bootstrap", __name__)


@blueprint.get("/api/bootstrap")
@authenticated("bootstrap")
def bootstrap() -> Response:
    """Who is signed in, where the websocket is, and by what to notice that hub or panel are new."""
    web = current_web()
    exchange = exchange_of(request.environ)
    principal = exchange.principal
    return jsonify(
        user=principal.user if principal else None,
        authenticated_by=principal.kind if principal else None,
        device_id=web.settings.device_id,
        version=__version__,
        build_id=web.build_id,
        start_id=web.settings.start_id,
        websocket_url=websocket_address(web.settings, exchange.client),
        parts=[part.to_dict() for part in web.parts],
    )
