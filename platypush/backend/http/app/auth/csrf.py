"""Refusing requests that another site makes in a signed-in browser's name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from platypush.errors import Forbidden

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["SAFE_METHODS", "check_ambient", "check_form", "is_cross_site", "is_json"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

_REFUSED = (
    "Another site may have made this request in your browser's name. Send it from the hub's own pages, as "
    "application/json, or with a token instead of the cookie."
)


def is_json(environ: WSGIEnvironment) -> bool:
    """Whether the body is declared as JSON: a type that a form of another site cannot send without being asked for."""
    content_type: str = environ.get("CONTENT_TYPE", "")
    return content_type.partition(";")[0].strip().lower() == "application/json"


def is_cross_site(environ: WSGIEnvironment, hosts: frozenset[str]) -> bool | None:
    """Whether the browser says that the request comes from a foreign page; None when it says nothing.

    ``Sec-Fetch-Site`` cannot be set by pages and does not depend on what a proxy makes of ``Host``, so it counts
    before ``Origin``, and that before ``Referer``. ``hosts`` are ours, ports included.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site not in ("same-origin", "none")
    origin = environ.get("HTTP_ORIGIN") or environ.get("HTTP_REFERER")
    if not origin:
        return None
    try:
        return urlsplit(origin).netloc.lower() not in hosts
    except ValueError:
        return True


def check_ambient(environ: WSGIEnvironment, hosts: frozenset[str], *, cookie: bool) -> None:
    """Check a request whose credential the browser sends by itself: a cookie, or Basic once it was typed in.

    A cookie with an unsafe method needs a JSON body or a page of ours; a caller with Basic that says nothing about
    its origin is a program. Raises Forbidden.
    """
    if environ["REQUEST_METHOD"] in SAFE_METHODS:
        return
    foreign = is_cross_site(environ, hosts)
    if is_json(environ):
        # Only the browser's own word counts here: behind a proxy that changes Host, Origin would not match.
        refused = environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"
    else:
        refused = foreign is True or (foreign is None and cookie)
    if refused:
        raise Forbidden(_REFUSED)


def check_form(environ: WSGIEnvironment, hosts: frozenset[str]) -> None:
    """Check a form that needs no credential (sign-in, registration, sign-out). Raises Forbidden."""
    if is_cross_site(environ, hosts):
        raise Forbidden(_REFUSED)
