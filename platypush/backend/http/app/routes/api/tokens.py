"""``/api/tokens``: one's own tokens, the named ones and those that ``/auth`` gave."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.auth.owner import owner
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import json_body
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("api_tokens", __name__)


@blueprint.get("/api/tokens")
@authenticated("api:tokens")
def show() -> Response:
    """All tokens of the user, without their secrets."""
    return jsonify(tokens=[token._asdict() for token in current_web().users.tokens.list(owner())])


@blueprint.post("/api/tokens")
@authenticated("api:tokens")
def create() -> tuple[Response, int]:
    """``{"name", "scopes"?, "expiry_days"?}`` gives ``{"id", "token"}``; the token is shown this once."""
    fields = json_body()
    token = current_web().users.tokens.create_api_token(
        owner(),
        fields.text("name"),
        fields.texts("scopes"),
        fields.days("expiry_days"),
        address=exchange_of(request.environ).client.address,
    )
    return jsonify(id=token.id, token=token.secret), 201


@blueprint.delete("/api/tokens/<id>")
@authenticated("api:tokens")
def revoke(id: str) -> Response:
    """Revoke one token of the user, a named one or a JWT."""
    user = owner()
    address = exchange_of(request.environ).client.address
    current_web().users.tokens.revoke(id, username=user, by=user, address=address)
    return jsonify(id=id)
