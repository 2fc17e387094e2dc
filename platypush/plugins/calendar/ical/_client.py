"""Requests to one calendar server: its password goes nowhere else, and its addresses into no message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from platypush.errors import PlatypushError, TooLarge, Unavailable
from platypush.outgoing.exchange import Answer, Exchange

__all__ = ["Client", "discreet", "refusal", "split_password", "where"]

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST = 5
_URL = re.compile(r"(https?://[^/\s'\"?#]+)[/?#][^\s'\"]*[^\s'\".,;:]")
_SOON, _LATER, _MUCH_LATER = 5.0, 60.0, 300.0
_LONGEST = 3600.0


class Client:
    """Sends requests with the user's password, to the server of ``url`` and those that it names. Safe for threads."""

    def __init__(
        self, exchange: Exchange, url: str, username: str | None, password: str | None, ssl_cafile: str | None
    ) -> None:
        self._exchange = exchange
        self._origin = _origin(url)
        self._username = username
        self._password = password or ""
        self._verify: str | bool = ssl_cafile or True
        self._digest = False

    @property
    def has_user(self) -> bool:
        """Whether there is a user to sign in as."""
        return self._username is not None

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One answer, whatever its status, after redirects. They keep the method; to another server the password does
        not go along. Raises Unavailable, TimeLimit, Forbidden, TooLarge."""
        trusted = urlsplit(url).scheme == "https" or _origin(url) == self._origin
        for _ in range(_MOST):
            answer = self._send(method, url, dict(headers or {}), body, trusted=trusted)
            target = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            target = urljoin(url, target)
            trusted = trusted and _origin(target) == _origin(url)
            url = target
        raise Unavailable(f"{where(url)} redirects in a circle.", retry_after=_LATER)

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, trusted: bool) -> Answer:
        def once() -> Answer:
            return self._exchange.request(
                method,
                url,
                headers=headers,
                data=body,
                auth=self._auth() if trusted else None,
                allow_redirects=False,
                refuse=False,
                verify=self._verify,
            )

        answer = once()
        offered = answer.headers.get("WWW-Authenticate", "").lower()
        if answer.status == 401 and trusted and self.has_user and not self._digest and "digest" in offered:
            self._digest = True
            answer = once()
        return answer

    def _auth(self) -> AuthBase | None:
        if self._username is None:
            return None
        if self._digest:
            return HTTPDigestAuth(self._username, self._password)
        # Bytes: a text would be sent in Latin-1 (RFC 7617, 2.1).
        return HTTPBasicAuth(self._username.encode(), self._password.encode())


def refusal(answer: Answer) -> Unavailable:
    """What an answer of 400 and above means, and when to ask again: a calendar that worked once will work again."""
    place, status = where(answer.url), answer.status
    if status == 401:
        return Unavailable(f"{place} refuses the user name or the password (401).", retry_after=_MUCH_LATER)
    if status == 403:
        return Unavailable(f"{place} does not allow this user to read the calendar (403).", retry_after=_LATER)
    if status in (404, 410):
        return Unavailable(f"{place} has no calendar at this address ({status}).", retry_after=_LATER)
    wait = answer.headers.get("Retry-After", "")
    seconds = min(float(wait), _LONGEST) if wait.isdecimal() else _SOON if status >= 500 else _LATER
    return Unavailable(f"{place} answered {status}.", retry_after=seconds)


def discreet(error: PlatypushError) -> Unavailable:
    """``error`` without the path of any URL in its text: that of a private calendar is a secret."""
    text = _URL.sub(r"\1/…", error.message)
    if isinstance(error, TooLarge):
        return Unavailable(text, retry_after=_LONGEST)
    wait = error.retry_after
    if wait is None and not isinstance(error, Unavailable) and error.http_status < 500:
        wait = _LATER
    return Unavailable(text, retry_after=None if wait is None else min(wait, _LONGEST))


def where(url: str) -> str:
    """The server of a URL, as messages name it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def split_password(url: str) -> tuple[str, str | None, str | None]:
    """A URL without user and password, and these two."""
    parts = urlsplit(url)
    user, separator, server = parts.netloc.rpartition("@")
    if not separator:
        return url, None, None
    name, _, password = user.partition(":")
    return urlunsplit(parts._replace(netloc=server)), unquote(name), unquote(password)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()
