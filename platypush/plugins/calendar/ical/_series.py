"""From a calendar's text to the instances of its events that come next. Pure computing, bounded only by ``Budget``."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

from icalendar import Calendar, Component
from icalendar.prop import vDDDLists, vDDDTypes
from recurring_ical_events import BadRuleStringFormat, CalendarQuery

from platypush.plugins.calendar._events import Event, next_events, span
from platypush.plugins.calendar.ical._blocks import Block, take_apart
from platypush.plugins.calendar.ical._translate import translate
from platypush.plugins.calendar.ical._zones import Zones, iana_zone, name_of

__all__ = ["Budget", "Document", "Limits", "Outcome", "Overtime", "expand"]

_BEFORE = timedelta(days=2)
"""Beyond every difference between zones, so that what is on now is looked at."""
_REQUIRED = ("DTSTART", "RRULE", "RECURRENCE-ID")
_BROKEN = "vBroken"
"""The class that newer versions of the library put in place of what they cannot read; older ones leave it out."""
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class Document:
    """One calendar as it was read. ``name`` is what its events are listed under; by default what it calls itself."""

    data: bytes
    charset: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a calendar counts: series, instances of one, instances of all, days ahead."""

    series: int = 5000
    instances: int = 400
    events: int = 2000
    days: int = 730


@dataclass(slots=True)
class Outcome:
    """The next events, sorted, and what was left out: a reason to how many events it fits."""

    events: list[Event] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


class Overtime(BaseException):
    """One series takes too long. No ``Exception``, so that no library takes it for one of its own."""


class Budget(Protocol):
    """The computing time that one series gets."""

    def __enter__(self) -> object: ...
    def __exit__(self, *exc_info: object) -> None: ...


def expand(
    documents: Iterable[Document],
    now: datetime,
    *,
    local: tzinfo | None,
    budget: Budget,
    limits: Limits,
    addresses: tuple[str, ...] = (),
) -> Outcome:
    """The instances that are not over at ``now``, from all documents.

    ``local`` is the zone for times that have none. What cannot be understood, or takes longer than ``budget`` allows
    (it raises Overtime inside of its block), is skipped and counted.
    """
    outcome = Outcome()
    for document in documents:
        parts = take_apart(document.data, document.charset)
        zones = Zones(_definitions(parts.zones), iana_zone(parts.zone) or local)
        name = document.name or parts.name
        # Google calls a user's own calendar by the user's address.
        mine = (*addresses, parts.name) if "@" in parts.name else addresses
        for blocks in _relevant(parts.events, now, limits, outcome.skipped):
            try:
                with budget:
                    outcome.events += _instances(blocks, zones, now, limits, name, mine)
            except Overtime:
                outcome.skipped["take too long to compute"] += 1
            except MemoryError:
                outcome.skipped["take too much memory"] += 1
            except Exception as error:  # noqa: BLE001 - whatever strangers wrote must not hide the other events
                outcome.skipped[_reason(error)] += 1
    chosen = next_events(outcome.events, now, limits.events)
    if len(outcome.events) > len(chosen):
        outcome.skipped["are beyond the number that is kept"] += len(outcome.events) - len(chosen)
    outcome.events = chosen
    return outcome


def _definitions(zones: Iterable[list[str]]) -> dict[str, list[str]]:
    found = {}
    for lines in zones:
        for line in lines:
            if line.upper().startswith("TZID"):
                found[line.partition(":")[2].strip().strip('"')] = lines
                break
    return found


def _relevant(events: list[Block], now: datetime, limits: Limits, skipped: Counter[str]) -> Iterator[list[Block]]:
    """The blocks of each series that has something to come; those without a rule first: they cost nothing."""
    today, last = (now - _BEFORE).date(), (now + timedelta(days=limits.days + 2)).date()
    groups: dict[str, list[Block]] = defaultdict(list)
    for block in events:
        if not block.whole:
            skipped["are cut off"] += 1
        elif "DTSTART" not in block.names:
            skipped["have no start"] += 1
        else:
            groups[block.uid].append(block)
    found = []
    for blocks in groups.values():
        if all(block.is_over(today) for block in blocks):
            continue
        if all(block.is_after(last) for block in blocks):
            continue
        # Old exceptions of a series that goes on say nothing about what comes, nor about what still lasts.
        old = today - timedelta(days=min(max(block.days for block in blocks), 3660))
        found.append([block for block in blocks if not block.replaces or not block.is_over(old)] or blocks)
    recurring = [blocks for blocks in found if any(block.recurs for block in blocks)]
    single = [blocks for blocks in found if not any(block.recurs for block in blocks)]
    single.sort(key=lambda blocks: max(block.last for block in blocks))
    kept = recurring[: limits.series // 2]
    kept = single[: limits.series - len(kept)] + kept
    if len(found) > len(kept):
        skipped["are beyond the number that is read"] += len(found) - len(kept)
    yield from kept


def _instances(
    blocks: list[Block],
    zones: Zones,
    now: datetime,
    limits: Limits,
    name: str,
    addresses: tuple[str, ...],
) -> list[Event]:
    calendar = _parse(blocks)
    for block, component in zip(blocks, calendar.walk("VEVENT"), strict=True):
        _mend(component, block, zones)
    recurs = len(blocks) > 1 or any(block.recurs or block.replaces for block in blocks)
    query = CalendarQuery(calendar)
    found: dict[str, Event] = {}
    coming: list[Event] = []
    for start, end in _windows(now, limits.days, whole=not recurs):
        for item in query.between(start, end):
            event = translate(item, recurs=recurs, calendar=name, local=zones.floating, addresses=addresses)
            if event["status"] != "cancelled":
                found.setdefault(event["id"], event)
        coming = next_events(found.values(), now, limits.instances)
        if len(coming) == limits.instances:
            break
    until = now + timedelta(days=limits.days)
    return [event for event in coming if span(event)[0] <= until]


def _windows(now: datetime, days: int, *, whole: bool) -> Iterator[tuple[datetime, datetime]]:
    """Spans of time that grow: a series that recurs each minute is not computed for years, one that recurs once a year
    not day by day."""
    start, last = (now - _BEFORE).astimezone(UTC), (now + timedelta(days=days)).astimezone(UTC)
    length = last - start if whole else timedelta(days=4)
    while start < last:
        end = min(start + length, last)
        yield start, end
        start, length = end, length * 5


def _parse(blocks: list[Block]) -> Component:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for block in blocks:
        lines += ["BEGIN:VEVENT", *([] if "UID" in block.names else [f"UID:{block.uid}"]), *block.lines, "END:VEVENT"]
    with warnings.catch_warnings(action="ignore"):
        # About names of zones that it has to guess.
        calendar = Calendar.from_ical("\r\n".join([*lines, "END:VCALENDAR", ""]).encode())
    if not isinstance(calendar, Component):
        raise ValueError("are no components")  # noqa: TRY004 - a broken event like others
    return calendar


def _mend(event: Component, block: Block, zones: Zones) -> None:
    """Take out what is broken and not needed, and give each time its zone."""
    for name in list(event.keys()):
        if any(type(value).__name__ == _BROKEN for value in _all(event[name])):
            del event[name]
    for name in _REQUIRED:
        if name in block.names and name not in event:
            raise ValueError(f"have a broken {name}")
    for name in _TIMES:
        value = event.get(name)
        if isinstance(value, vDDDTypes):
            value.dt = _placed(value.dt, value.params.get("TZID"), zones)
    for name in ("EXDATE", "RDATE"):
        for values in _all(event.get(name, [])):
            if isinstance(values, vDDDLists):
                for value in values.dts:
                    value.dt = _placed(value.dt, values.params.get("TZID"), zones)


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _placed(value: Any, zone: str | None, zones: Zones) -> Any:
    if isinstance(value, tuple):
        return tuple(_placed(item, zone, zones) for item in value)
    if not isinstance(value, datetime) or name_of(value.tzinfo) == "UTC":
        return value
    # Also where the library has found a zone: it remembers those that other calendars have described.
    return value.replace(tzinfo=(zones.find(zone) if zone else None) or value.tzinfo or zones.floating)


def _reason(error: Exception) -> str:
    """A short reason without anything that the event itself says."""
    if isinstance(error, ValueError) and str(error).startswith(("have ", "are ")):
        return str(error)
    if isinstance(error, BadRuleStringFormat):
        return "have a broken RRULE"
    return f"cannot be understood ({type(error).__name__})"
