"""One request and its answer, within limits of time, size and redirects."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from platypush.errors import ActionFailed, BadRequest, PlatypushError, TimeLimit, TooLarge, Unavailable
from platypush.message import decode
from platypush.outgoing.hosts import AllowedHosts
from platypush.outgoing.transport import CheckedAdapter, Guard

__all__ = ["Answer", "Exchange", "Limits", "shown"]

_CHUNK = 65536
_SCHEMES = ("http", "https")
_CONNECTION = re.compile(r"^\w+\(host=.*?, port=\d+\): ")
"""What urllib3 writes before each reason."""
_LATER = frozenset({429, 502, 503, 504})
"""Answers after which the same request may work in a while (RFC 9110, 15.6; RFC 6585, 4)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a whole request, bytes of an answer, number of redirects."""

    time: float = 30
    size: int = 16 * 1024 * 1024
    redirects: int = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. ``headers`` ignore case; ``url`` is where the redirects led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    encoding: str | None = None

    def text(self) -> str:
        """The body in its encoding, by default UTF-8; what does not fit is replaced."""
        return self.body.decode(self.encoding or "utf-8", "replace")

    def json(self) -> Any:
        """The body, decoded. Raises ActionFailed when it is no JSON."""
        try:
            return decode(self.body)
        except BadRequest as error:
            raise ActionFailed(f"The answer of {shown(self.url)} is not JSON: {error.message}") from error


class Exchange:
    """Sends requests. Safe for many threads: nothing is shared between two requests, no cookie either."""

    def __init__(
        self, allowed: AllowedHosts, limits: Limits | None = None, *, owner: str, fingerprint: str | None = None
    ) -> None:
        """``owner`` is the section of the configuration that has ``allowed_hosts``, for messages.

        With ``fingerprint`` (SHA-256, in hexadecimal) an HTTPS server has to have that very certificate, whoever issued
        it and whatever name is in it: for devices that sign their own.
        """
        self._allowed = allowed
        self._fingerprint = fingerprint
        self._limits = limits or Limits()
        self._owner = owner
        self._lock = threading.Lock()
        self._under_way: set[Guard] = set()
        self._interrupted = False

    @property
    def under_way(self) -> int:
        """How many requests wait for their answers now."""
        return len(self._under_way)

    def interrupt(self) -> None:
        """End every request that is under way, and refuse further ones, with Unavailable: whoever wanted the answers
        stops. From any thread."""
        with self._lock:
            self._interrupted = True
            guards = tuple(self._under_way)
        for guard in guards:
            guard.expire()

    @contextlib.contextmanager
    def _guarded(self, url: str, seconds: float) -> Iterator[Guard]:
        with Guard(seconds) as guard:
            with self._lock:
                if self._interrupted:
                    raise Unavailable(f"{shown(url)} is not asked any more: {self._owner} stops.")
                self._under_way.add(guard)
            try:
                yield guard
            finally:
                with self._lock:
                    self._under_way.discard(guard)

    def request(
        self, method: str, url: str, *, timeout: float | None = None, refuse: bool = True, **options: Any
    ) -> Answer:
        """Send one request and read the whole answer. ``options`` are those of ``requests.request``.

        Raises Unavailable (no connection, or an answer that asks to come back later), TimeLimit, ActionFailed (an
        answer of 400 and above, unless ``refuse`` is False), BadRequest (no such URL), Forbidden (host not allowed),
        TooLarge.
        """
        if urlsplit(url).scheme.lower() not in _SCHEMES:
            raise BadRequest(f"{shown(url)!r} cannot be requested: a URL begins with http:// or https://.")
        seconds = self._limits.time if timeout is None else timeout
        with self._guarded(url, seconds) as guard, requests.Session() as session:
            # Neither proxies nor passwords from the environment: connections are checked where they really go.
            session.trust_env = False
            session.max_redirects = self._limits.redirects
            for scheme, fingerprint in (("http", None), ("https", self._fingerprint)):
                session.mount(f"{scheme}://", CheckedAdapter(self._allowed, guard, self._owner, fingerprint))
            if self._fingerprint is not None:
                # Issuer and name count for nothing then: the certificate itself is compared.
                session.verify = False
            try:
                with session.request(method, url, stream=True, timeout=seconds, **options) as response:
                    body = self._read(response)
            except requests.RequestException as error:
                raise self._failure(error, method, url, guard, seconds) from error
            if guard.expired:
                # Without a length in its headers a body that is cut off looks like a complete one.
                raise _late(url, seconds)
        if refuse:
            _check(response, body)
        return Answer(response.status_code, response.headers, body, response.url, response.encoding)

    def _failure(
        self, error: requests.RequestException, method: str, url: str, guard: Guard, seconds: float
    ) -> PlatypushError:
        if self._interrupted:
            return Unavailable(f"{shown(url)} was left before it answered: {self._owner} stops.")
        return _failure(error, method, url, seconds if guard.expired else None)

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limits.size:
                raise TooLarge(f"The answer of {shown(response.url)} is larger than {self._limits.size} bytes.")
        return bytes(body)


def shown(url: str) -> str:
    """``url`` as far as it may be shown: without user, password and arguments."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _failure(error: requests.RequestException, method: str, url: str, expired: float | None) -> PlatypushError:
    if expired is not None:
        return _late(url, expired)
    if isinstance(error, requests.Timeout):
        return TimeLimit(f"{shown(url)} did not answer in time.")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return BadRequest(f"{shown(url)!r} cannot be requested: {error}")
    if isinstance(error, requests.TooManyRedirects):
        return ActionFailed(f"{method} {shown(url)} failed: {error}")
    return Unavailable(f"{method} {shown(url)} failed: {_reason(error)}")


def _reason(error: requests.RequestException) -> str:
    """The innermost cause: what wraps it repeats the address, arguments and all."""
    cause: BaseException = error
    while isinstance(inner := getattr(cause, "reason", None) or next(iter(cause.args), None), BaseException):
        cause = inner
    text = _CONNECTION.sub("", str(cause)) or type(cause).__name__
    return text.removeprefix("Failed to establish a new connection: ")


def _late(url: str, seconds: float) -> TimeLimit:
    return TimeLimit(f"{shown(url)} did not answer completely within {seconds:g} s.")


def _check(response: requests.Response, body: bytes) -> None:
    if response.status_code < 400:
        return
    text = f"{shown(response.url)} answered {response.status_code} {response.reason}"
    details = {"status": response.status_code, "body": body[:1000].decode(errors="replace")}
    if response.status_code in _LATER:
        wait = response.headers.get("Retry-After", "")
        raise Unavailable(text, details=details, retry_after=float(wait) if wait.isdecimal() else None)
    raise ActionFailed(text, details=details)
