"""The text of a calendar, taken apart into events without parsing them. Pure.

So what cannot come any more costs next to nothing, and one broken event harms no other. Understood is RFC 5545, and
what real programs write instead: line feeds alone, lines folded in the middle of a character, a byte order mark,
encodings of Windows, events without an end.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

__all__ = ["Block", "Parts", "is_calendar", "take_apart"]

_LINE = 65536
"""Bytes of one unfolded line that count: descriptions are cut there."""
_FOLD = re.compile(rb"\n[ \t]")
_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_DATE = re.compile(r"(?<!\d)(\d{8})(?:T\d{4,6})?Z?\s*$")
_UNTIL = re.compile(r"UNTIL=(\d{8})", re.IGNORECASE)
_DAY_WITH_ZONE = re.compile(
    r"^([A-Za-z-]+(?:;[^:]*)?);TZID=(?:\"[^\"]*\"|[^;:]*)((?:;[^:]*)?:\d{8}(?:,\d{8})*)$", re.IGNORECASE
)
_ZONE_WITH_COLON = re.compile(
    r"^([A-Z-]+;(?:.*;)?TZID=)([^\";]*:[^\";]*)((?:;[^:]*)?:\d{8}[\dTZ,/P+-]*)$", re.IGNORECASE
)
_LENGTH = re.compile(r"(\d{1,6})([WDHMS])")
_DAYS = {"W": 7.0, "D": 1.0, "H": 1 / 24, "M": 1 / 1440, "S": 1 / 86400}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_ONCE = frozenset(
    [
        *("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SEQUENCE", "STATUS", "SUMMARY", "DESCRIPTION"),
        *("LOCATION", "URL", "ORGANIZER", "CREATED", "LAST-MODIFIED", "PARTSTAT", "X-MICROSOFT-CDO-ALLDAYEVENT"),
    ]
)
_OFTEN = frozenset(["RRULE", "RDATE", "EXDATE", "ATTENDEE"])
_TIMES = frozenset(["DTSTART", "DTEND", "RECURRENCE-ID"])
_DATES = _TIMES | {"RDATE", "EXDATE"}


@dataclass(slots=True)
class Block:
    """One ``VEVENT``: its lines that matter, without those that mark its begin and end."""

    lines: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    uid: str = ""
    whole: bool = False
    """Whether its end was found."""
    first: str = ""
    """The earliest day that is named as its start, end or place in a series, as ``YYYYMMDD``."""
    last: str = ""
    until: str = ""
    length: float = 0
    """Days that it may last beyond its last day, by its ``DURATION``."""

    @property
    def recurs(self) -> bool:
        """Whether it makes other instances than itself, or changes those that follow."""
        return bool(self.names & {"RRULE", "RDATE"}) or any("THISANDFUTURE" in line for line in self.lines[:40])

    @property
    def replaces(self) -> bool:
        """Whether it stands for one instance of a series."""
        return "RECURRENCE-ID" in self.names

    @property
    def days(self) -> float:
        """How long it may last."""
        first, last = _day(self.first), _day(self.last)
        return self.length + (0 if self.replaces or first is None or last is None else (last - first).days)

    def is_over(self, day: date) -> bool:
        """Whether nothing of it can be on ``day`` or later, as far as can be told without parsing it."""
        last = _day(self.last)
        if last is None or ("RDATE" in self.names) or (self.recurs and not self.until):
            return False
        if self.until and (until := _day(self.until)) is not None:
            first = _day(self.first) or last
            last = max(last, until + (last - first))
        try:
            return last + timedelta(days=self.length + 1) < day
        except OverflowError:
            return False

    def is_after(self, day: date) -> bool:
        """Whether it is wholly later than ``day``."""
        first = _day(self.first)
        return first is not None and first > day and not self.replaces


@dataclass(slots=True)
class Parts:
    """A calendar taken apart. ``zones`` are the lines of each ``VTIMEZONE``, its begin and end among them."""

    name: str = ""
    zone: str = ""
    """``X-WR-TIMEZONE``: the zone of times that have none."""
    zones: list[list[str]] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)


def is_calendar(data: bytes) -> bool:
    """Whether ``data`` begins like a calendar, in any of the encodings that are understood."""
    head = data[:65536].replace(b"\0", b"").replace(b"\r\n", b"\n").upper()
    return b"BEGIN:VCALENDAR" in _FOLD.sub(b"", head)


def take_apart(data: bytes, charset: str | None = None) -> Parts:
    """The parts of a calendar. ``charset`` is what the server says, for lines that are not UTF-8."""
    parts = Parts()
    path: list[str] = []
    block: Block | None = None
    zone: list[str] | None = None
    for line in _lines(data, charset):
        mark, _, what = line.partition(":")
        mark, what = mark.upper(), what.strip().upper()
        if mark == "BEGIN":
            if what in ("VEVENT", "VTIMEZONE"):
                # Inside another one: the end of that one is missing.
                path = ["VCALENDAR"]
                block = Block() if what == "VEVENT" else None
                zone = [] if what == "VTIMEZONE" else None
                if block is not None:
                    parts.events.append(block)
                if zone is not None:
                    parts.zones.append(zone)
            path.append(what)
        elif mark == "END":
            if what in path:
                del path[len(path) - 1 - path[::-1].index(what) :]
            if what == "VEVENT" and block is not None:
                block.whole, block = True, None
        elif block is not None and path[-1] == "VEVENT":
            _add(block, line)
        elif zone is None and block is None:
            _describe(parts, line)
        if zone is not None:
            zone.append(line)
            if mark == "END" and what == "VTIMEZONE":
                zone = None
    for number, block in enumerate(parts.events):
        block.uid = block.uid or _made_uid(number, block)
    return parts


def _lines(data: bytes, charset: str | None) -> Iterator[str]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            data = data[len(mark) :]
            if encoding != "utf-8":
                data = data.decode(encoding, "replace").encode()
            break
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Lines are unfolded before they are decoded: folding may cut a character in two.
    for line in _FOLD.sub(b"", data).split(b"\n"):
        if line:
            yield _decode(line[:_LINE], charset).replace("\0", "").rstrip()


def _decode(line: bytes, charset: str | None) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        if error.start > len(line) - 4 and len(line) == _LINE:
            return line.decode(errors="ignore")
    try:
        if charset and codecs.lookup(charset).name not in ("utf-8", "ascii", "iso8859-1"):
            return line.decode(charset)
    except (LookupError, UnicodeDecodeError):
        pass
    # What calls itself ISO 8859-1 mostly is this one, which has quotes and the euro sign in addition.
    return line.decode("cp1252", "replace")


def _add(block: Block, line: str) -> None:
    match = _NAME.match(line)
    name = match[1].upper() if match else ""
    if name in _ONCE:
        if name in block.names:
            return
    elif name not in _OFTEN:
        return
    if name in _DATES:
        # Outlook's names of zones have colons, and are not always quoted. A day has no zone, whatever is written there.
        line = _ZONE_WITH_COLON.sub(r'\1"\2"\3', line)
        line = _DAY_WITH_ZONE.sub(r"\1\2", line)
    block.names.add(name)
    block.lines.append(line)
    if name in _TIMES and (found := _DATE.search(line)):
        block.first = min(block.first or found[1], found[1])
        block.last = max(block.last, found[1])
    elif name == "UID":
        block.uid = line.partition(":")[2].strip()
    elif name == "RRULE" and (found := _UNTIL.search(line)):
        block.until = max(block.until, found[1])
    elif name == "DURATION":
        block.length = sum(int(number) * _DAYS[unit] for number, unit in _LENGTH.findall(line.upper()))


def _describe(parts: Parts, line: str) -> None:
    name, _, value = line.partition(":")
    name = name.partition(";")[0].upper()
    if name in ("X-WR-CALNAME", "NAME") and not parts.name:
        parts.name = value.replace("\\,", ",").replace("\\;", ";").strip()
    elif name == "X-WR-TIMEZONE":
        parts.zone = value.strip()


def _made_uid(number: int, block: Block) -> str:
    """For an event without one: the same again as long as the event is the same."""
    text = "\n".join(block.lines) or str(number)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
