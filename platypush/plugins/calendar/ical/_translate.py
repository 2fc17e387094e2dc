"""One instance of an event, from iCalendar to the shape that users of the calendar API know (Google's)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from urllib.parse import urlsplit

from icalendar import Component

from platypush.plugins.calendar._events import Event
from platypush.plugins.calendar.ical._zones import name_of

__all__ = ["translate"]

_TEXT = 8000
_LINE = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "tentative",
    "NEEDS-ACTION": "needsAction",
    "DELEGATED": "delegated",
}


def translate(
    item: Component, *, recurs: bool, calendar: str, local: tzinfo | None, addresses: Iterable[str] = ()
) -> Event:
    """The event of one instance. Times in UTC, or whose zone has no name of its own, are shown in the zone ``local``.

    ``addresses`` are those of the calendar's user, by which ``responseStatus`` is found. Raises ValueError when the
    times cannot be read.
    """
    start, end = _moments(item)
    uid = _text(item.get("UID"), _LINE)
    event: Event = {
        "id": f"{uid}_{_stamp(_time(item, 'RECURRENCE-ID') or start)}" if recurs else uid,
        "iCalUID": uid,
        "kind": "calendar#event",
        "status": _text(item.get("STATUS"), 40).lower() or "confirmed",
        "summary": _text(item.get("SUMMARY"), _LINE),
        "description": _text(item.get("DESCRIPTION"), _TEXT) or None,
        "location": _text(item.get("LOCATION"), _LINE) or None,
        "htmlLink": _link(item.get("URL")),
        "organizer": _person(item.get("ORGANIZER")),
        "responseStatus": _answer(item, {address.lower() for address in addresses}),
        "created": _instant(item, "CREATED"),
        "updated": _instant(item, "LAST-MODIFIED"),
        "start": _shown(start, local),
        "end": _shown(end, local),
        "calendar": calendar,
    }
    if recurs:
        event["recurringEventId"] = uid
    return event


def _moments(item: Component) -> tuple[date, date]:
    start, end = _time(item, "DTSTART"), _time(item, "DTEND")
    if start is None:
        raise ValueError("have no start")
    end = start if end is None else end
    whole = _text(item.get("X-MICROSOFT-CDO-ALLDAYEVENT"), 8).upper() == "TRUE"
    if isinstance(start, datetime) and isinstance(end, datetime):
        if whole and start.time() == end.time() == time():
            return start.date(), end.date()
        return start, end
    if isinstance(start, datetime) or isinstance(end, datetime):
        zone = next((moment.tzinfo for moment in (start, end) if isinstance(moment, datetime)), None)
        return _as_time(start, zone), _as_time(end, zone)
    return start, end


def _as_time(value: date, zone: tzinfo | None) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), zone)


def _time(item: Component, name: str) -> date | None:
    value = getattr(item.get(name), "dt", None)
    return value if isinstance(value, date) else None


def _shown(value: date, local: tzinfo | None) -> dict[str, str]:
    if not isinstance(value, datetime):
        return {"date": value.isoformat()}
    zone = name_of(value.tzinfo)
    if zone is None or (zone == "UTC" and local is not None):
        # Universal time is how programs write an instant, not where anybody is.
        value = value.astimezone(local)
        zone = name_of(local)
    shown = {"dateTime": value.isoformat(timespec="seconds")}
    return {**shown, "timeZone": zone} if zone else shown


def _stamp(value: date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return value.strftime("%Y%m%d")


def _instant(item: Component, name: str) -> str | None:
    value = _time(item, name)
    if value is None:
        return None
    return _as_time(value, UTC).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _text(value: Any, length: int) -> str:
    return "" if value is None else _CONTROL.sub("", str(value)).strip()[:length]


def _link(value: Any) -> str | None:
    """Only what a browser may follow: a calendar is written by strangers."""
    text = _text(value, 2000)
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme.lower() in ("http", "https") and parts.netloc else None


def _person(value: Any) -> dict[str, str | None] | None:
    if not value:
        return None
    return {"email": _address(value) or None, "displayName": _text(value.params.get("CN"), 200) or None}


def _address(value: Any) -> str:
    text = _text(value, 400)
    return text[7:] if text[:7].lower() == "mailto:" else text


def _answer(item: Component, addresses: set[str]) -> str | None:
    """What the calendar's user has answered to the invitation; None where there is none."""
    found = item.get("ATTENDEE") or []
    for attendee in found if isinstance(found, list) else [found]:
        if _address(attendee).lower() in addresses:
            return _ANSWERS.get(_text(attendee.params.get("PARTSTAT"), 40).upper(), "needsAction")
    return _ANSWERS.get(_text(item.get("PARTSTAT"), 40).upper())
