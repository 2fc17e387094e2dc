"""``/openapi.json``: the API as this installation offers it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush import __version__
from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.openapi import document
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@authenticated("openapi")
def openapi() -> Response:
    """The document (OpenAPI 3.1), with every action of the plugins that run now."""
    web = current_web()
    actions = web.gateway.query("actions", exchange_of(request.environ).request_id)
    return jsonify(document(actions, version=__version__, server=web.settings.public_url or "/"))
