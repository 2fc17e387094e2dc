"""The panel's own files: open, because nothing in them is personal."""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from platypush._lib.files import safe_join
from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.state import current_web
from platypush.errors import NotFound

__all__ = ["blueprint"]

blueprint = Blueprint("assets", __name__)
_ROOT = Path(__file__).parents[2] / "webapp" / "dist"
_HASHED = re.compile(r"^assets/.*[-.](?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{8}(?:\.[a-z0-9]+){1,2}$")
"""A name that changes with the content; a capital or a digit tells eight characters of a hash from a word. The same
rule as nginx's."""
_TEXTS = frozenset({".css", ".js", ".json", ".svg", ".webmanifest"})
"""What is sent compressed to who takes it: a third of the size."""
_CODE = frozenset({".py", ".pyc"})
"""A package's folder has its own code beside what a browser needs."""


@blueprint.get("/assets/plugins/<plugin>/<path:path>")
@open_route("files of panels and widgets, as open as the panel's own")
def part(plugin: str, path: str) -> Response:
    """A file of the panel or the widgets that a package brings for a plugin."""
    for found in current_web().parts:
        if found.plugin == plugin and found.folder is not None:
            return _file(path, root=found.folder)
    raise NotFound


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


def _file(relative: str, mime: str | None = None, root: Path = _ROOT) -> Response:
    path = safe_join(root, relative)
    if path is None or not path.is_file() or path.suffix in _CODE:
        raise NotFound
    if path.suffix in _TEXTS and request.accept_encodings.quality("gzip") > 0:
        response = _compressed(path, mime)
    else:
        response = send_file(path, mimetype=mime)
    if path.suffix in _TEXTS:
        response.vary.add("Accept-Encoding")
    stays = root is _ROOT and _HASHED.match(relative)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if stays else "no-cache"
    return response


def _compressed(path: Path, mime: str | None) -> Response:
    changed = path.stat().st_mtime_ns
    kind = mime or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = Response(_packed(path, changed), mimetype=kind)
    response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{changed:x}-{path.stat().st_size:x}-gzip")
    response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _packed(path: Path, _changed: int) -> bytes:
    """The file as gzip, made once in a process for each version of the file."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)
