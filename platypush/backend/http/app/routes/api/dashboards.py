"""``/api/dashboards``: dashboards as a browser shows them, with everything that is wrong with them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.addresses import base_address
from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.auth.owner import owner
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web
from platypush.dashboards.files import dashboard_names, read_dashboard
from platypush.dashboards.layout import Layout, read_layout
from platypush.dashboards.origins import origins_of
from platypush.dashboards.parts import part_widgets
from platypush.dashboards.widgets import bundled_widgets
from platypush.errors import BadRequest, TooLarge

__all__ = ["blueprint"]

blueprint = Blueprint("api_dashboards", __name__)


@blueprint.get("/api/dashboards")
@authenticated("api:dashboards")
def show() -> Response:
    """All dashboards: ``{"dashboards": [{"name", "problems"}]}``, the latter as texts."""
    names = dashboard_names(current_web().settings.dashboards_dir)
    return jsonify(dashboards=[{"name": name, "problems": _problems(name)} for name in names])


@blueprint.get("/api/dashboards/<name>")
@authenticated("dashboard:{name}")
def layout(name: str) -> Response:
    """One dashboard. With ``?revision=`` of the one that is shown: 304 while it is the same."""
    found = _layout(name)
    shown = request.args.get("revision")
    if shown == found.revision:
        return Response(status=304)
    if shown:
        # Screens that show it have the rights of the file as it was: they are looked up anew.
        current_web().users.generation.increment()
    # A page may load only what its headers said when it came: one that would need more loads itself anew.
    return jsonify({**found.to_dict(), "origins": origins_of(found)})


@blueprint.post("/api/dashboards/<name>/links")
@authenticated("api:dashboards")
def offer(name: str) -> tuple[Response, int]:
    """``{"url", "expires_at"}``: an address that lets one browser show this dashboard, and do what its widgets do."""
    web = current_web()
    read_dashboard(web.settings.dashboards_dir, name)
    link = web.users.pairing.offer(owner(), name)
    base = base_address(web.settings, exchange_of(request.environ).client)
    return jsonify(url=f"{base}/dashboard/{quote(name)}?pair={link.code}", expires_at=link.expires_at), 201


def _layout(name: str) -> Layout:
    web = current_web()
    text = read_dashboard(web.settings.dashboards_dir, name)
    return read_layout(name, text, bundled_widgets(), part_widgets(web.parts))


def _problems(name: str) -> list[str]:
    try:
        return [str(problem) for problem in _layout(name).problems]
    except (BadRequest, TooLarge) as error:
        return [error.message]
