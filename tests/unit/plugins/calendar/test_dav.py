"""What CalDAV servers answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from platypush.plugins.calendar.ical._dav import calendar_data, calendar_query, read_resources

HEAD = (
    '<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" '
    'xmlns:cs="http://calendarserver.org/ns/">'
)


def answer(props: str, status: str = "HTTP/1.1 200 OK", href: str = "/dav/anna/work/") -> bytes:
    return (
        f"{HEAD}<response><href>{href}</href><propstat><prop>{props}</prop><status>{status}</status></propstat>"
        "</response></multistatus>"
    ).encode()


def test_a_calendar_is_known_by_its_kind_and_what_it_holds() -> None:
    kind = "<resourcetype><collection/><c:calendar/></resourcetype>"
    events = '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
    (found,) = read_resources(answer(f"{kind}{events}<displayname> Work </displayname>"), "https://a.example/dav/")
    assert (found.url, found.is_calendar, found.name) == ("https://a.example/dav/anna/work/", True, "Work")
    assert read_resources(answer(kind), "https://a.example/")[0].is_calendar
    assert not read_resources(answer(f"{kind}{events.replace('VEVENT', 'VTODO')}"), "https://a.example/")[0].is_calendar
    assert not read_resources(answer("<resourcetype><collection/></resourcetype>"), "https://a.example/")[0].is_calendar


def test_its_version_is_the_tag_or_the_token() -> None:
    props = "<cs:getctag>1</cs:getctag><sync-token>2</sync-token>"
    assert read_resources(answer(props), "https://a.example/")[0].version == "1"
    assert read_resources(answer("<sync-token>2</sync-token>"), "https://a.example/")[0].version == "2"
    assert read_resources(answer("<sync-token/>"), "https://a.example/")[0].version is None


def test_what_the_server_does_not_know_does_not_count() -> None:
    assert (
        read_resources(answer("<displayname>x</displayname>", "HTTP/1.1 404 Not Found"), "https://a/")[0].name is None
    )


def test_the_home_may_be_on_another_server() -> None:
    props = (
        "<c:calendar-home-set><href>https://p42-caldav.icloud.com:443/1/calendars/</href></c:calendar-home-set>"
        "<current-user-principal><href>/1/principal/</href></current-user-principal>"
    )
    (found,) = read_resources(answer(props), "https://caldav.icloud.com/")
    assert found.home == "https://p42-caldav.icloud.com:443/1/calendars/"
    assert found.principal == "https://caldav.icloud.com/1/principal/"
    assert read_resources(answer("<c:calendar-home-set/>"), "https://a.example/")[0].home is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<html/>",
        b"not XML",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">&a;</multistatus>',
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"XML|WebDAV"):
        read_resources(body, "https://a.example/")
    with pytest.raises(ValueError, match=r"XML|WebDAV"):
        list(calendar_data(body))


def test_calendars_are_taken_out_of_the_answer() -> None:
    body = answer("<c:calendar-data>\r\nBEGIN:VCALENDAR&#13;\nX:&lt;ä&gt;\n</c:calendar-data><c:calendar-data/>")
    assert list(calendar_data(body)) == ["BEGIN:VCALENDAR\r\nX:<ä>".encode()]


def test_the_question_names_the_time_in_utc() -> None:
    query = calendar_query(datetime(2026, 11, 23, tzinfo=UTC), datetime(2028, 1, 1, 12, 30, tzinfo=UTC)).decode()
    assert '<c:time-range start="20261123T000000Z" end="20280101T123000Z"/>' in query
