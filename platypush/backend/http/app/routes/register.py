"""``/register``: the first user."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from platypush.backend.http.app.auth.csrf import check_form, is_json
from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import hosts_of
from platypush.backend.http.app.auth.redirects import sign_in_address
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import Fields, fields_of_request
from platypush.backend.http.app.signing_in import redirect_target, refused_page, start_session
from platypush.backend.http.app.state import current_web
from platypush.errors import BadRequest, Conflict, Forbidden, TooManyAttempts

__all__ = ["blueprint"]

blueprint = Blueprint("register", __name__)


@blueprint.get("/register")
@open_route("until the first user exists")
def form() -> Response | str:
    """The form, while there is no user; from another machine it asks for the one-time code."""
    if current_web().users.accounts.exists():
        return _to_login()
    needs_code = not exchange_of(request.environ).client.is_direct_loopback
    return render_template("register.html", redirect=redirect_target(), needs_code=needs_code)


@blueprint.post("/register")
@open_route("until the first user exists")
def register() -> Response:
    """Make the first user and sign him in: 302 with the cookie."""
    web = current_web()
    client = exchange_of(request.environ).client
    check_form(request.environ, hosts_of(web, client))
    local = client.is_direct_loopback
    fields = fields_of_request()
    username = ""
    try:
        username = fields.text("username")
        web.users.registrar.register(
            username, _password(fields), address=client.address, local=local, code=fields.text("code", "")
        )
    except Conflict:
        if is_json(request.environ):
            raise
        return _to_login()
    except (BadRequest, Forbidden, TooManyAttempts) as error:
        field = error.details.get("field", "") if isinstance(error, BadRequest) else "code"
        return refused_page("register.html", error, field=field, username=username, needs_code=not local)
    return start_session(username, remember=fields.flag("remember"))


def _password(fields: Fields) -> str:
    password = fields.text("password")
    if fields.text("confirm_password", password) != password:
        raise BadRequest("The two passwords differ. Type the same one twice.", details={"field": "confirm_password"})
    return password


def _to_login() -> Response:
    return redirect(sign_in_address("/login", redirect_target(), ""))
