"""Reading the body of a request, never more than the limit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from platypush.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["discard_body", "read_body"]

_DISCARDED = 64 * 1024
_CHUNK = 64 * 1024


def read_body(environ: WSGIEnvironment, limit: int) -> bytes:
    """The whole body, of known or unknown length.

    Raises TooLarge when it has more than ``limit`` bytes (without reading them where the length is declared),
    BadRequest when it ends early or its length is none.
    """
    try:
        return _read(environ, limit)
    except OSError as error:
        # The client is gone, or the server in front cannot hand on a chunked body (uWSGI without http-chunked-input).
        raise BadRequest("The body cannot be read. Send it with a Content-Length, all of it.") from error


def _read(environ: WSGIEnvironment, limit: int) -> bytes:
    length = _declared_length(environ)
    if length is None:
        return _read_chunked(environ, limit)
    if length > limit:
        raise TooLarge(f"The body has {length} bytes; the limit is {limit}.")
    if not length:
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) < length:
        raise BadRequest(f"The body ended after {len(body)} of {length} bytes.")
    return body


def discard_body(environ: WSGIEnvironment) -> None:
    """Read a small body that nobody wants, so that the answer is not lost with the connection."""
    try:
        length = _declared_length(environ)
        if length and length <= _DISCARDED:
            environ["wsgi.input"].read(length)
    except (BadRequest, OSError):
        # The client is gone or sends nonsense: there is an answer for him all the same.
        return


def _declared_length(environ: WSGIEnvironment) -> int | None:
    """The length, 0 for no body, None for a body of unknown length."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text: str = environ.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(f"The Content-Length {text[:20]!r} is not a number.")
    return int(text)


def _read_chunked(environ: WSGIEnvironment, limit: int) -> bytes:
    read = _chunk_reader(environ)
    parts: list[bytes] = []
    size = 0
    while chunk := read():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The body has more than {limit} bytes, which is the limit.")
        parts.append(chunk)
    return b"".join(parts)


def _chunk_reader(environ: WSGIEnvironment) -> Callable[[], bytes]:
    if environ.get("wsgi.input_terminated"):
        stream = environ["wsgi.input"]
        return lambda: bytes(stream.read(_CHUNK))
    if "uwsgi.version" in environ:
        # uWSGI does not terminate wsgi.input for such a body; its own module, which exists there only, decodes it.
        chunked_read: Callable[[], bytes] = import_module("uwsgi").chunked_read
        return chunked_read
    raise BadRequest("This server needs a Content-Length.")
