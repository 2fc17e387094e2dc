"""The panel's pages: ``/``, ``/plugin/<name>``, ``/dashboard/<name>``. What they show they ask the hub for."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import authenticated, open_route
from platypush.backend.http.app.auth.methods import optional_principal, require
from platypush.backend.http.app.cookies import set_session
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.headers import page_policy
from platypush.backend.http.app.state import current_web
from platypush.dashboards.files import read_dashboard
from platypush.dashboards.layout import read_layout
from platypush.dashboards.origins import origins_of
from platypush.dashboards.widgets import bundled_widgets
from platypush.errors import BadRequest, NotFound, TooLarge
from platypush.user.credentials import SESSION_COOKIE

__all__ = ["blueprint"]

blueprint = Blueprint("panel", __name__)
_PAGES = Path(__file__).parents[2] / "webapp" / "dist"


@blueprint.get("/")
@authenticated("panel")
def index() -> Response:
    """The panel; which of its pages is behind the ``#``."""
    return _page("panel.html")


@blueprint.get("/plugin/<name>")
@authenticated("panel:{name}")
def plugin(name: str) -> Response:  # noqa: ARG001 - the page reads it off its address
    """One plugin's panel and nothing else, to be embedded."""
    return _page("panel.html")


@blueprint.get("/dashboard/<name>")
@open_route("decides by itself: a link lets a screen in")
def dashboard(name: str) -> Response:
    """A fullscreen dashboard. ``?pair=`` of a link lets a screen in that nobody signs in at."""
    web, environ = current_web(), request.environ
    exchange = exchange_of(environ)
    permission = f"dashboard:{name}"
    code = request.args.get("pair")
    if code and optional_principal(web, environ, exchange, permission) is None:
        device = request.user_agent.string.partition(")")[0].rpartition("(")[2] or "a screen"
        token = web.users.pairing.take(code, name, device=device, address=exchange.client.address)
        return _let_in(name, token.secret)
    require(web, environ, exchange, permission)
    page = _page("wall.html")
    page.headers["Content-Security-Policy"] = page_policy(_origins(name))
    secret = request.cookies.get(SESSION_COOKIE)
    if secret and exchange.principal is not None and exchange.principal.kind == "api_token":
        # A screen that is on for years: browsers forget a cookie after 400 days.
        set_session(page, secret, expires_at=None, remember=True, client=exchange.client)
    return page


def _let_in(name: str, secret: str) -> Response:
    # Without the code, which is of no use any more.
    response = Response(status=302, headers={"Location": f"/dashboard/{quote(name)}?kiosk=1"})
    set_session(response, secret, expires_at=None, remember=True, client=exchange_of(request.environ).client)
    return response


def _origins(name: str) -> tuple[str, ...]:
    try:
        text = read_dashboard(current_web().settings.dashboards_dir, name)
    except (BadRequest, NotFound, TooLarge):
        return ()
    return origins_of(read_layout(name, text, bundled_widgets()))


def _page(name: str) -> Response:
    # Never kept, so that a new build is seen at once.
    return Response((_PAGES / name).read_bytes(), mimetype="text/html")
