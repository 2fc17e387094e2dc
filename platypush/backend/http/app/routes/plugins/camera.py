"""``/camera/<camera>/photo`` and ``/video``: what a camera shows, as a picture or as pictures without end."""

from __future__ import annotations

from flask import Blueprint, Response, request

from platypush.backend.http.app.auth.decorator import open_route
from platypush.backend.http.app.cameras import find_access, picture_args
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.state import current_web
from platypush.backend.http.app.streaming import BOUNDARY, Parts, give_up_on_stalled
from platypush.errors import BadRequest

__all__ = ["__routes__"]

blueprint = Blueprint("camera", __name__)
__routes__ = [blueprint]

_OPEN = open_route("decides by itself: a signed address needs no credential")
_MULTIPART = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_VIDEOS = ("mjpeg", "mjpg", "jpg", "jpeg")


@blueprint.get("/camera/<path:camera>/photo")
@blueprint.get("/camera/<path:camera>/photo.<ext>")
@blueprint.get("/camera/<path:camera>/frame")
@_OPEN
def photo(camera: str, ext: str = "jpg") -> Response:  # noqa: ARG001 - it is read from the path, as for signing
    """What the camera shows now, as a picture of the kind ``ext``."""
    web, exchange = current_web(), exchange_of(request.environ)
    name, (principal, _) = find_access(web, request.environ, exchange, request.path)
    args = {"format": ext.lower(), **picture_args(request.args)}
    content_type, item = web.streams.first(f"camera.{name}", args, principal, exchange.request_id)
    return _shown(Response(item, content_type=content_type))


@blueprint.get("/camera/<path:camera>/video")
@blueprint.get("/camera/<path:camera>/video.<ext>")
@blueprint.get("/camera/<path:camera>/feed")
@blueprint.get("/camera/<path:camera>/stream")
@_OPEN
def video(camera: str, ext: str = "mjpeg") -> Response:  # noqa: ARG001 - it is read from the path, as for signing
    """What the camera shows from now on, as JPEG pictures that replace each other."""
    web, exchange = current_web(), exchange_of(request.environ)
    name, (principal, allowed) = find_access(web, request.environ, exchange, request.path)
    if ext.lower() not in _VIDEOS:
        raise BadRequest(f"A camera's video is a stream of JPEG pictures, .mjpeg. There is none as .{ext}.")
    if request.method == "HEAD":
        return _shown(Response(content_type=_MULTIPART))
    place = web.streams.open(f"camera.{name}", picture_args(request.args), principal, exchange.request_id)
    give_up_on_stalled(request.environ)
    return _shown(Response(Parts(place, allowed), content_type=_MULTIPART, direct_passthrough=True))


def _shown(response: Response) -> Response:
    # Neither kept anywhere nor held back by nginx until it fills a buffer.
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    # The address may be opened by itself: a browser's own viewer does not work under a stricter one.
    response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
    return response
