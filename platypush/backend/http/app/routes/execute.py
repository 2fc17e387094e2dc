"""``/execute`` as Flask sees it. The front answers it first; both run the same function."""

from __future__ import annotations

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.execute import answer_execute
from platypush.backend.http.app.state import current_web

__all__ = ["blueprint"]

blueprint = Blueprint("execute", __name__)


@blueprint.post("/execute")
@open_route("decides by itself, because the permission is in the body")
def execute() -> Response:
    """Run a request or post an event."""
    answer = answer_execute(current_web(), request.environ, exchange_of(request.environ))
    return Response(answer.body, answer.status, answer.headers)
