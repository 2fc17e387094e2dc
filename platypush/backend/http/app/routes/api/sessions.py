"""``/api/sessions``: one's own sessions, shown and ended."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.auth.owner import owner
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("api_sessions", __name__)


@blueprint.get("/api/sessions")
@authenticated("api:sessions")
def show() -> Response:
    """All sessions of the user; ``current`` marks the one that asks."""
    current = _current()
    return jsonify(
        sessions=[
            {**session._asdict(), "current": str(session.id) == current}
            for session in current_web().users.sessions.list(owner())
        ]
    )


@blueprint.delete("/api/sessions")
@authenticated("api:sessions")
def revoke_others() -> Response:
    """End all sessions of the user but the one that asks."""
    user = owner()
    address = exchange_of(request.environ).client.address
    ended = current_web().users.sessions.revoke_all(user, keep=_current(), by=user, address=address)
    return jsonify(ended=ended)


@blueprint.delete("/api/sessions/<id>")
@authenticated("api:sessions")
def revoke(id: str) -> Response:
    """End one session of the user."""
    user = owner()
    address = exchange_of(request.environ).client.address
    current_web().users.sessions.revoke_id(id, username=user, by=user, address=address)
    return jsonify(id=id)


def _current() -> str | None:
    principal = exchange_of(request.environ).principal
    return principal.credential_id if principal is not None and principal.kind == "session" else None
