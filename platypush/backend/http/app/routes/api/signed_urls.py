"""``/api/signed-urls``: addresses that work for a while without signing in, for players and links."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.auth.decorator import authenticated
from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.cameras import camera_of, camera_permission
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import json_body
from platypush.backend.http.app.resources import PREFIX, find_file, find_resource
from platypush.backend.http.app.state import current_web
from platypush.errors import BadRequest, NotFound

__all__ = ["blueprint"]

blueprint = Blueprint("api_signed_urls", __name__)


@blueprint.post("/api/signed-urls")
@authenticated("api:signed-urls")
def sign() -> tuple[Response, int]:
    """``{"path": "/resources/photos/a.jpg"}`` gives ``{"url"}``, with the life that the configuration sets.

    ``/camera/ffmpeg/video`` as well.
    """
    web = current_web()
    path = json_body().text("path")
    camera = camera_of(path)
    if camera is not None:
        require(web, request.environ, exchange_of(request.environ), camera_permission(camera))
        return _signed(path)
    if not path.startswith(PREFIX) or any(part in (".", "..", "") for part in path.split("/")[1:]):
        raise BadRequest(
            f"Only the path of a file below {PREFIX} or of a camera can be signed, decoded and without dot segments."
        )
    resource = find_resource(path.removeprefix(PREFIX), web.settings.resource_dirs)
    if resource is None:
        raise NotFound
    require(web, request.environ, exchange_of(request.environ), f"resources:{resource.key}")
    find_file(resource)
    return _signed(path)


def _signed(path: str) -> tuple[Response, int]:
    web = current_web()
    return jsonify(url=f"{quote(path)}?{web.users.urls.sign(path, web.settings.limits.signed_url_hours)}"), 201
