"""``/resources/<path>``: files from ``resource_dirs``, with ranges, or by way of nginx."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from werkzeug.http import parse_range_header

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.headers import file_policy
from platypush.backend.http.app.resources import PREFIX, accel_address, find_file, find_resource, is_signed
from platypush.backend.http.app.state import current_web
from platypush.errors import NotFound

__all__ = ["blueprint"]

blueprint = Blueprint("resources", __name__)


@blueprint.get("/resources/<path:path>")
@open_route("decides by itself: a signed address needs no credential")
def resources(path: str) -> Response:
    """The file, whole or in part."""
    web = current_web()
    environ = request.environ
    resource = find_resource(path, web.settings.resource_dirs)
    if not is_signed(web, f"{PREFIX}{path}", environ.get("QUERY_STRING", "")):
        require(web, environ, exchange_of(environ), f"resources:{resource.key if resource else path}")
    if resource is None:
        raise NotFound
    file = find_file(resource)
    response = _by_nginx(accel_address(resource, file)) if web.settings.accel_redirect else _by_ourselves(file)
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    response.headers["Content-Type"] = f"{mime}; charset=utf-8" if mime.startswith("text/") else mime
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = file_policy(mime)
    return response


def _by_nginx(address: str) -> Response:
    response = Response()
    response.headers["X-Accel-Redirect"] = address
    return response


def _by_ourselves(file: Path) -> Response:
    # One range is served; a list of them or what is no range is ignored, as RFC 9110 (section 14.2) allows.
    wanted = request.environ.get("HTTP_RANGE")
    if wanted is not None:
        parsed = parse_range_header(wanted)
        if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
            del request.environ["HTTP_RANGE"]
    try:
        return send_file(file, conditional=True, etag=True)
    except OSError as error:
        # Gone since it was found, or not readable for the hub.
        raise NotFound from error
