"""The panel's pages: ``/``, ``/plugin/<name>``, ``/dashboard/<name>``. What they show they ask the hub for."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

from platypush.backend.http.app.auth.decorator import authenticated

__all__ = ["blueprint"]

blueprint = Blueprint("panel", __name__)
_PAGES = Path(__file__).parents[2] / "webapp" / "dist"


@blueprint.get("/")
@authenticated("panel")
def index() -> Response:
    """The panel; which of its pages is behind the ``#``."""
    return _page("panel.html")


@blueprint.get("/plugin/<name>")
@authenticated("panel")
def plugin(name: str) -> Response:  # noqa: ARG001 - the page reads it off its address
    """One plugin's panel and nothing else, to be embedded."""
    return _page("panel.html")


@blueprint.get("/dashboard/<name>")
@authenticated("dashboard:{name}")
def dashboard(name: str) -> Response:  # noqa: ARG001 - the page reads it off its address
    """The panel, at its list of dashboards."""
    return _page("panel.html")


def _page(name: str) -> Response:
    # Never kept, so that a new build is seen at once.
    return Response((_PAGES / name).read_bytes(), mimetype="text/html")
