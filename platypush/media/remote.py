"""Media of other servers, by the standard library alone, because web workers fetch them too.

Only hosts that the configuration allows are reached: each redirect is checked like the first address, by the very
address that is connected to. Whatever the other side sends is bounded: headers, time, redirects.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from platypush.errors import BadRequest, NotFound, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.connect import connect
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["RemoteAnswer", "Remotes", "check_url", "shown"]

_OWNER = "media"
_CONNECT_SECONDS = 5.0
_HEAD_SECONDS = 15.0
"""For the whole head of an answer, however slowly it drips."""
_READ_SECONDS = 30.0
_HEAD_BYTES = 64 * 1024
_REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_ANSWERS = frozenset({200, 206, 304, 416})
_LATER = frozenset({429, 502, 503, 504})
_PASSED_ON = frozenset({"Range", "If-Range", "If-None-Match", "If-Modified-Since"})
_CONTENT_RANGE = re.compile(r"bytes (?:\d{1,18}-\d{1,18}|\*)/(?:\d{1,18}|\*)")
_OWN_HEADERS = {
    "Accept": "audio/*, video/*, image/*, */*;q=0.1",
    "Accept-Encoding": "identity",
    "User-Agent": "Platypush",
}
_KEPT_CHARACTERS = "/%:@!$&'()*+,;=-._~?[]"


class RemoteAnswer:
    """An answer of 200, 206, 304 or 416, whose body has not been read. Has to be closed."""

    def __init__(self, response: HTTPResponse, connection: HTTPConnection, url: str) -> None:
        self._response = response
        self._connection = connection
        self.status = response.status
        self.url = url

    def header(self, name: str) -> str | None:
        """A header's value."""
        return self._response.getheader(name)

    def read(self, most: int) -> bytes:
        """The next bytes of the body, as soon as there are some; nothing at its end.

        Raises Unavailable when it breaks off, TimeLimit when nothing comes for too long.
        """
        try:
            return self._response.read1(most)
        except TimeoutError as error:
            raise TimeLimit(f"{shown(self.url)} has sent nothing for {_READ_SECONDS:g} s.") from error
        except (OSError, HTTPException) as error:
            raise Unavailable(f"{shown(self.url)} broke off: {_reason(error)}") from error

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._connection.close()


class Remotes:
    """The servers that may be asked. Immutable; every method may be called by many threads or greenlets at once."""

    def __init__(self, allowed_hosts: tuple[str, ...], refused_ports: tuple[int, ...] = ()) -> None:
        """Raises ValueError for an entry that is no host."""
        self._allowed = AllowedHosts(allowed_hosts, refused_ports=refused_ports)

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> RemoteAnswer:
        """Ask for ``url``, following redirects. Of ``headers`` only those about parts and changes are passed on.

        Raises BadRequest (no such URL), Forbidden (not allowed), NotFound, Unavailable, TimeLimit.
        """
        sent = {name: value for name, value in (headers or {}).items() if name in _PASSED_ON}
        for _ in range(_REDIRECTS + 1):
            parts = check_url(url)
            answer = self._ask(method, url, parts, sent)
            if answer.status not in _REDIRECTED:
                return _checked(answer)
            target = answer.header("Location")
            answer.close()
            if not target:
                raise Unavailable(f"{shown(url)} redirects to nowhere.")
            url = urljoin(url, target)
        raise Unavailable(f"{shown(url)} was reached by more than {_REDIRECTS} redirects.")

    def _ask(self, method: str, url: str, parts: SplitResult, headers: Mapping[str, str]) -> RemoteAnswer:
        connection = _connection(parts, self._allowed)
        # However the bytes drip in: no single read would ever be late.
        guard = threading.Timer(_HEAD_SECONDS, _shut_down, (connection,))
        guard.daemon = True
        guard.start()
        try:
            connection.connect()
            target = quote(parts.path or "/", safe=_KEPT_CHARACTERS)
            query = f"?{quote(parts.query, safe=_KEPT_CHARACTERS)}" if parts.query else ""
            connection.request(method, target + query, headers={**_OWN_HEADERS, **headers})
            return RemoteAnswer(connection.getresponse(), connection, url)
        except (OSError, HTTPException) as error:
            connection.close()
            raise _meaning(TimeoutError() if guard.finished.is_set() else error, url) from error
        except BaseException:  # closed, and raised again
            connection.close()
            raise
        finally:
            guard.cancel()


def check_url(url: str) -> SplitResult:
    """The parts of a URL of HTTP that can be asked for. Raises BadRequest."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        str(parts.hostname).encode("idna")
    except ValueError as error:
        raise BadRequest(f"The source is no URL: {error}") from error
    if not fits or not url.isprintable() or " " in url:
        raise BadRequest(f"{shown(url)!r} is no source: a URL begins with http:// or https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise BadRequest("The source has a user or a password in it, which everybody who lists the media would see.")
    return parts


def shown(url: str) -> str:
    """``url`` as far as it may be shown: without user, password and arguments."""
    head, _, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{head}://{host.rpartition('@')[2]}{slash}{path}" if rest else head


class _Plain(HTTPConnection):
    def __init__(self, host: str, port: int, allowed: AllowedHosts) -> None:
        super().__init__(host, port, timeout=_CONNECT_SECONDS)
        self.response_class = _Response
        self._allowed = allowed

    def connect(self) -> None:
        self.sock = connect(self.host, self.port, self._allowed, owner=_OWNER, timeout=_CONNECT_SECONDS)
        self.sock.settimeout(_READ_SECONDS)


class _Secure(_Plain):
    default_port = HTTPSConnection.default_port

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


class _Head:
    """The lines of a head, up to a number of bytes altogether."""

    def __init__(self, file: Any, most: int) -> None:
        self._file = file
        self._left = most

    def readline(self, most: int = -1) -> bytes:
        line: bytes = self._file.readline(most)
        self._left -= len(line)
        if not line:
            # The library would take what came so far for the whole head.
            raise HTTPException("its answer breaks off in the headers")
        if self._left < 0:
            raise HTTPException(f"its headers have more than {_HEAD_BYTES} bytes")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Response(HTTPResponse):
    def begin(self) -> None:
        whole: Any = self.fp
        self.fp = _Head(whole, _HEAD_BYTES)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            # It is None where the answer has no body.
            self.fp = None if self.fp is None else whole


def _connection(parts: SplitResult, allowed: AllowedHosts) -> _Plain:
    kind = _Secure if parts.scheme == "https" else _Plain
    return kind(str(parts.hostname), parts.port or kind.default_port, allowed)


def _shut_down(connection: HTTPConnection) -> None:
    try:
        connection.sock.shutdown(socket.SHUT_RDWR)
    except (AttributeError, OSError):
        # Gone already.
        return


def _meaning(error: Exception, url: str) -> PlatypushError:
    if isinstance(error, TimeoutError):
        return TimeLimit(f"{shown(url)} did not answer in time.")
    if isinstance(error, ssl.SSLError):
        return Unavailable(f"{shown(url)} cannot be trusted: {_reason(error)}")
    return Unavailable(f"{shown(url)} cannot be reached: {_reason(error)}")


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _checked(answer: RemoteAnswer) -> RemoteAnswer:
    try:
        _check(answer)
    except BaseException:  # closed, and raised again
        answer.close()
        raise
    return answer


def _check(answer: RemoteAnswer) -> None:
    if answer.status in (404, 410):
        raise NotFound(f"{shown(answer.url)} answered {answer.status}: there is no such medium any more.")
    if answer.status not in _ANSWERS:
        wait = answer.header("Retry-After") or ""
        later = float(wait) if answer.status in _LATER and wait.isdecimal() and len(wait) < 6 else None
        raise Unavailable(f"{shown(answer.url)} answered {answer.status}.", retry_after=later)
    if (answer.header("Content-Encoding") or "identity").lower() != "identity":
        raise Unavailable(f"{shown(answer.url)} answered with packed content, although it was asked not to.")
    whole = answer.header("Content-Range")
    if answer.status == 206 and not (whole and _CONTENT_RANGE.fullmatch(whole)):
        raise Unavailable(f"{shown(answer.url)} answered with a part of its content, and did not say which.")
