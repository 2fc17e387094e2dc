"""``/api/users``: who may sign in. All users have the same rights."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import Fields, json_body
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("api_users", __name__)


@blueprint.get("/api/users")
@authenticated("api:users")
def show() -> Response:
    """All users."""
    return jsonify(users=[user._asdict() for user in current_web().users.accounts.list()])


@blueprint.post("/api/users")
@authenticated("api:users")
def create() -> tuple[Response, int]:
    """Add a user: ``{"username", "password"}``."""
    fields = json_body()
    username = fields.text("username")
    by, address = _who()
    current_web().users.accounts.create(username, fields.text("password"), by=by, address=address)
    return jsonify(username=username), 201


@blueprint.put("/api/users/<name>/password")
@authenticated("api:users")
def set_password(name: str) -> Response:
    """Set a password: ``{"password", "current_password"}``, the latter being that of whoever asks.

    It ends the sessions and tokens of that user, but for the session that asks.
    """
    fields = json_body()
    password = fields.text("password")
    _confirm(fields)
    by, address = _who()
    principal = exchange_of(request.environ).principal
    mine = principal is not None and principal.kind == "session" and principal.user == name
    keep = principal.credential_id if principal is not None and mine else None
    current_web().users.accounts.set_password(name, password, keep_session=keep, by=by, address=address)
    return jsonify(username=name)


@blueprint.delete("/api/users/<name>")
@authenticated("api:users")
def delete(name: str) -> Response:
    """Delete a user with all sessions and tokens: ``{"current_password"}`` of whoever asks."""
    _confirm(json_body())
    by, address = _who()
    current_web().users.accounts.delete(name, by=by, address=address)
    return jsonify(username=name)


def _who() -> tuple[str | None, str]:
    """For the audit trail: whoever asks (None: the operator, with the global token) and from where."""
    exchange = exchange_of(request.environ)
    return exchange.principal.user if exchange.principal else None, exchange.client.address


def _confirm(fields: Fields) -> None:
    """Ask for the password again, so that a browser left open does not give the hub away.

    The global token belongs to the operator, who has no password here.
    """
    user, address = _who()
    if user is not None:
        current_web().users.sign_in(user, fields.text("current_password"), address)
