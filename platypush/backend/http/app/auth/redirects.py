"""Where to go after signing in: only to a path of our own."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

__all__ = ["local_path", "same_host", "sign_in_address", "without_secrets"]

_SECRET_PARAMETERS = frozenset({"token", "session_token", "signature"})
_NOT_A_TARGET = ("/login", "/register", "/logout")
_KEPT = "/%:@!$&'()*+,;=-._~?#[]"


def local_path(target: str | None) -> str:
    """``target`` when it is a path on this host, else ``/``.

    Browsers take ``//host``, ``/\\host`` and the same with tabs or line breaks in between for another host, so
    every backslash and control character rules a target out. Pages for signing in and out are no targets.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    if "\\" in target or any(ord(char) < 0x20 or ord(char) == 0x7F for char in target):
        return "/"
    path = target.partition("?")[0].partition("#")[0].rstrip("/")
    return "/" if path in _NOT_A_TARGET else quote(target, safe=_KEPT)


def same_host(address: str) -> str:
    """Path and query of an address, without scheme and host; ``/`` when that would lead elsewhere."""
    parts = urlsplit(address)
    return local_path(urlunsplit(("", "", parts.path, parts.query, "")))


def without_secrets(query: str) -> str:
    """A query without the credentials in it."""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    return urlencode([(name, value) for name, value in pairs if name not in _SECRET_PARAMETERS])


def sign_in_address(page: str, path: str, query: str) -> str:
    """The address of ``page`` (``/login`` or ``/register``) that leads back to ``path`` with ``query``."""
    query = without_secrets(query)
    target = local_path(f"{quote(path, safe=_KEPT)}?{query}" if query else quote(path, safe=_KEPT))
    return page if target == "/" else f"{page}?{urlencode({'redirect': target})}"
