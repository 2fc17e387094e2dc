"""The XML of CalDAV (RFC 4791, 4918, 6638): what is asked, and what the answers say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

__all__ = ["PROPFIND", "Resource", "calendar_data", "calendar_query", "read_resources"]

_D = "{DAV:}"
_C = "{urn:ietf:params:xml:ns:caldav}"
_S = "{http://calendarserver.org/ns/}"

PROPFIND = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/">'
    b"<d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/><d:sync-token/><s:getctag/>"
    b"<c:calendar-home-set/><c:supported-calendar-component-set/></d:prop></d:propfind>"
)
"""Asks for all that finding calendars needs, of whatever kind of resource it is."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a server says about one address. All addresses are absolute; ``version`` changes when the content does."""

    url: str
    is_calendar: bool = False
    name: str | None = None
    version: str | None = None
    principal: str | None = None
    home: str | None = None


def calendar_query(start: datetime, end: datetime) -> bytes:
    """Asks for the events that touch the time from ``start`` to ``end`` (RFC 4791, 7.8): series as a whole."""
    span = f'start="{_stamp(start)}" end="{_stamp(end)}"'
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
        "<d:prop><c:calendar-data/></d:prop>"
        '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f"<c:time-range {span}/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    ).encode()


def read_resources(body: bytes, url: str) -> list[Resource]:
    """The resources of the answer to ``PROPFIND`` at ``url``. Raises ValueError for what is no such answer."""
    return [_resource(found, url) for found in _responses(body)]


def calendar_data(body: bytes) -> Iterator[bytes]:
    """The calendars in the answer to a ``calendar_query``, one for each series. Raises ValueError."""
    for found in _responses(body):
        for text in (data.text for data in found.iter(f"{_C}calendar-data")):
            if text and text.strip():
                yield text.strip().encode()


def _responses(body: bytes) -> Iterable[Element]:
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ValueError(f"its XML cannot be used ({type(error).__name__})") from error
    if root.tag != f"{_D}multistatus":
        raise ValueError("it is no answer of a WebDAV server")
    return root.findall(f"{_D}response")


def _resource(found: Element, base: str) -> Resource:
    url = urljoin(base, (found.findtext(f"{_D}href") or "").strip())
    given: dict[str, Element] = {}
    for group in found.findall(f"{_D}propstat"):
        # Those that the server does not know or may not tell stand in groups of their own.
        if " 200" in (group.findtext(f"{_D}status") or " 200"):
            given |= {item.tag: item for item in group.findall(f"{_D}prop/*")}
    kinds = {item.tag for item in given.get(f"{_D}resourcetype", ())}
    components = [(item.get("name") or "").upper() for item in given.get(f"{_C}supported-calendar-component-set", ())]
    return Resource(
        url=url,
        is_calendar=f"{_C}calendar" in kinds and (not components or "VEVENT" in components),
        name=_text(given, f"{_D}displayname"),
        version=_text(given, f"{_S}getctag") or _text(given, f"{_D}sync-token"),
        principal=_href(given, f"{_D}current-user-principal", base),
        home=_href(given, f"{_C}calendar-home-set", base),
    )


def _text(given: dict[str, Element], name: str) -> str | None:
    return (given[name].text or "").strip() or None if name in given else None


def _href(given: dict[str, Element], name: str, base: str) -> str | None:
    text = (given[name].findtext(f"{_D}href") or "").strip() if name in given else ""
    return urljoin(base, text) if text else None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
