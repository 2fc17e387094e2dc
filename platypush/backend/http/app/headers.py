"""Response headers: the ones that every answer carries, and the ones that a hook may not set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from platypush.errors import PlatypushError
from platypush.user.credentials import SESSION_COOKIE

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

__all__ = [
    "API_HEADERS",
    "CSP_DATA",
    "CSP_FOREIGN",
    "CSP_PAGE",
    "file_policy",
    "forwarded_headers",
    "page_policy",
    "secure",
]

_PICTURES = "img-src 'self' data: blob:"

CSP_PAGE = (
    f"default-src 'self'; {_PICTURES}; connect-src 'self' ws: wss:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""For our own pages: no inline script or style; the websocket has another port."""

CSP_DATA = "default-src 'none'; frame-ancestors 'self'"
"""For answers to programs."""

CSP_FOREIGN = (
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts "
    "allow-top-navigation-by-user-activation; frame-ancestors 'self'"
)
"""For pages that hooks or files bring: they run as a foreign origin, so that they cannot act as the one signed in."""

_ACTIVE = ("html", "xml")
"""In the names of all types that a browser runs scripts of: XML too, by way of its namespaces."""

_COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)

API_HEADERS: tuple[tuple[str, str], ...] = (
    *_COMMON,
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", CSP_DATA),
)
"""What the front adds to each of its answers."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_FORWARDED = frozenset(
    {
        # Hop by hop (RFC 9110, section 7.6.1), or the business of the server in front.
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)


def page_policy(origins: Iterable[str]) -> str:
    """The policy for a page that also shows pictures and films of these other servers."""
    others = " ".join(origins)
    if not others:
        return CSP_PAGE
    return CSP_PAGE.replace(_PICTURES, f"{_PICTURES} {others}; media-src 'self' {others}")


def file_policy(mime: str) -> str:
    """The policy for a file of the type ``mime`` that is not ours."""
    if any(part in mime for part in _ACTIVE):
        return CSP_FOREIGN
    # None for the others: it would keep a browser's own viewer (PDF, video) from working.
    return "frame-ancestors 'self'"


def secure(headers: Headers) -> None:
    """Add what every answer carries, where the route did not set it."""
    for name, value in _COMMON:
        headers.setdefault(name, value)
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    if "Content-Security-Policy" not in headers:
        is_page = headers.get("Content-Type", "").startswith("text/html")
        headers["Content-Security-Policy"] = CSP_PAGE if is_page else CSP_DATA


def forwarded_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of a hook's answer that reach the client.

    Left out: hop-by-hop headers, ``X-Accel-*`` (a hook could open nginx's internal locations), our own session cookie.
    Raises PlatypushError for a name or value that would break out of its line.
    """
    kept = []
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not _is_field_value(value):
            raise PlatypushError(
                f"The hook set a header {name[:40]!r} that cannot be sent: it holds a control character."
            )
        lower = name.lower()
        if lower in _NOT_FORWARDED or lower.startswith("x-accel-"):
            continue
        if lower == "set-cookie" and value.partition("=")[0].strip() == SESSION_COOKIE:
            continue
        kept.append((name, value))
    return kept


def _is_field_value(value: str) -> bool:
    return all(char == "\t" or " " <= char <= "~" or "\x80" <= char <= "\xff" for char in value)
