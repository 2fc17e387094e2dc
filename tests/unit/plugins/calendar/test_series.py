"""Recurring events, and what is upcoming at a moment."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from platypush.plugins.calendar.ical._series import Document, Limits, expand
from tests.unit.plugins.calendar.computing import BERLIN, NOON, calendar, compute, starts


def test_a_series_keeps_its_time_of_day_over_the_change_of_the_clocks() -> None:
    data = calendar("UID:1\nDTSTART;TZID=Europe/Berlin:20261001T080000\nRRULE:FREQ=DAILY\nSUMMARY:x")
    found = starts(compute(data, datetime(2026, 10, 24, 12, tzinfo=UTC)), 2)
    assert [start for start, _ in found] == ["2026-10-25T08:00:00+01:00", "2026-10-26T08:00:00+01:00"]
    found = starts(compute(data, datetime(2026, 10, 23, 12, tzinfo=UTC)), 2)
    assert [start for start, _ in found] == ["2026-10-24T08:00:00+02:00", "2026-10-25T08:00:00+01:00"]


def test_a_series_without_a_zone_keeps_its_time_of_day_here() -> None:
    data = calendar("UID:1\nDTSTART:20261001T080000\nRRULE:FREQ=DAILY\nSUMMARY:x")
    found = starts(compute(data, datetime(2026, 10, 24, 12, tzinfo=UTC)), 1)
    assert found == [("2026-10-25T08:00:00+01:00", "x")]


def test_an_event_in_the_hour_that_does_not_exist_is_shown() -> None:
    data = calendar("UID:1\nDTSTART;TZID=Europe/Berlin:20270328T023000\nSUMMARY:x")
    assert len(compute(data, datetime(2027, 3, 27, tzinfo=UTC)).events) == 1


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 11, 24, 23, 59, 59, tzinfo=BERLIN), True),
        (datetime(2026, 11, 25, 0, 0, 0, tzinfo=BERLIN), False),
    ],
)
def test_a_day_is_over_at_midnight_here(now: datetime, shown: bool) -> None:
    # In the zone of the process that computes, which the hub sets by TZ: here the same as in the actions.
    local = now.replace(tzinfo=None).astimezone()
    assert bool(compute(calendar("UID:1\nDTSTART;VALUE=DATE:20261124\nSUMMARY:x"), local).events) is shown


@pytest.mark.parametrize(
    ("minutes", "shown"), [(-61, True), (-1, True), (0, False), (1, False)], ids=["before", "during", "end", "after"]
)
def test_an_event_is_shown_until_it_is_over(minutes: int, shown: bool) -> None:
    now = datetime(2026, 11, 24, 11, tzinfo=UTC) + timedelta(minutes=minutes)
    data = calendar("UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T110000Z\nSUMMARY:x")
    assert bool(compute(data, now).events) is shown


def test_an_event_without_length_is_shown_until_it_begins() -> None:
    data = calendar("UID:1\nDTSTART:20261124T100000Z\nSUMMARY:x")
    at = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert compute(data, at).events
    assert not compute(data, at + timedelta(seconds=1)).events


def test_a_long_event_that_began_weeks_ago_is_shown() -> None:
    data = calendar(
        "UID:1\nDTSTART;VALUE=DATE:20261001\nDURATION:P9W\nSUMMARY:By duration",
        "UID:2\nDTSTART;VALUE=DATE:20261002\nDTEND;VALUE=DATE:20261224\nSUMMARY:By end",
        "UID:3\nDTSTART;VALUE=DATE:20261001\nDURATION:P7W\nSUMMARY:Over",
    )
    assert [name for _, name in starts(compute(data))] == ["By duration", "By end"]


def test_an_override_may_move_an_instance_from_the_past_into_the_future_and_back() -> None:
    data = calendar(
        "UID:1\nDTSTART:20261102T100000Z\nRRULE:FREQ=WEEKLY;COUNT=6\nSUMMARY:Plan",
        "UID:1\nRECURRENCE-ID:20261109T100000Z\nDTSTART:20261125T150000Z\nSUMMARY:Postponed",
        "UID:1\nRECURRENCE-ID:20261130T100000Z\nDTSTART:20261103T150000Z\nSUMMARY:Brought forward",
    )
    assert starts(compute(data)) == [
        ("2026-11-25T16:00:00+01:00", "Postponed"),
        ("2026-12-07T11:00:00+01:00", "Plan"),
    ]


def test_this_and_future_moves_the_rest_of_a_series() -> None:
    data = calendar(
        "UID:1\nDTSTART:20261102T100000Z\nDTEND:20261102T110000Z\nRRULE:FREQ=WEEKLY\nSUMMARY:Plan",
        "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261109T100000Z\nDTSTART:20261109T120000Z\n"
        "DTEND:20261109T130000Z\nSUMMARY:Later",
    )
    assert starts(compute(data), 1) == [("2026-11-23T13:00:00+01:00", "Later")]


def test_an_exception_without_its_series_is_an_event() -> None:
    # What an invitation to one instance of somebody else's series is.
    data = calendar("UID:1\nRECURRENCE-ID:20261124T100000Z\nDTSTART:20261124T110000Z\nSUMMARY:Guest")
    assert starts(compute(data)) == [("2026-11-24T12:00:00+01:00", "Guest")]


def test_a_cancelled_series_has_no_events() -> None:
    data = calendar("UID:1\nDTSTART:20261102T100000Z\nRRULE:FREQ=WEEKLY\nSTATUS:CANCELLED\nSUMMARY:Plan")
    assert not compute(data).events


def test_the_newest_version_of_an_event_counts() -> None:
    data = calendar(
        "UID:1\nSEQUENCE:1\nDTSTART:20261101T100000Z\nSUMMARY:New",
        "UID:1\nSEQUENCE:0\nDTSTART:20261201T100000Z\nSUMMARY:Old",
    )
    assert not compute(data).events, "it was moved to a day that is past"


def test_a_series_that_ended_long_ago_costs_nothing_and_one_that_lasts_is_shown() -> None:
    data = calendar(
        "UID:1\nDTSTART:20201102T100000Z\nRRULE:FREQ=WEEKLY;UNTIL=20211102T100000Z\nSUMMARY:Ended",
        "UID:2\nDTSTART;VALUE=DATE:20201101\nDTEND;VALUE=DATE:20201115\n"
        "RRULE:FREQ=YEARLY;UNTIL=20261115\nSUMMARY:Still lasts",
        "UID:3\nDTSTART;VALUE=DATE:20201101\nDTEND;VALUE=DATE:20201125\nRRULE:FREQ=YEARLY;UNTIL=20261101\nSUMMARY:Lasts",
    )
    assert [name for _, name in starts(compute(data))] == ["Lasts"]


def test_birthdays_long_before_computers_are_events() -> None:
    data = calendar("UID:1\nDTSTART;VALUE=DATE:18790314\nRRULE:FREQ=YEARLY\nSUMMARY:Einstein")
    assert starts(compute(data), 1) == [("2027-03-14", "Einstein")]


def test_nothing_is_listed_beyond_the_days_ahead() -> None:
    data = calendar(
        "UID:1\nDTSTART:20270101T100000Z\nSUMMARY:Single",
        "UID:2\nDTSTART:20260101T100000Z\nRRULE:FREQ=WEEKLY\nSUMMARY:x",
    )
    outcome = compute(data, limits=Limits(days=14))
    assert len(outcome.events) == 2
    assert not outcome.skipped


def test_the_number_of_instances_and_of_events_is_bounded() -> None:
    minutely = "UID:{}\nDTSTART:20261101T000000Z\nRRULE:FREQ=MINUTELY\nSUMMARY:Each minute"
    outcome = compute(calendar(*(minutely.format(n) for n in range(3))), limits=Limits(instances=50, events=100))
    assert len(outcome.events) == 100
    assert outcome.skipped == {"are beyond the number that is kept": 50}
    assert outcome.events[0]["start"]["dateTime"] == "2026-11-23T13:00:00+01:00"
    assert outcome.events[-1]["start"]["dateTime"] == "2026-11-23T13:33:00+01:00"


def test_of_too_many_events_the_next_ones_are_read() -> None:
    single = [f"UID:{day}\nDTSTART;VALUE=DATE:202612{day:02}\nSUMMARY:{day}" for day in range(30, 0, -1)]
    weekly = "UID:w\nDTSTART:20260101T100000Z\nRRULE:FREQ=WEEKLY\nSUMMARY:Weekly"
    outcome = compute(calendar(*single, weekly), limits=Limits(series=5, days=30))
    assert {event["summary"] for event in outcome.events} == {"1", "2", "3", "4", "Weekly"}
    assert outcome.skipped == {"are beyond the number that is read": 21}


def test_who_answered_an_invitation_is_found_by_address() -> None:
    data = calendar(
        "UID:1\nDTSTART:20261124T100000Z\nATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com\n"
        "ATTENDEE;PARTSTAT=TENTATIVE:MAILTO:Anna@Example.com",
        "UID:2\nDTSTART:20261125T100000Z\nATTENDEE:mailto:anna@example.com",
        "UID:3\nDTSTART:20261126T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com",
    )
    answers = [event["responseStatus"] for event in compute(data, addresses=("anna@example.com",)).events]
    assert answers == ["tentative", "needsAction", None]


def test_control_characters_and_endless_texts_do_not_come_through() -> None:
    data = calendar(f"UID:1\nDTSTART:20261124T100000Z\nSUMMARY:a\x07b\x00\nDESCRIPTION:{'x' * 200_000}")
    (event,) = compute(data).events
    assert event["summary"] == "ab"
    assert len(event["description"]) == 8000


def test_a_calendar_of_another_world_is_counted_not_raised() -> None:
    outcome = compute(calendar("UID:1\nDTSTART:20261124T100000Z\nRRULE:FREQ=DAILY;BYHOUR=77\nSUMMARY:x"))
    assert sum(outcome.skipped.values()) == 1
    assert compute(b"").events == []


def test_a_machine_whose_zone_has_no_name_shows_its_time() -> None:
    data = calendar("UID:1\nDTSTART:20261124T100000\nRRULE:FREQ=DAILY\nSUMMARY:x", "UID:2\nDTSTART:20261124T100000Z")
    outcome = expand([Document(data)], NOON, local=None, budget=contextlib.nullcontext(), limits=Limits())
    assert not outcome.skipped
    here = datetime(2026, 11, 24, 10).astimezone()
    shown = {event["start"]["dateTime"] for event in outcome.events[:3]}
    assert here.isoformat() in shown
    assert "2026-11-24T10:00:00+00:00" in shown


def test_now_may_be_any_time() -> None:
    data = calendar("UID:1\nDTSTART:20261124T100000Z\nRRULE:FREQ=DAILY\nSUMMARY:x")
    # What a machine without a clock believes after a power failure.
    assert starts(compute(data, datetime(1970, 1, 3, tzinfo=UTC)), 1) == []
    assert datetime(2026, 11, 24, tzinfo=UTC) > NOON
