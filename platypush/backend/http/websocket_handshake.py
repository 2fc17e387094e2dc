"""Who opens a websocket, and the answer to those who may not. Pure, over the library's request and response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from websockets.datastructures import Headers, MultipleValuesError
from websockets.http11 import Request, Response

from platypush.bus.replies import error_reply
from platypush.errors import BadRequest, Forbidden, NotAuthenticated, PlatypushError
from platypush.user.credentials import Credential, find_credential

__all__ = ["Opening", "Resolver", "ResolvedClient", "check_origin", "read_opening", "refusal"]


class ResolvedClient(Protocol):
    """Who is behind the proxies."""

    @property
    def address(self) -> str:
        """The client's address."""

    @property
    def host(self) -> str:
        """The host, with its port if any, by which the client reaches the hub."""


Resolver = Callable[[dict[str, Any]], ResolvedClient]
"""Finds the client of a request, from the variables of a WSGI environment that say where it came from:
``ClientResolver.resolve``."""


class Opening(NamedTuple):
    """What a handshake says about itself."""

    credential: Credential | None
    address: str
    host: str
    origin: str | None
    query: str


class _Direct(NamedTuple):
    address: str
    host: str


def read_opening(request: Request, peer: str, *, secure: bool, resolve: Resolver | None) -> Opening:
    """Read a handshake that came from ``peer``. Without ``resolve`` no forwarding header is believed.

    Raises BadRequest when a header that may come once comes twice.
    """
    headers = request.headers

    def header(name: str) -> str | None:
        value: str | None = headers.get(name)
        return value

    query = urlsplit(request.path).query
    try:
        host = header("Host") or ""
        client: ResolvedClient = _Direct(peer, host)
        if resolve is not None:
            client = resolve(_environment(headers, peer, host, secure=secure))
        # Browsers and HTTP/2 may split cookies over several headers (RFC 9113, section 8.2.3).
        cookies = "; ".join(headers.get_all("Cookie")) or None
        credential = find_credential(header, query, cookies)
        return Opening(credential, client.address, client.host, header("Origin"), query)
    except MultipleValuesError as error:
        raise BadRequest(f"The header {error} came more than once.") from error


def check_origin(opening: Opening, hosts: frozenset[str]) -> None:
    """Refuse a page of another site that rides on the browser's cookie (cross-site websocket hijacking).

    The host of ``Origin`` must be the one that the request names, or one of ``hosts``; its port may differ. Raises
    Forbidden. Credentials that a page must know by itself need no such check.
    """
    if opening.credential is None or opening.credential.source != "cookie":
        return
    if opening.origin is None:
        raise Forbidden(
            "A session cookie counts only with an Origin header, which browsers send. Programs send the session as "
            "X-Session-Token, or a token."
        )
    origin = _host_name(opening.origin)
    if origin is None or origin not in {_host_name(f"//{opening.host}"), *hosts}:
        raise Forbidden(
            "This page belongs to another site than the hub, so its cookie does not count. Open the hub's own page, "
            "send a token, or set backend.http.public_url to the address that browsers use."
        )


def refusal(error: PlatypushError, request_id: str) -> Response:
    """The HTTP response that ends a handshake, with the one error shape."""
    reply = error_reply(error, request_id)
    headers = Headers(reply.headers)
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Basic realm="Platypush", charset="UTF-8"'
    headers["Content-Length"] = str(len(reply.body))
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Request-Id"] = request_id
    headers["Connection"] = "close"
    return Response(reply.status, HTTPStatus(reply.status).phrase, headers, reply.body)


def _environment(headers: Mapping[str, str], peer: str, host: str, *, secure: bool) -> dict[str, Any]:
    environment: dict[str, Any] = {
        "REMOTE_ADDR": peer,
        "wsgi.url_scheme": "https" if secure else "http",
        "HTTP_HOST": host,
    }
    for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"):
        value = headers.get(name)
        if value is not None:
            environment[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environment


def _host_name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
