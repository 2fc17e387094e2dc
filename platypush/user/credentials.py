"""Finds the credential that a request carries. Pure, and on the path of every request: no Flask, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

__all__ = ["SESSION_COOKIE", "Credential", "Kind", "Source", "find_credential"]

SESSION_COOKIE = "session_token"
"""Name of the cookie that the specification gives to the session."""

Kind = Literal["basic", "token", "session", "unknown"]
Source = Literal["authorization", "x-token", "query-token", "x-session-token", "query-session", "cookie", "message"]


class Credential(NamedTuple):
    """What the caller presents, unchecked.

    ``value`` of ``basic`` is the encoded part as it was sent. ``unknown`` stands for an ``Authorization`` that is none
    of ours: it never passes. ``source`` matters for ``cookie``, which a browser sends by itself, so that requests that
    change something need a check against cross-site forgery.
    """

    kind: Kind
    value: str
    source: Source

    def __repr__(self) -> str:
        return f"Credential(kind={self.kind!r}, source={self.source!r})"


def find_credential(header: Callable[[str], str | None], query: str, cookie_header: str | None) -> Credential | None:
    """The first source that is present: ``Authorization`` (Basic or Bearer), ``X-Token``, ``?token=``,
    ``X-Session-Token``, ``?session_token=``, cookie. None when there is none of them.

    ``header`` gives a header by its name or None; ``query`` is the raw query string. A source that is present counts
    even when it is empty or malformed: it is then a wrong credential, and no later source is tried. An empty cookie
    is one that a browser was told to forget, so it is absent.
    """
    authorization = header("Authorization")
    if authorization is not None:
        scheme, _, value = authorization.strip().partition(" ")
        scheme = scheme.lower()
        if scheme == "bearer":
            return Credential("token", value.strip(), "authorization")
        if scheme == "basic":
            return Credential("basic", value.strip(), "authorization")
        return Credential("unknown", "", "authorization")
    value_ = header("X-Token")
    if value_ is not None:
        return Credential("token", value_.strip(), "x-token")
    # A name may be percent-encoded, so only a query with neither is known to hold none.
    arguments = _first_values(query) if query and ("token" in query or "%" in query) else {}
    if "token" in arguments:
        return Credential("token", arguments["token"], "query-token")
    value_ = header("X-Session-Token")
    if value_ is not None:
        return Credential("session", value_.strip(), "x-session-token")
    if SESSION_COOKIE in arguments:
        return Credential("session", arguments[SESSION_COOKIE], "query-session")
    if cookie_header and (value := _cookie(cookie_header)):
        return Credential("session", value, "cookie")
    return None


def _first_values(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return values


def _cookie(cookie_header: str) -> str:
    for pair in cookie_header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == SESSION_COOKIE:
            return value.strip().strip('"')
    return ""
