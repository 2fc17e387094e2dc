"""``/media``: films, sound and pictures for players, by addresses that work without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from platypush.backend.http.app.addresses import base_address
from platypush.backend.http.app.auth.decorator import authenticated, open_route
from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.exchange import exchange_of
from platypush.backend.http.app.fields import json_body
from platypush.backend.http.app.media.sending import attachment, send_file, send_remote
from platypush.backend.http.app.resources import is_signed
from platypush.backend.http.app.state import current_web
from platypush.media.catalogue import MediaCatalogue, is_remote

__all__ = ["__routes__"]

blueprint = Blueprint("media", __name__)
__routes__ = [blueprint]

_PERMISSION = "media"


@blueprint.get("/media")
@authenticated(_PERMISSION)
def show() -> Response:
    """All media, the newest first."""
    catalogue, base = _catalogue(), _base()
    return jsonify([catalogue.describe(medium, base) for medium in catalogue.list()])


@blueprint.put("/media")
@authenticated(_PERMISSION)
def add() -> Response:
    """``{"source", "subtitles"?}``: make it a medium, or renew it. With ``?download`` its address is one to save."""
    fields = json_body()
    catalogue = _catalogue()
    medium = catalogue.add(fields.text("source"), fields.text("subtitles", "") or None)
    return jsonify(catalogue.describe(medium, _base(), download="download" in request.args))


@blueprint.get("/media/<id>")
@open_route("decides by itself: a signed address needs no credential")
def get(id: str) -> Response:
    """The medium itself, whole or in part. ``id`` may have an ending."""
    signed = _let_in()
    web = current_web()
    catalogue = _catalogue()
    medium = catalogue.get(_without_ending(id))
    if is_remote(medium.location):
        response = send_remote(catalogue.remotes(), medium.location, medium.mime_type, request.environ)
    else:
        response = send_file(
            catalogue.place(medium), medium.mime_type, request.environ, accel_redirect=web.settings.accel_redirect
        )
    if "download" in request.args:
        response.headers["Content-Disposition"] = attachment(medium.name)
    return _for_players(response, signed=signed)


@blueprint.delete("/media/<id>")
@authenticated(_PERMISSION)
def remove(id: str) -> Response:
    """Forget a medium; what it was."""
    catalogue = _catalogue()
    return jsonify(catalogue.describe(catalogue.remove(_without_ending(id)), _base()))


@blueprint.get("/media/subtitles/<id>.vtt")
@open_route("decides by itself: a signed address needs no credential")
def get_subtitles(id: str) -> Response:
    """A medium's subtitles as WebVTT."""
    signed = _let_in()
    response = Response(_catalogue().subtitles(id), content_type="text/vtt; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return _for_players(response, signed=signed)


@blueprint.post("/media/subtitles/<id>.vtt")
@authenticated(_PERMISSION)
def attach_subtitles(id: str) -> Response:
    """``{"filename"?}``: give a medium these subtitles, or those that lie beside its file."""
    catalogue = _catalogue()
    medium = catalogue.get(id)
    filename = catalogue.attach_subtitles(medium.id, json_body().text("filename", "") or None)
    return jsonify(filename=filename, url=_base() + catalogue.subtitles_address(medium.id))


@blueprint.delete("/media/subtitles/<id>.vtt")
@authenticated(_PERMISSION)
def detach_subtitles(id: str) -> Response:
    """Take a medium's subtitles away; the file stays."""
    _catalogue().detach_subtitles(id)
    return jsonify({})


def _catalogue() -> MediaCatalogue:
    web = current_web()
    settings = web.settings
    return MediaCatalogue(web.users.media, web.users.urls, settings.media, hours=settings.limits.signed_url_hours)


def _base() -> str:
    return base_address(current_web().settings, exchange_of(request.environ).client)


def _without_ending(id: str) -> str:
    return id.partition(".")[0]


def _let_in() -> bool:
    """Whether the address is signed; who comes without a signature has to sign in."""
    web, environ = current_web(), request.environ
    signed = is_signed(web, request.path, environ.get("QUERY_STRING", ""))
    if not signed:
        require(web, environ, exchange_of(environ), _PERMISSION)
    return signed


def _for_players(response: Response, *, signed: bool) -> Response:
    if signed:
        # Players in browsers and televisions run on pages of others. No cookie opened this, so no page gains by it
        # what its visitor may.
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
