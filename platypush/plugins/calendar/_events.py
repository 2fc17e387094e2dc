"""Decisions about events in the shape that the actions give: when they are, and which ones come next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

__all__ = ["Event", "is_coming", "moment", "next_events", "span"]

Event = dict[str, Any]


def moment(value: Mapping[str, Any]) -> datetime:
    """The instant of a ``start`` or ``end``, with a time zone: of a ``date`` its midnight here.

    Raises ValueError for what is neither.
    """
    text = value.get("dateTime")
    if isinstance(text, str):
        return _aware(datetime.fromisoformat(text))
    text = value.get("date")
    if isinstance(text, str):
        return _aware(datetime.combine(date.fromisoformat(text[:10]), time()))
    raise ValueError("neither dateTime nor date")


def span(event: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Start and end of an event; without an end it has no length. Raises ValueError when it has no start."""
    try:
        start = moment(event["start"])
        end = moment(event["end"]) if event.get("end") else start
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"its start or end cannot be read: {error}") from error
    return start, max(start, end)


def is_coming(start: datetime, end: datetime, now: datetime) -> bool:
    """Whether an event from ``start`` to ``end`` is not over; one without length is over when it has begun."""
    return end > now or start == end == now


def next_events(events: Iterable[Event], now: datetime, max_results: int) -> list[Event]:
    """The first ``max_results`` events that are not over, sorted by start: those that happen now come first.

    Events whose times cannot be read are left out.
    """
    found: list[tuple[datetime, datetime, str, Event]] = []
    for event in events:
        try:
            start, end = span(event)
        except ValueError:
            continue
        if is_coming(start, end, now):
            found.append((start, end, str(event.get("summary") or ""), event))
    found.sort(key=lambda item: item[:3])
    return [event for *_, event in found[: max(0, max_results)]]


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.astimezone()
