"""Time zones as calendars name them: by IANA's names, by those of Windows, with a prefix, or by rules of their own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

__all__ = ["Zones", "iana_zone", "local_zone", "name_of"]

_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+-])(\d{1,2}):?(\d{2})?\b", re.IGNORECASE)
_UTC = frozenset({"UTC", "GMT", "Z", "ETC/UTC", "TZONE://MICROSOFT/UTC", "COORDINATED UNIVERSAL TIME"})
_RULE = re.compile(
    r"RRULE:(?:FREQ=YEARLY|INTERVAL=1|BYMONTH=\d{1,2}|BYDAY=[+-]?\d?[A-Z]{2}|BYMONTHDAY=[\d,-]{1,24}|UNTIL=\w+|"
    r"WKST=[A-Z]{2}|COUNT=\d{1,4}|;)+$",
    re.IGNORECASE,
)
_PARTS = 400
"""Lines of a VTIMEZONE beyond which it is no description of a zone any more."""


class Zones:
    """The zones of one calendar. Not thread-safe."""

    def __init__(self, definitions: Mapping[str, list[str]], floating: tzinfo | None) -> None:
        """``definitions`` maps the ``TZID`` of each VTIMEZONE to its lines; ``floating`` is for times without one."""
        self._definitions = definitions
        self.floating = floating
        self._known: dict[str, tzinfo | None] = {}

    def find(self, name: str) -> tzinfo | None:
        """The zone of that name; None for one that nobody knows."""
        name = name.strip().strip('"')
        if name not in self._known:
            self._known[name] = iana_zone(name) or self._defined(name) or _by_offset(name)
        return self._known[name]

    def _defined(self, name: str) -> tzinfo | None:
        lines = self._definitions.get(name)
        rules = [line for line in lines or () if line.upper().startswith("RRULE")]
        # A rule that makes a date for each second would be followed for ever.
        if lines is None or len(lines) > _PARTS or not all(_RULE.match(rule) for rule in rules):
            return None
        try:
            zone = Timezone.from_ical("\r\n".join([*lines, ""]).encode())
            if not isinstance(zone, Timezone):
                return None
            found = _Remembered(zone.to_tz(lookup_tzid=False))
            found.utcoffset(datetime(2026, 1, 1))  # noqa: DTZ001 - asked in the zone's own time
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            return None
        return found


class _Remembered(tzinfo):
    """A zone made of rules, which are followed from their first year on for each question: here once for each month,
    and in those in which the clocks change once for each day."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._same: dict[tuple[int, int], timedelta | None] = {}

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """See tzinfo."""
        if moment is None:
            return None
        plain = moment.replace(tzinfo=None)
        day = plain.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        month = day.replace(day=1)
        for first, length in ((month, 31), (day, 1)):
            key = (first.toordinal(), length)
            if key not in self._same:
                before, after = self._zone.utcoffset(first), self._zone.utcoffset(first + timedelta(days=length))
                self._same[key] = before if before == after else None
            if (same := self._same[key]) is not None:
                return same
        return self._zone.utcoffset(plain)

    def fromutc(self, moment: datetime) -> datetime:
        """See tzinfo."""
        return self._zone.fromutc(moment.replace(tzinfo=self._zone)).replace(tzinfo=self)

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Nobody asks."""
        return None

    def tzname(self, _moment: datetime | None) -> str | None:
        """It has none that anybody would know."""
        return None


def iana_zone(name: str) -> tzinfo | None:
    """A zone by IANA's name, one of Windows, or a longer name that ends in one of these (RFC 5545, 3.8.3.1)."""
    name = name.strip().strip("/")
    if name.upper() in _UTC:
        return UTC
    parts = name.split("/")
    for candidate in (name, *("/".join(parts[-count:]) for count in (3, 2) if count < len(parts))):
        if zone := _zone(WINDOWS_TO_OLSON.get(candidate, candidate)):
            return zone
    return None


def local_zone() -> tzinfo | None:
    """The zone of this machine by its name; None when it has none that can be found."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        try:
            name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
        except OSError:
            return None
    return iana_zone(name)


def name_of(zone: tzinfo | None) -> str | None:
    """IANA's name of a zone; None where it has none."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC" if zone is UTC else None


def _zone(name: str) -> tzinfo | None:
    if not name or name.startswith(".") or ".." in name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _by_offset(name: str) -> tzinfo | None:
    match = _OFFSET.search(name)
    if not match:
        return None
    shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(shift if match[1] == "+" else -shift) if shift < timedelta(hours=24) else None
