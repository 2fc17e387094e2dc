"""The answer with a medium in it."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable

from platypush.backend.http.app.headers import file_policy
from platypush.backend.http.app.media.ranges import Version, is_plain, select
from platypush.errors import PlatypushError, Unavailable
from platypush.media.disk import from_disk
from platypush.media.files import INTERNAL, folder_key, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from _typeshed.wsgi import WSGIEnvironment

    from platypush.media.files import Place
    from platypush.media.remote import RemoteAnswer, Remotes

__all__ = ["OFFERED", "attachment", "send_file", "send_remote"]

OFFERED = "PLATYPUSH_MEDIA"
"""A variable of the uwsgi protocol, which no client can set: nginx names the folders that it has locations for, or says
``none`` when it could not send the file itself."""

_CHUNK = 256 * 1024
_UNSATISFIABLE = re.compile(r"bytes \*/(\d{1,18})")
_CONDITIONS = {
    "Range": "HTTP_RANGE",
    "If-Match": "HTTP_IF_MATCH",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
    "If-Modified-Since": "HTTP_IF_MODIFIED_SINCE",
    "If-Unmodified-Since": "HTTP_IF_UNMODIFIED_SINCE",
    "If-Range": "HTTP_IF_RANGE",
}

_logger = logging.getLogger(__name__)


def send_file(place: Place, kind: str, environ: WSGIEnvironment, *, accel_redirect: bool) -> Response:
    """A file of the type ``kind``, as ``environ`` asks for it; by nginx where it offers that.

    ``accel_redirect``: whether an nginx that says nothing sends files too. Raises NotFound, and the exceptions of
    werkzeug for 412 and 416.
    """
    file, status = from_disk(open_file, place)
    kept = False
    try:
        version = Version(status.st_size, int(status.st_mtime))
        method: str = environ["REQUEST_METHOD"]
        chosen = select(lambda name: environ.get(_CONDITIONS[name]), version, method=method)
        if chosen.status == 412:
            raise PreconditionFailed
        if chosen.status == 416:
            raise RequestedRangeNotSatisfiable(version.size)
        response = Response(status=chosen.status)
        response.headers["ETag"] = f'"{version.etag}"'
        response.headers["Last-Modified"] = version.last_modified
        if chosen.status == 304:
            return _finished(response, kind)
        # nginx answers 416 to what is ignored here, so that it gets no range but one that it understands.
        same = _CONDITIONS["Range"] not in environ or (chosen.status == 206 and is_plain(environ["HTTP_RANGE"]))
        if method == "GET" and same and (address := _internal(place, environ, accel_redirect=accel_redirect)):
            response.status_code = 200
            response.headers["X-Accel-Redirect"] = address
            return _finished(response, kind)
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Length"] = str(chosen.length)
        if chosen.status == 206:
            response.headers["Content-Range"] = chosen.content_range(version.size)
        if method == "GET":
            response.response = _FileBody(file, chosen.first, chosen.length)
            kept = True
        return _streamed(response, kind)
    finally:
        if not kept:
            file.close()


def send_remote(remotes: Remotes, url: str, kind: str, environ: WSGIEnvironment) -> Response:
    """What another server has at ``url``, as ``environ`` asks for it. Raises like ``Remotes.get``; 416 as above."""
    asked = {name: environ[key] for name, key in _CONDITIONS.items() if environ.get(key)}
    method: str = environ["REQUEST_METHOD"]
    if method != "GET" or not is_plain(asked.get("Range", "")):
        # As for files: ranges are for GET, and what is no single one is ignored.
        asked.pop("Range", None)
    answer = remotes.get(url, asked, method=method)
    if answer.status == 416:
        answer.close()
        size = _UNSATISFIABLE.fullmatch(answer.header("Content-Range") or "")
        raise RequestedRangeNotSatisfiable(int(size[1]) if size else None)
    response = Response(status=answer.status)
    for name in ("ETag", "Last-Modified", "Accept-Ranges", "Content-Length", "Content-Range"):
        value = answer.header(name)
        if value is not None and (name != "Content-Length" or value.isdecimal()):
            response.headers[name] = value
    if method == "HEAD" or answer.status == 304:
        answer.close()
    else:
        response.response = _RemoteBody(answer)
    return _finished(response, kind) if answer.status == 304 else _streamed(response, kind)


def attachment(name: str) -> str:
    """The header that has a browser save a file as ``name`` (RFC 6266, RFC 5987)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"


def _internal(place: Place, environ: WSGIEnvironment, *, accel_redirect: bool) -> str | None:
    """The address by which nginx sends the file, percent-encoded; None when it is not to."""
    offered: str | None = environ.get(OFFERED)
    key = folder_key(place.folder)
    wanted = accel_redirect if offered is None else key in offered.split()
    return f"{INTERNAL}{key}/{quote(os.fsencode(place.relative))}" if wanted else None


def _finished(response: Response, kind: str) -> Response:
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = file_policy(kind)
    return response


def _streamed(response: Response, kind: str) -> Response:
    # nginx would write what a slow client has not taken yet into a file, up to a gigabyte.
    response.headers["X-Accel-Buffering"] = "no"
    return _finished(response, kind)


class _FileBody:
    """Bytes of an open file, which it closes."""

    def __init__(self, file: FileIO, first: int, length: int) -> None:
        self._file = file
        self._position = first
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = from_disk(_read_at, self._file, min(_CHUNK, self._left), self._position) if self._left else b""
        except (OSError, Unavailable) as error:
            _logger.warning("A medium broke off: %s", error)
            chunk = b""
        if not chunk:
            # At the end; or the file is shorter now, which the client learns from the length.
            raise StopIteration
        self._position += len(chunk)
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._left = 0
        self._file.close()


def _read_at(file: FileIO, size: int, position: int) -> bytes:
    return os.pread(file.fileno(), size, position)


class _RemoteBody:
    """The body of an answer, which it closes."""

    def __init__(self, answer: RemoteAnswer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = self._answer.read(_CHUNK)
        except PlatypushError as error:
            # The headers are out already: the client learns it from the length.
            _logger.warning("A medium broke off: %s", error)
            chunk = b""
        if not chunk:
            raise StopIteration
        return chunk

    def close(self) -> None:
        self._answer.close()
