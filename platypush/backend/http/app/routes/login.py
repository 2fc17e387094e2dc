"""``/login``: a session for name and password."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from platypush.backend.http.app.auth.csrf import check_form, is_json
from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import hosts_of, optional_principal
from platypush.backend.http.app.auth.redirects import sign_in_address
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import fields_of_request
from platypush.backend.http.app.signing_in import redirect_target, refused_page, start_session
from platypush.backend.http.app.state import current_web
from platypush.errors import BadRequest, NotAuthenticated, PlatypushError, RegistrationRequired, TooManyAttempts

__all__ = ["blueprint"]

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@open_route("where one signs in")
def form() -> Response | str:
    """The form; somebody with a session goes on at once, and with no user yet to the registration."""
    web = current_web()
    target = redirect_target()
    if optional_principal(web, request.environ, exchange_of(request.environ), "panel"):
        return redirect(target)
    try:
        web.users.require_user()
    except RegistrationRequired:
        return redirect(sign_in_address("/register", target, ""))
    return render_template("login.html", redirect=target)


@blueprint.post("/login")
@open_route("where one signs in")
def sign_in() -> Response:
    """Check name and password: 302 with the cookie, or 401 with the form and the reason."""
    web = current_web()
    exchange = exchange_of(request.environ)
    check_form(request.environ, hosts_of(web, exchange.client))
    fields = fields_of_request()
    username = ""
    try:
        username = fields.text("username")
        exchange.principal = web.users.sign_in(username, fields.text("password"), exchange.client.address)
    except RegistrationRequired:
        if is_json(request.environ):
            raise
        return redirect(sign_in_address("/register", redirect_target(), ""))
    except (BadRequest, NotAuthenticated, TooManyAttempts) as error:
        web.metrics.signed_in(error.code)
        # One text for both: which of them was wrong is nobody's business.
        field = "password" if isinstance(error, NotAuthenticated) else ""
        return refused_page("login.html", error, field=field, username=username)
    except PlatypushError as error:
        web.metrics.signed_in(error.code)
        raise
    web.metrics.signed_in("ok")
    return start_session(exchange.principal.user or username, remember=fields.flag("remember"))
