"""``POST /auth``: a token for name and password."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import json_body
from platypush.backend.http.app.state import current_web
from platypush.errors import PlatypushError

__all__ = ["blueprint"]

blueprint = Blueprint("auth", __name__)


@blueprint.post("/auth")
@open_route("the credentials are in the body")
def auth() -> Response:
    """``{"username", "password", "expiry_days"?}`` gives ``{"token"}``, a JWT; any Content-Type."""
    web = current_web()
    exchange = exchange_of(request.environ)
    fields = json_body()
    username, password, days = fields.text("username"), fields.text("password"), fields.days("expiry_days")
    try:
        principal = exchange.principal = web.users.sign_in(username, password, exchange.client.address)
    except PlatypushError as error:
        web.metrics.signed_in(error.code)
        raise
    web.metrics.signed_in("ok")
    return jsonify(token=web.users.tokens.issue_jwt(principal.user or username, days, address=exchange.client.address))
