"""The panel's own files: open, because nothing in them is personal."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_file

from platypush._lib.files import safe_join
from platypush.backend.http.app.auth.decorator import open_route
from platypush.errors import NotFound

__all__ = ["blueprint"]

blueprint = Blueprint("assets", __name__)
_ROOT = Path(__file__).parents[1] / "static"
_SECONDS = 3600


@blueprint.get("/assets/<path:path>")
@open_route("the panel's own files")
def assets(path: str) -> Response:
    """Styles and scripts."""
    return _file(f"assets/{path}")


@blueprint.get("/img/<path:path>")
@open_route("the panel's own files")
def images(path: str) -> Response:
    """Pictures."""
    return _file(f"img/{path}")


@blueprint.get("/icons/<path:path>")
@open_route("the panel's own files")
def icons(path: str) -> Response:
    """Icons of plugins and of the application."""
    return _file(f"icons/{path}")


@blueprint.get("/favicon.ico")
@open_route("the panel's own files")
def favicon() -> Response:
    """The picture in the browser's tab; an SVG under the old name, which browsers ask for by themselves."""
    return _file("icons/platypush.svg")


@blueprint.get("/manifest.webmanifest")
@open_route("the panel's own files")
def manifest() -> Response:
    """What a phone needs to put the panel on its home screen."""
    return _file("manifest.webmanifest", "application/manifest+json")


def _file(relative: str, mime: str | None = None) -> Response:
    path = safe_join(_ROOT, relative)
    if path is None or not path.is_file():
        raise NotFound
    return send_file(path, mimetype=mime, max_age=_SECONDS)
