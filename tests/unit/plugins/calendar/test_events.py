"""What comes next, whoever it comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from platypush.plugins.calendar._events import moment, next_events, span

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event(start: Any, end: Any = None, summary: str = "x") -> dict[str, Any]:
    key = "dateTime" if "T" in str(start) else "date"
    return {"summary": summary, "start": {key: start}, "end": {key: end} if end else None}


def test_events_are_sorted_by_when_they_are_not_by_how_that_is_written() -> None:
    events = [
        event("2026-11-23T15:00:00+01:00", summary="third"),
        event("2026-11-23T13:30:00Z", "2026-11-23T14:00:00.000Z", summary="second"),
        event("2026-11-22", "2026-11-25", summary="first"),
        event("2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z", summary="over"),
    ]
    assert [item["summary"] for item in next_events(events, NOW, 10)] == ["first", "second", "third"]
    assert [item["summary"] for item in next_events(events, NOW, 1)] == ["first"]
    assert next_events(events, NOW, 0) == next_events(events, NOW, -1) == []


def test_what_has_no_times_is_left_out() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"start": {}},
        {"start": "now"},
        {"start": {"dateTime": "soon"}},
        {"start": None},
    ]
    assert next_events(wrong, NOW, 10) == []
    for item in wrong:
        with pytest.raises(ValueError, match=r"."):
            span(item)


def test_a_time_without_a_zone_is_one_here() -> None:
    assert moment({"dateTime": "2026-11-23T12:00:00"}) == datetime(2026, 11, 23, 12).astimezone()
    assert moment({"date": "2026-11-23T00:00:00Z"}) == datetime(2026, 11, 23).astimezone()


def test_an_event_does_not_end_before_it_starts() -> None:
    start, end = span(event("2026-11-23T15:00:00Z", "2026-11-23T14:00:00Z"))
    assert start == end
