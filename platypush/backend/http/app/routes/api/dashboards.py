"""``/api/dashboards``: dashboards as a browser shows them, with everything that is wrong with them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.state import current_web
from platypush.dashboards.files import dashboard_names, read_dashboard
from platypush.dashboards.layout import Layout, read_layout
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
    if request.args.get("revision") == found.revision:
        return Response(status=304)
    return jsonify(found.to_dict())


def _layout(name: str) -> Layout:
    return read_layout(name, read_dashboard(current_web().settings.dashboards_dir, name), bundled_widgets())


def _problems(name: str) -> list[str]:
    try:
        return [str(problem) for problem in _layout(name).problems]
    except (BadRequest, TooLarge) as error:
        return [error.message]
