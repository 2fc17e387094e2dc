"""One request and its answer, within limits of time, size and redirects."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from platypush.errors import ActionFailed, BadRequest, TimeLimit, TooLarge
from platypush.message import decode
from platypush.plugins.http.request._addresses import AllowedHosts
from platypush.plugins.http.request._transport import CheckedAdapter, Guard

__all__ = ["Exchange", "Limits"]

_CHUNK = 65536
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a whole request, bytes of an answer, number of redirects."""

    time: float
    size: int
    redirects: int


class Exchange:
    """Sends requests. Safe for many threads: nothing is shared between two requests, no cookie either."""

    def __init__(self, allowed: AllowedHosts, limits: Limits) -> None:
        self._allowed = allowed
        self._limits = limits

    def send(self, method: str, url: str, output: str, timeout: float | None, options: Mapping[str, Any]) -> Any:
        """The body of the answer as ``text``, ``json`` or ``binary`` (Base64).

        Raises ActionFailed (no connection, or an answer of 400 and above), BadRequest (no such URL), Forbidden
        (host not allowed), TooLarge, TimeLimit.
        """
        response, body = self._exchange(method, url, timeout, options)
        if output == "binary":
            return base64.b64encode(body).decode()
        if output == "json":
            try:
                return decode(body)
            except BadRequest as error:
                raise ActionFailed(f"The answer of {_shown(url)} is not JSON: {error.message}") from error
        return body.decode(response.encoding or "utf-8", "replace")

    def headers(self, method: str, url: str, timeout: float | None, options: Mapping[str, Any]) -> dict[str, str]:
        """The headers of the answer. Raises like ``send``."""
        return dict(self._exchange(method, url, timeout, options)[0].headers)

    def _exchange(
        self, method: str, url: str, timeout: float | None, options: Mapping[str, Any]
    ) -> tuple[requests.Response, bytes]:
        if urlsplit(url).scheme.lower() not in _SCHEMES:
            raise BadRequest(f"{_shown(url)!r} cannot be requested: a URL begins with http:// or https://.")
        seconds = self._limits.time if timeout is None else timeout
        with Guard(seconds) as guard, requests.Session() as session:
            # Neither proxies nor passwords from the environment: connections are checked where they really go.
            session.trust_env = False
            session.max_redirects = self._limits.redirects
            for scheme in _SCHEMES:
                session.mount(f"{scheme}://", CheckedAdapter(self._allowed, guard))
            try:
                with session.request(method, url, stream=True, timeout=seconds, **options) as response:
                    body = self._read(response)
            except requests.Timeout as error:
                raise _late(url, seconds) from error
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
                raise BadRequest(f"{_shown(url)!r} cannot be requested: {error}") from error
            except requests.RequestException as error:
                if guard.expired:
                    raise _late(url, seconds) from error
                raise ActionFailed(f"{method} {_shown(url)} failed: {error}") from error

            if guard.expired:
                # Without a length in its headers a body that is cut off looks like a complete one.
                raise _late(url, seconds)
        self._check(response, body)
        return response, body

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limits.size:
                raise TooLarge(f"The answer of {_shown(response.url)} is larger than {self._limits.size} bytes.")
        return bytes(body)

    def _check(self, response: requests.Response, body: bytes) -> None:
        if response.status_code >= 400:
            raise ActionFailed(
                f"{_shown(response.url)} answered {response.status_code} {response.reason}",
                details={"status": response.status_code, "body": body[:1000].decode(errors="replace")},
            )


def _late(url: str, seconds: float) -> TimeLimit:
    return TimeLimit(f"{_shown(url)} did not answer completely within {seconds:g} s.")


def _shown(url: str) -> str:
    """``url`` as far as it may be shown: without user, password and arguments."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
