"""One request on its way through the application, and the plain answer that the front gives."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from platypush._lib.ids import new_id

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush._lib.clients import Client
    from platypush.message.envelope import Principal

__all__ = ["Answer", "Exchange", "exchange_of", "request_id", "status_line"]

_KEY = "platypush.exchange"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Exchange:
    """The facts of one request, established once by the front and read by routes, log and metrics."""

    __slots__ = ("client", "principal", "request_id", "route", "started", "status")

    def __init__(self, request_id: str, client: Client) -> None:
        self.request_id = request_id
        self.client = client
        self.principal: Principal | None = None
        """Who asks, once that is known."""
        self.route = "unmatched"
        """The rule of the route, for metrics: never the path itself, of which there are too many."""
        self.status = 500
        self.started = time.perf_counter()

    def attach(self, environ: WSGIEnvironment) -> None:
        """Make this the exchange of ``environ``."""
        environ[_KEY] = self


class Answer:
    """A finished answer: status, headers and the whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def exchange_of(environ: WSGIEnvironment) -> Exchange:
    """The exchange that the front attached to ``environ``."""
    exchange: Exchange = environ[_KEY]
    return exchange


def request_id(environ: WSGIEnvironment, *, peer_trusted: bool) -> str:
    """The id of the request: from the server in front when it can be believed, else a new one.

    ``REQUEST_ID`` is a variable of the uwsgi protocol, which no client can set. The header ``X-Request-Id`` counts
    only from a trusted proxy: a stranger could otherwise mix his requests up with others' in the log.
    """
    given = environ.get("REQUEST_ID") or (environ.get("HTTP_X_REQUEST_ID") if peer_trusted else None)
    return given if given and _REQUEST_ID.fullmatch(given) else new_id()


def status_line(status: int) -> str:
    """The text of an HTTP status, for WSGI's ``start_response``."""
    return _STATUS_LINES.get(status) or f"{status} Unknown"
