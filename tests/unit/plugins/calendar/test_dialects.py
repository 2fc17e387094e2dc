"""Calendars as real programs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from platypush.plugins.calendar.ical._blocks import take_apart
from platypush.plugins.calendar.ical._series import _definitions
from platypush.plugins.calendar.ical._zones import Zones
from tests.unit.plugins.calendar.computing import FIXTURES, calendar, compute, starts


def test_a_calendar_of_google_has_moved_cancelled_and_excluded_instances() -> None:
    outcome = compute("google.ics")
    assert starts(outcome, 6) == [
        ("2026-11-23T12:00:00+01:00", "Workshop that goes on"),
        ("2026-11-24", "Trade fair 🎪"),
        # Wednesday 25th is excluded, Monday 30th moved, Wednesday 2nd cancelled.
        ("2026-11-30T11:00:00+01:00", "Stand-up (moved)"),
        ("2026-12-01T12:00:00+01:00", "Declined meeting"),
        ("2026-12-07T09:00:00+01:00", "Stand-up"),
        ("2026-12-09T09:00:00+01:00", "Stand-up"),
    ]
    assert not outcome.skipped
    assert "Called off" not in {event["summary"] for event in outcome.events}


def test_an_event_has_the_shape_that_widgets_read() -> None:
    events = {event["summary"]: event for event in compute("google.ics").events}
    assert events["Stand-up"] | {"id": ""} == {
        "id": "",
        "iCalUID": "standup@google.com",
        "recurringEventId": "standup@google.com",
        "kind": "calendar#event",
        "status": "confirmed",
        "summary": "Stand-up",
        "description": "Every Monday, every Wednesday\n\n-::~:~::~:~:~:~:~:~:~:~:~:~:~:~::~:~::-\n"
        "Join with Google Meet: https://meet.google.com/abc-defg-hij",
        "location": "Room 1; second floor",
        "htmlLink": None,
        "organizer": {"email": "anna@example.com", "displayName": "Anna Example"},
        "responseStatus": "accepted",
        "created": "2026-10-01T07:00:00Z",
        "updated": "2026-11-20T10:15:00Z",
        "start": events["Stand-up"]["start"] | {"timeZone": "Europe/Berlin"},
        "end": events["Stand-up"]["end"] | {"timeZone": "Europe/Berlin"},
        "calendar": "anna@example.com",
    }
    assert events["Trade fair 🎪"]["end"] == {"date": "2026-11-27"}
    assert events["Trade fair 🎪"]["status"] == "tentative"
    assert events["Workshop that goes on"]["htmlLink"] == "https://example.com/workshop"
    assert events["Declined meeting"]["responseStatus"] == "declined"


def test_each_instance_has_an_id_of_its_own() -> None:
    ids = [event["id"] for event in compute("google.ics").events]
    assert len(set(ids)) == len(ids)
    assert "standup@google.com_20261130T080000Z" in ids  # by its place in the series, not by where it was moved to


def test_a_calendar_of_outlook_has_zones_of_windows_and_of_its_own() -> None:
    outcome = compute("outlook.ics")
    assert starts(outcome, 6) == [
        ("2026-11-24T06:00:00+01:00", "Call with Kabul"),
        ("2026-11-26T08:00:00+01:00", "Focus time"),
        ("2026-11-26T10:00:00+01:00", "Steering committee"),
        ("2026-11-26T11:00:00+01:00", "Server time"),
        ("2026-12-24", "Company holiday"),
        ("2026-12-31T10:00:00+01:00", "Steering committee"),
    ]
    assert not outcome.skipped
    summer = next(event for event in outcome.events if event["start"].get("dateTime", "").startswith("2027-04"))
    assert summer["start"] == {"dateTime": "2027-04-29T10:00:00+02:00", "timeZone": "Europe/Berlin"}


def test_a_calendar_of_icloud_keeps_the_zones_of_its_events() -> None:
    outcome = compute("icloud.ics")
    assert starts(outcome) == [
        ("2026-11-24T20:00:00-05:00", "Call grandma"),
        ("2026-11-28T19:00:00+01:00", "Dinner at whatever place we are"),
        ("2027-03-03", "Tom\u2019s birthday"),
        ("2028-03-03", "Tom\u2019s birthday"),
    ]
    assert outcome.events[0]["start"]["timeZone"] == "America/New_York"
    assert outcome.events[0]["location"] == "Central Park\nNew York, NY"
    assert outcome.events[0]["htmlLink"] is None


def test_a_calendar_of_nextcloud_has_durations_and_dates_beyond_its_rule() -> None:
    outcome = compute("nextcloud.ics")
    assert starts(outcome, 4) == [
        ("2026-11-21", "Winterlager"),
        ("2026-11-23T23:30:00+01:00", "Nachtschicht"),
        ("2026-11-24T18:30:00+01:00", "Training für Größere"),
        ("2026-11-24T23:30:00+01:00", "Nachtschicht"),
    ]
    assert [start for start, name in starts(outcome, 99) if "Training" in name] == [
        "2026-11-24T18:30:00+01:00",
        "2026-11-27T18:30:00+01:00",
        "2026-12-01T18:30:00+01:00",
        "2026-12-08T18:30:00+01:00",
    ]


def test_broken_events_are_counted_and_the_others_shown() -> None:
    outcome = compute("broken.ics")
    assert starts(outcome) == [
        ("2026-11-24T11:00:00+01:00", "Before the broken ones"),
        ("2026-11-24T12:00:00+01:00", "Mistakes that do no harm"),
        ("2026-11-24T13:00:00+01:00", "Unknown zone and no UID"),
        ("2026-11-24T15:00:00+01:00", "Ends before it starts"),
        ("2026-11-24T18:00:00+01:00", "After the broken ones"),
    ]
    assert outcome.skipped == {
        "have no start": 1,
        "are cut off": 2,
        "have a broken DTSTART": 2,
        "have a broken RRULE": 1,
    }
    assert outcome.events[-1]["htmlLink"] is None, "a script is no link"


@pytest.mark.parametrize("name", ["windows-1252.ics", "utf-16.ics", "bom.ics", "mixed.ics", "folded.ics"])
def test_letters_are_right_whatever_the_encoding_and_the_folding(name: str) -> None:
    (event,) = compute(name).events
    assert (event["summary"], event["calendar"]) == ("Grüne Tonne \u2013 12 €", "Müll")


def test_the_servers_charset_counts_for_what_is_not_utf_8() -> None:
    data = calendar("UID:1\nDTSTART;VALUE=DATE:20261124\nSUMMARY:%s").replace(b"%s", "Ёлка".encode("koi8-r"))
    assert compute(data, charset="koi8-r").events[0]["summary"] == "Ёлка"
    assert compute(data, charset="no such thing").events
    assert compute(data, charset="utf-8").events


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_way(ending: bytes) -> None:
    data = calendar("UID:1\nDTSTART;VALUE=DATE:20261124\nSUMMARY:Tom").replace(b"\n", ending)
    assert starts(compute(data)) == [("2026-11-24", "Tom")]


def test_the_zone_of_the_calendar_is_for_times_that_have_none() -> None:
    data = calendar("UID:1\nDTSTART:20261124T100000\nSUMMARY:Tea", head="X-WR-TIMEZONE:Asia/Tokyo\n")
    assert compute(data).events[0]["start"] == {"dateTime": "2026-11-24T10:00:00+09:00", "timeZone": "Asia/Tokyo"}


def test_a_day_with_a_zone_is_a_day() -> None:
    data = calendar("UID:1\nDTSTART;TZID=America/New_York;VALUE=DATE:20261124\nSUMMARY:Day")
    assert compute(data).events[0]["start"] == {"date": "2026-11-24"}


def test_a_day_and_a_time_together_are_times() -> None:
    data = calendar("UID:1\nDTSTART;VALUE=DATE:20261124\nDTEND;TZID=Europe/Berlin:20261124T120000\nSUMMARY:Odd")
    (event,) = compute(data).events
    assert event["start"]["dateTime"] == "2026-11-24T00:00:00+01:00"
    assert event["end"]["dateTime"] == "2026-11-24T12:00:00+01:00"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("Europe/London", "2026-11-24T10:00:00+00:00"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "2026-11-24T10:00:00-03:00"),
        ("Pacific Standard Time", "2026-11-24T10:00:00-08:00"),
        ("GMT+0530", "2026-11-24T05:30:00+01:00"),
        ("UTC-3", "2026-11-24T14:00:00+01:00"),
        ("GMT+99", "2026-11-24T10:00:00+01:00"),
        ("../../etc/passwd", "2026-11-24T10:00:00+01:00"),
        ('"(UTC-05:00) Eastern Time (US & Canada)"', "2026-11-24T16:00:00+01:00"),
    ],
)
def test_zones_are_known_by_many_names(name: str, start: str) -> None:
    data = calendar(f"UID:1\nDTSTART;TZID={name}:20261124T100000\nSUMMARY:x")
    assert starts(compute(data)) == [(start, "x")]


KABUL_ZONE = "Customized Time Zone"
STANDARD = ["BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100"]
STANDARD += ["TZOFFSETTO:+0200"]


def zones() -> Zones:
    return Zones(_definitions(take_apart((FIXTURES / "outlook.ics").read_bytes()).zones), None)


def test_a_zone_of_the_calendars_own_is_right_at_every_hour_of_a_year() -> None:
    zone = zones().find(KABUL_ZONE)
    assert zone is not None
    changes: list[tuple[datetime, timedelta | None]] = []
    moment = datetime(2026, 1, 1)  # noqa: DTZ001 - asked in the zone's own time
    while moment.year == 2026:
        shift = zone.utcoffset(moment)
        if not changes or changes[-1][1] != shift:
            changes.append((moment, shift))
        moment += timedelta(hours=1)
    assert [(moment.month, moment.day, shift) for moment, shift in changes] == [
        (1, 1, timedelta(hours=4, minutes=30)),
        (4, 5, timedelta(hours=5)),
        (11, 1, timedelta(hours=4, minutes=30)),
    ]
    summer = datetime(2026, 7, 1, 12, tzinfo=zone)
    assert summer.astimezone(UTC) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert summer.astimezone(UTC).astimezone(zone) == summer
    assert (summer.dst(), summer.tzname()) == (None, None)


@pytest.mark.parametrize(
    "lines",
    [
        ["BEGIN:VTIMEZONE", "TZID:X", "END:VTIMEZONE"],
        ["BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"],
        ["BEGIN:VTIMEZONE", "TZID:X"],
        ["BEGIN:VEVENT", "TZID:X", "END:VEVENT"],
        [*STANDARD, "RRULE:FREQ=YEARLY;BYSECOND=1,2,3", "END:STANDARD", "END:VTIMEZONE"],
        [*STANDARD, *["X-LINE:x"] * 500, "END:STANDARD", "END:VTIMEZONE"],
    ],
)
def test_a_broken_description_of_a_zone_is_no_zone(lines: list[str]) -> None:
    assert Zones({"X": lines}, None).find("X") is None


def test_a_description_of_a_zone_that_never_changes_its_clocks_is_one() -> None:
    zone = Zones({"X": [*STANDARD, "END:STANDARD", "END:VTIMEZONE"]}, None).find("X")
    assert zone is not None
    assert zone.utcoffset(datetime(2026, 1, 1)) == timedelta(hours=2)  # noqa: DTZ001 - asked in the zone's own time


def test_days_are_taken_out_of_a_series_in_a_zone_of_the_calendars_own() -> None:
    text = (FIXTURES / "outlook.ics").read_bytes().decode().replace("\r", "")
    head = text[text.index("BEGIN:VTIMEZONE\nTZID:Custom") : text.index("BEGIN:VEVENT")]
    series = f"UID:1\nDTSTART:20261124T053000Z\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID={KABUL_ZONE}:20261125T100000"
    outcome = compute(calendar(series, head=head))
    assert [start[:16] for start, _ in starts(outcome)] == ["2026-11-24T06:30", "2026-11-26T06:30"]


def test_each_calendar_has_zones_of_its_own_whatever_others_call_theirs() -> None:
    head = "\n".join([*STANDARD, "END:STANDARD", "END:VTIMEZONE", ""])
    event = "UID:1\nDTSTART;TZID=X:20261124T100000\nRDATE;TZID=X:20261125T100000\nSUMMARY:x"
    for shift, hour in ("+0200", "09"), ("+0600", "05"), ("+0200", "09"):
        outcome = compute(calendar(event, head=head.replace("TZOFFSETTO:+0200", f"TZOFFSETTO:{shift}")))
        assert [start[:13] for start, _ in starts(outcome)] == [f"2026-11-24T{hour}", f"2026-11-25T{hour}"]


def test_a_periods_length_counts_where_a_date_is_one() -> None:
    data = calendar(
        "UID:1\nDTSTART:20261101T100000Z\nDTEND:20261101T110000Z\nSUMMARY:x\n"
        "RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20261124T100000/PT3H"
    )
    (event,) = compute(data).events
    assert (event["start"]["dateTime"], event["end"]["dateTime"]) == (
        "2026-11-24T10:00:00+01:00",
        "2026-11-24T13:00:00+01:00",
    )


def test_a_length_beyond_all_time_harms_nobody() -> None:
    data = calendar(
        "UID:1\nDTSTART:20200101T100000Z\nDURATION:P999999W\nSUMMARY:Endless", "UID:2\nDTSTART:20261124T100000Z"
    )
    outcome = compute(data)
    assert "2" in {event["id"] for event in outcome.events}


def test_a_text_is_cut_between_letters() -> None:
    data = calendar("UID:1\nDTSTART:20261124T100000Z\nDESCRIPTION:" + "x" + "ä" * 60_000 + "\nSUMMARY:ok")
    (event,) = compute(data).events
    assert set(event["description"]) == {"x", "ä"}


@pytest.mark.parametrize("url", ["https://[broken", "mailto:a@b.example", "https:///x", "file:///etc/passwd"])
def test_only_links_that_a_browser_may_follow_are_given(url: str) -> None:
    assert compute(calendar(f"UID:1\nDTSTART:20261124T100000Z\nURL:{url}")).events[0]["htmlLink"] is None
