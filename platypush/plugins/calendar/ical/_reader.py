"""Reading a calendar from where it is: a file, a folder of files, a URL, or the calendars of a CalDAV account."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from platypush.errors import Unavailable
from platypush.outgoing.exchange import Answer
from platypush.plugins.calendar.ical._blocks import is_calendar
from platypush.plugins.calendar.ical._client import Client, refusal, where
from platypush.plugins.calendar.ical._dav import PROPFIND, Resource, calendar_data, calendar_query, read_resources
from platypush.plugins.calendar.ical._series import Document

__all__ = ["AccountReader", "FileReader", "Reader", "Reading", "Span", "UrlReader", "WebReader"]

_WRONG = 60.0
"""Seconds until what is no calendar is asked for again."""
_FILES = 5000
_ACCEPT = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}


@dataclass(frozen=True, slots=True)
class Span:
    """The time whose events are wanted."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. ``documents`` is None when nothing has changed; ``versions`` is for the next reading."""

    documents: list[Document] | None
    versions: dict[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """One source. For one thread at a time."""

    def read(self, versions: dict[str, str], span: Span) -> Reading:
        """Read it unless it has the ``versions`` of the last reading. Raises PlatypushError."""


class FileReader:
    """A file, or all files ``*.ics`` of a folder."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def read(self, versions: dict[str, str], _span: Span) -> Reading:
        """See Reader. Raises Unavailable, for a file that is too large as well."""
        try:
            paths = sorted(self._path.glob("*.ics"))[:_FILES] if self._path.is_dir() else [self._path]
            found = {path: path.stat() for path in paths}
            changed = {"files": _digest(f"{path} {s.st_mtime_ns} {s.st_size} {s.st_ino}" for path, s in found.items())}
            if changed == versions:
                return Reading(None, versions)
            if sum(status.st_size for status in found.values()) > self._size:
                raise Unavailable(f"{self._path} is larger than {self._size} bytes.", retry_after=_WRONG)
            documents = [Document(_content(path, self._size)) for path in paths]
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror or error}") from error
        if not all(is_calendar(document.data) for document in documents):
            raise Unavailable(f"{self._path} is no calendar: it has no line BEGIN:VCALENDAR.", retry_after=_WRONG)
        return Reading(documents, changed)


class UrlReader:
    """A calendar at a URL, fetched anew only when the server says that it changed (RFC 9110, 13)."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    def read(self, versions: dict[str, str], _span: Span) -> Reading:
        """See Reader."""
        headers = dict(_ACCEPT)
        if "etag" in versions:
            headers["If-None-Match"] = versions["etag"]
        if "modified" in versions:
            headers["If-Modified-Since"] = versions["modified"]
        answer = self._client.request("GET", self._url, headers=headers)
        if answer.status == 304 and versions:
            return Reading(None, versions)
        if answer.status >= 300:
            raise refusal(answer)
        if not is_calendar(answer.body):
            kind = answer.headers.get("Content-Type", "").partition(";")[0] or "something"
            hint = " Perhaps it wants you to sign in: use the calendar's private address." if "html" in kind else ""
            raise Unavailable(f"{where(answer.url)} answered with {kind}, not a calendar.{hint}", retry_after=_WRONG)
        found = {"digest": hashlib.sha256(answer.body).hexdigest()}
        found |= {name: answer.headers[key] for name, key in _VALIDATORS if answer.headers.get(key)}
        unchanged = "digest" in versions and versions["digest"] == found["digest"]
        return Reading(None if unchanged else [Document(answer.body, answer.encoding)], found)


_VALIDATORS = (("etag", "ETag"), ("modified", "Last-Modified"))


class AccountReader:
    """Calendars on a CalDAV server: the one at the URL, or all those of the user whose account the URL belongs to."""

    def __init__(self, client: Client, url: str, wanted: Sequence[str] | None, size: int) -> None:
        """``wanted`` are the names of the calendars to take; None means all."""
        self._client = client
        self._url = url
        self._wanted = None if wanted is None else {name.casefold() for name in wanted}
        self._size = size
        self._home: str | None = None

    def is_one(self) -> bool:
        """Whether there are calendars of this kind at the URL. Raises PlatypushError when that cannot be told now."""
        try:
            return bool(self._calendars())
        except _NoDavError:
            return False

    def read(self, versions: dict[str, str], span: Span) -> Reading:
        """See Reader."""
        calendars = self._calendars()
        if self._wanted is not None:
            calendars = self._chosen(calendars, self._wanted)
        days = f"{span.start:%Y%m%d}-{span.end:%Y%m%d}"
        found = {item.url: f"{item.version} {days} {item.name}" for item in calendars if item.version}
        if len(found) == len(calendars) and versions == found | {"digest": versions.get("digest")}:
            return Reading(None, versions)
        documents, left = [], self._size
        for item in calendars:
            for data in self._events(item, span):
                left -= len(data)
                documents.append(Document(data, name=item.name))
            if left < 0:
                raise Unavailable(
                    f"{where(self._url)} has calendars of more than {self._size} bytes. Name some in calendars.",
                    retry_after=3600,
                )
        found["digest"] = _digest([days, *(f"{d.name} {hashlib.sha256(d.data).hexdigest()}" for d in documents)])
        return Reading(None if found["digest"] == versions.get("digest") else documents, found)

    def _events(self, calendar: Resource, span: Span) -> Iterator[bytes]:
        body = calendar_query(span.start, span.end)
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        answer = self._client.request("REPORT", calendar.url, headers=headers, body=body)
        if answer.status == 207:
            try:
                yield from list(calendar_data(answer.body))
            except ValueError as error:
                raise _unreadable(answer, error) from error
            return
        if answer.status in (401, 404, 410, 429) or answer.status >= 500:
            raise refusal(answer)
        # A server that has no such report; most give the whole calendar.
        answer = self._client.request("GET", calendar.url, headers=_ACCEPT)
        if answer.status >= 400 or not is_calendar(answer.body):
            raise refusal(answer)
        yield answer.body

    def _calendars(self) -> list[Resource]:
        """The calendars at the URL, else those of the account (RFC 6764, 6)."""
        if self._home is not None:
            return [item for item in self._ask(self._home, "1") if item.is_calendar]
        here = self._first(self._ask(self._url, "0"))
        if here.is_calendar:
            return [here]
        if here.home is None and here.principal is not None:
            here = self._first(self._ask(here.principal, "0"))
        home = here.home or self._url
        calendars = [item for item in self._ask(home, "1") if item.is_calendar]
        if not calendars:
            raise _NoDavError(f"{where(self._url)} has no calendar for this user at this address.", retry_after=_WRONG)
        self._home = home
        return calendars

    def _ask(self, url: str, depth: str) -> list[Resource]:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        answer = self._client.request("PROPFIND", url, headers=headers, body=PROPFIND)
        bare = urlsplit(url).path in ("", "/") and "/.well-known/" not in url
        if answer.status != 207 and bare and answer.status not in (401, 429) and answer.status < 500:
            return self._ask(urljoin(url, "/.well-known/caldav"), depth)
        if answer.status == 207:
            try:
                return read_resources(answer.body, answer.url)
            except ValueError as error:
                raise _unreadable(answer, error) from error
        if answer.status in (401, 429, 500, 502, 503, 504):
            raise refusal(answer)
        self._home = None
        raise _NoDavError(str(refusal(answer)), retry_after=_WRONG)

    @staticmethod
    def _first(found: list[Resource]) -> Resource:
        return found[0] if found else Resource("")

    def _chosen(self, calendars: list[Resource], wanted: set[str]) -> list[Resource]:
        chosen = [item for item in calendars if (item.name or "").casefold() in wanted]
        if not chosen:
            names = ", ".join(sorted(item.name for item in calendars if item.name))
            raise Unavailable(f"{where(self._url)} has none of the named calendars, but: {names}.", retry_after=_WRONG)
        return chosen


class WebReader:
    """A URL of which it turns out whether it is a CalDAV account or a calendar to download."""

    def __init__(self, client: Client, url: str, wanted: Sequence[str] | None, size: int) -> None:
        self._plain = UrlReader(client, url)
        self._account = AccountReader(client, url, wanted, size)
        self._ask = client.has_user or urlsplit(url).path in ("", "/") or urlsplit(url).path.endswith("/")
        self._found: Reader | None = None

    def read(self, versions: dict[str, str], span: Span) -> Reading:
        """See Reader."""
        reader = self._found or (self._account if self._ask and self._account.is_one() else self._plain)
        reading = reader.read(versions, span)
        self._found = reader
        return reading


class _NoDavError(Unavailable):
    """The server is there, and no CalDAV one at this address."""


def _unreadable(answer: Answer, error: ValueError) -> Unavailable:
    return Unavailable(f"{where(answer.url)} answered what is not understood: {error}.", retry_after=_WRONG)


def _content(path: Path, size: int) -> bytes:
    # A pipe or a device would keep its reader waiting.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is no file")
        data = file.read(size + 1)
    if len(data) > size:
        raise OSError(f"it is larger than {size} bytes")
    return data


def _digest(texts: Iterator[str] | Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
