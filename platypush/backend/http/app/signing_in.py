"""What signing in and registering share: the page with a message, and the way onward with a session."""

from __future__ import annotations

from typing import Any

from flask import jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from platypush.backend.http.app.auth.csrf import is_json
from platypush.backend.http.app.auth.redirects import local_path
from platypush.backend.http.app.cookies import set_session
from platypush.backend.http.app.errors import error_headers
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web
from platypush.errors import PlatypushError

__all__ = ["redirect_target", "refused_page", "start_session"]


def redirect_target() -> str:
    """The local path to go to afterwards, from the form or the address."""
    given = None if is_json(request.environ) else request.form.get("redirect")
    return local_path(given or request.args.get("redirect"))


def start_session(username: str, *, remember: bool) -> Response:
    """A new session for ``username`` in the browser's cookie, and the way onward."""
    client = exchange_of(request.environ).client
    session = current_web().users.sessions.create(username, remember, client.address, request.user_agent.string)
    target = redirect_target()
    response: Response = jsonify(user=username, redirect=target) if is_json(request.environ) else redirect(target)
    set_session(response, session.token, expires_at=session.expires_at, remember=remember, client=client)
    return response


def refused_page(template: str, error: PlatypushError, *, field: str, **values: Any) -> Response:
    """The form again, with the reason beside ``field`` (above all of them for "") and the error's status.

    For JSON, raises ``error`` as it is.
    """
    if is_json(request.environ):
        raise error
    page = render_template(template, message=error.message, field_name=field, redirect=redirect_target(), **values)
    # Not the Basic challenge: the browser would cover the form with its own dialog.
    headers = [pair for pair in error_headers(error, request.environ) if not pair[1].startswith("Basic")]
    return make_response(page, error.http_status, headers)
