"""``/logout``: ends the session, in the database too."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request
from werkzeug.wrappers import Response

from platypush.backend.http.app.auth.csrf import check_form, is_json
from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import hosts_of
from platypush.backend.http.app.auth.redirects import local_path
from platypush.backend.http.app.cookies import clear_session
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web
from platypush.user.credentials import SESSION_COOKIE

__all__ = ["blueprint"]

blueprint = Blueprint("logout", __name__)


@blueprint.route("/logout", methods=["GET", "POST"])
@open_route("whoever holds a session may end it")
def logout() -> Response:
    """Revoke the cookie's session and go to ``?redirect=`` or ``/login``. Foreign pages cannot sign anybody out."""
    web = current_web()
    client = exchange_of(request.environ).client
    check_form(request.environ, hosts_of(web, client))
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        web.users.sessions.revoke(token, address=client.address)
    target = local_path(request.args.get("redirect"))
    response: Response = (
        jsonify(status="ok") if is_json(request.environ) else redirect("/login" if target == "/" else target)
    )
    clear_session(response, client)
    return response
