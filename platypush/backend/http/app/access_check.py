"""nginx's question (``auth_request``) whether a file under ``/resources`` may be served."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from platypush.backend.http.app.auth.methods import require
from platypush.backend.http.app.exchange import Answer
from platypush.backend.http.app.resources import is_signed
from platypush.errors import Forbidden, NotAuthenticated, PlatypushError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush.backend.http.app.exchange import Exchange
    from platypush.backend.http.app.state import Web

__all__ = ["ACCESS_PREFIX", "answer_access", "original_address"]

ACCESS_PREFIX = "/_auth/resources/"
"""``/_auth/resources/<key>``: the key of ``resource_dirs`` is named by nginx's own location, so that the question and
the file that is served can never differ, whatever dots and slashes the client's address has."""

_CACHED_SECONDS = 2


def answer_access(web: Web, environ: WSGIEnvironment, exchange: Exchange) -> Answer:
    """200 when the caller may read the directory ``key``, or the one signed file; else 401 or 403, and never another
    status, because nginx makes 500 of any other.

    Only an answer that holds for the whole directory allows nginx to keep it, for a moment. Credentials in the
    query are those of the original address. A directory that is none any more (nginx has not been told yet) is
    nobody's.
    """
    # WSGI hands over bytes as latin-1 (PEP 3333); keys are text.
    key = environ["PATH_INFO"].removeprefix(ACCESS_PREFIX).encode("latin-1").decode(errors="replace")
    if key not in web.settings.resource_dirs:
        raise Forbidden("There is no such directory in backend.http.resource_dirs.")
    path, query = original_address(environ)
    if is_signed(web, path, query):
        return _allowed(0)
    try:
        require(web, {**environ, "QUERY_STRING": query, "REQUEST_METHOD": "GET"}, exchange, f"resources:{key}")
    except (Forbidden, NotAuthenticated):
        raise
    except PlatypushError as error:
        refusal = NotAuthenticated(error.message)
        refusal.retry_after = error.retry_after
        raise refusal from error
    return _allowed(_CACHED_SECONDS)


def original_address(environ: WSGIEnvironment) -> tuple[str, str]:
    """Path (decoded) and query of the request that nginx asks about.

    Over the uwsgi protocol ``REQUEST_URI`` is the original one. Over HTTP it is the question's own, and nginx has
    to set ``X-Original-URI``, which is not looked at otherwise: any client could send it.
    """
    address: str = environ.get("REQUEST_URI", "")
    if not address or address.startswith(ACCESS_PREFIX):
        address = environ.get("HTTP_X_ORIGINAL_URI", "")
    path, _, query = address.partition("?")
    return unquote(path), query


def _allowed(seconds: int) -> Answer:
    return Answer(200, [("X-Accel-Expires", str(seconds))], b"")
