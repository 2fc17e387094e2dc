"""Whether a person in a browser or a program waits for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platypush.backend.http.app.auth.csrf import is_json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["is_navigation", "is_script", "wants_page"]


def wants_page(environ: WSGIEnvironment) -> bool:
    """Whether the caller prefers a page to JSON: browsers name ``text/html`` first, programs do not, and send JSON."""
    accept: str = environ.get("HTTP_ACCEPT", "")
    html = accept.find("text/html")
    json = accept.find("application/json")
    return html >= 0 and (json < 0 or html < json) and not is_script(environ) and not is_json(environ)


def is_navigation(environ: WSGIEnvironment) -> bool:
    """Whether a browser opens an address, so that it can be sent to the sign-in page."""
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") and wants_page(environ)


def is_script(environ: WSGIEnvironment) -> bool:
    """Whether a script in a page asks. Such a caller must not set off the browser's own password dialog."""
    if environ.get("HTTP_X_REQUESTED_WITH", "").lower() == "xmlhttprequest":
        return True
    return environ.get("HTTP_SEC_FETCH_MODE", "navigate") not in ("navigate", "nested-navigate")
