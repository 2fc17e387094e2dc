"""Which part of a file a request gets (RFC 9110, sections 13 and 14). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from werkzeug.http import http_date, parse_date, parse_etags

__all__ = ["Selection", "Version", "is_plain", "select"]

_RANGE = re.compile(r"(\d+)-(\d*)|-(\d+)")
_PLAIN = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})", re.IGNORECASE)
_TOO_LONG = 18
"""Digits. No file has so many bytes, and Python refuses to read thousands of digits."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a file: its bytes, and when it changed, in whole seconds since the epoch."""

    size: int
    modified: int

    @property
    def etag(self) -> str:
        """The tag that nginx gives to the same file, so that a client may change between the two."""
        return f"{self.modified:x}-{self.size:x}"

    @property
    def last_modified(self) -> str:
        """For the header."""
        return http_date(self.modified)


class Selection(NamedTuple):
    """The answer's status, and for 200 and 206 what of the file goes with it."""

    status: int
    first: int = 0
    length: int = 0

    def content_range(self, size: int) -> str:
        """The header of a 206."""
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def select(header: Callable[[str], str | None], version: Version, *, method: str) -> Selection:
    """What a GET or HEAD for a file at ``version`` gets: 200, 206, 304, 412 or 416.

    ``header`` gives a header of the request. A range counts for GET only; a list of them, one that is none and one of
    another unit are ignored, as section 14.2 allows.
    """
    if (status := _precondition(header, version)) is not None:
        return Selection(status)
    wanted = header("Range")
    if method != "GET" or wanted is None or not _is_same(header("If-Range"), version):
        return Selection(200, 0, version.size)
    return _part(wanted, version.size) or Selection(200, 0, version.size)


def is_plain(wanted: str) -> bool:
    """Whether a Range header is one single range, written so that every server understands it."""
    return _PLAIN.fullmatch(wanted) is not None


def _precondition(header: Callable[[str], str | None], version: Version) -> int | None:
    """In the order of section 13.2.2."""
    match, unmodified = header("If-Match"), parse_date(header("If-Unmodified-Since"))
    if match is not None:
        if not parse_etags(match).contains(version.etag):
            return 412
    elif unmodified is not None and version.modified > unmodified.timestamp():
        return 412
    none_match, since = header("If-None-Match"), parse_date(header("If-Modified-Since"))
    if none_match is not None:
        return 304 if parse_etags(none_match).contains_weak(version.etag) else None
    return 304 if since is not None and version.modified <= since.timestamp() else None


def _is_same(condition: str | None, version: Version) -> bool:
    """Whether ``If-Range`` holds: by a strong tag, or by exactly the date that was told."""
    if condition is None:
        return True
    condition = condition.strip()
    if condition.startswith(('"', "W/")):
        return condition == f'"{version.etag}"'
    date = parse_date(condition)
    return date is not None and date.timestamp() == version.modified


def _part(wanted: str, size: int) -> Selection | None:
    unit, _, text = wanted.partition("=")
    specs = [spec.strip() for spec in text.split(",") if spec.strip()]
    found = _RANGE.fullmatch(specs[0]) if unit.strip().lower() == "bytes" and len(specs) == 1 else None
    if found is None:
        return None
    if found[3] is not None:
        length = min(_number(found[3]), size)
        return Selection(206, size - length, length) if length else Selection(416)
    first = _number(found[1])
    last = _number(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        return Selection(416)
    return Selection(206, first, min(last, size - 1) - first + 1)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _TOO_LONG else 10**_TOO_LONG
