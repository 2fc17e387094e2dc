"""Where calendars are read from."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platypush.errors import Unavailable
from platypush.outgoing.exchange import Answer, Exchange
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.calendar.ical._client import Client
from platypush.plugins.calendar.ical._reader import AccountReader, FileReader, Span, UrlReader, WebReader
from tests.unit.plugins.calendar.computing import calendar
from tests.unit.plugins.calendar.test_dav import HEAD

SPAN = Span(datetime(2026, 11, 23, tzinfo=UTC), datetime(2028, 11, 23, tzinfo=UTC))
TEA = calendar("UID:1\nDTSTART:20261124T100000Z\nSUMMARY:Tea")
KIND = "<resourcetype><collection/><c:calendar/></resourcetype>"
Reply = tuple[int, bytes]
Replies = dict[tuple[str, str], Reply | Callable[[], Reply]]


class Server(Client):
    """Answers by method and path; ``asked`` notes which."""

    def __init__(self, replies: Replies, *, user: str | None = "anna") -> None:
        super().__init__(Exchange(AllowedHosts([]), owner="test"), "https://a.example/", user, "x", None)
        self.replies = replies
        self.asked: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}

    def request(self, method: str, url: str, *, headers: object = None, body: bytes | None = None) -> Answer:
        path = url.removeprefix("https://a.example")
        self.asked.append((method, path))
        reply = self.replies.get((method, path), (404, b""))
        status, text = reply() if callable(reply) else reply
        return Answer(status, self.headers, text, url)


def found(*props: str, path: str = "/cal/") -> Reply:
    text = "".join(
        f"<response><href>{path}{number or ''}</href><propstat><prop>{prop}</prop><status>HTTP/1.1 200 OK</status>"
        "</propstat></response>"
        for number, prop in enumerate(props)
    )
    return 207, f"{HEAD}{text}</multistatus>".encode()


def report(*documents: bytes) -> Reply:
    return found(*(f"<c:calendar-data>{document.decode()}</c:calendar-data>" for document in documents))


def test_a_file_is_read_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "home.ics"
    path.write_bytes(TEA)
    reader = FileReader(path, 10_000)
    first = reader.read({}, SPAN)
    assert first.documents is not None
    assert [item.data for item in first.documents] == [TEA]
    assert reader.read(first.versions, SPAN).documents is None
    path.write_bytes(TEA + b"\n")
    assert reader.read(first.versions, SPAN).documents


def test_a_folder_is_all_its_calendars(tmp_path: Path) -> None:
    for name in ("a.ics", "b.ics", "c.txt"):
        (tmp_path / name).write_bytes(TEA)
    reading = FileReader(tmp_path, 10_000).read({}, SPAN)
    assert reading.documents is not None
    assert len(reading.documents) == 2


def test_what_is_no_file_of_a_calendar_says_why(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    with pytest.raises(Unavailable, match=r"x\.ics cannot be read: No such file"):
        FileReader(path, 100).read({}, SPAN)
    path.write_bytes(b"<html>")
    with pytest.raises(Unavailable, match="is no calendar"):
        FileReader(path, 100).read({}, SPAN)
    path.write_bytes(TEA * 9)
    with pytest.raises(Unavailable, match="larger than 100 bytes"):
        FileReader(path, 100).read({}, SPAN)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Unavailable, match="it is no file"):
        FileReader(path, 100).read({}, SPAN)


def test_a_url_is_asked_whether_it_changed_and_its_content_is_compared() -> None:
    server = Server({("GET", "/x.ics"): (200, TEA)})
    server.headers = {"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT"}
    reader = UrlReader(server, "https://a.example/x.ics")
    first = reader.read({}, SPAN)
    assert first.documents
    assert {"etag", "modified", "digest"} == set(first.versions)
    assert reader.read(first.versions, SPAN).documents is None, "the same content again"
    server.replies = {("GET", "/x.ics"): (304, b"")}
    assert reader.read(first.versions, SPAN) == reader.read(first.versions, SPAN)
    with pytest.raises(Unavailable, match="answered 304"):
        reader.read({}, SPAN)


def test_a_page_to_sign_in_is_no_calendar() -> None:
    server = Server({("GET", "/x.ics"): (200, b"<html>Sign in")})
    server.headers = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(Unavailable, match=r"a\.example answered with text/html, not a calendar\. Perhaps"):
        UrlReader(server, "https://a.example/x.ics").read({}, SPAN)


def test_an_account_is_found_from_any_of_its_addresses() -> None:
    home = "<c:calendar-home-set><href>/home/</href></c:calendar-home-set>"
    principal = "<current-user-principal><href>/me/</href></current-user-principal>"
    named = [f"{KIND}<displayname>Work</displayname>", "<displayname>Inbox</displayname>"]
    server = Server(
        {
            ("PROPFIND", "/.well-known/caldav"): found(principal),
            ("PROPFIND", "/me/"): found(home),
            ("PROPFIND", "/home/"): found(*named),
            ("REPORT", "/cal/"): report(TEA, TEA),
        }
    )
    reader = AccountReader(server, "https://a.example/", None, 10_000)
    reading = reader.read({}, SPAN)
    assert reading.documents is not None
    assert [item.name for item in reading.documents] == ["Work", "Work"]
    assert server.asked == [
        ("PROPFIND", "/"),
        ("PROPFIND", "/.well-known/caldav"),
        ("PROPFIND", "/me/"),
        ("PROPFIND", "/home/"),
        ("REPORT", "/cal/"),
    ]
    assert reader.read(reading.versions, SPAN).documents is None, "the same content again"
    assert server.asked[5:] == [("PROPFIND", "/home/"), ("REPORT", "/cal/")]


def test_a_calendar_with_the_same_tag_is_not_read_again() -> None:
    tagged = f"{KIND}<sync-token>1</sync-token>"
    server = Server({("PROPFIND", "/cal/"): found(tagged), ("REPORT", "/cal/"): report(TEA)})
    reader = AccountReader(server, "https://a.example/cal/", None, 10_000)
    first = reader.read({}, SPAN)
    assert reader.read(first.versions, SPAN).documents is None
    assert server.asked.count(("REPORT", "/cal/")) == 1
    tomorrow = Span(datetime(2026, 11, 24, tzinfo=UTC), datetime(2028, 11, 24, tzinfo=UTC))
    assert reader.read(first.versions, tomorrow).documents, "other days may have other events"


def test_a_server_without_the_report_gives_the_whole_calendar() -> None:
    server = Server({("PROPFIND", "/cal/"): found(KIND), ("REPORT", "/cal/"): (403, b""), ("GET", "/cal/"): (200, TEA)})
    reading = AccountReader(server, "https://a.example/cal/", None, 10_000).read({}, SPAN)
    assert reading.documents is not None
    assert reading.documents[0].data == TEA
    server.replies["GET", "/cal/"] = (200, b"<html>")
    with pytest.raises(Unavailable):
        AccountReader(server, "https://a.example/cal/", None, 10_000).read({}, SPAN)


def test_calendars_that_are_too_large_together_are_refused() -> None:
    server = Server({("PROPFIND", "/cal/"): found(KIND), ("REPORT", "/cal/"): report(*[TEA] * 9)})
    with pytest.raises(Unavailable, match="more than 500 bytes"):
        AccountReader(server, "https://a.example/cal/", None, 500).read({}, SPAN)


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({("PROPFIND", "/cal/"): (401, b"")}, "refuses the user name"),
        ({("PROPFIND", "/cal/"): (503, b"")}, "answered 503"),
        ({("PROPFIND", "/cal/"): (207, b"<html/>")}, "not understood"),
        ({("PROPFIND", "/cal/"): found(KIND), ("REPORT", "/cal/"): (500, b"")}, "answered 500"),
        ({("PROPFIND", "/cal/"): found(KIND), ("REPORT", "/cal/"): (207, b"?")}, "not understood"),
        ({("PROPFIND", "/cal/"): found("<resourcetype/>")}, "no calendar for this user"),
        ({("PROPFIND", "/cal/"): (207, f"{HEAD}</multistatus>".encode())}, "no calendar for this user"),
    ],
)
def test_an_account_that_cannot_be_read_says_why(replies: Replies, reason: str) -> None:
    with pytest.raises(Unavailable, match=reason):
        AccountReader(Server(replies), "https://a.example/cal/", None, 10_000).read({}, SPAN)


def test_calendars_are_chosen_by_name() -> None:
    named = [f"{KIND}<displayname>{name}</displayname>" for name in ("Work", "Home")]
    server = Server({("PROPFIND", "/"): found(*named, path="/"), ("REPORT", "/1"): report(TEA)})
    # The address is the home itself, as some servers have it.
    server.replies["PROPFIND", "/"] = found("<resourcetype/>", *named, path="/")
    reading = AccountReader(server, "https://a.example/", ["work"], 10_000).read({}, SPAN)
    assert reading.documents is not None
    assert [item.name for item in reading.documents] == ["Work"]
    with pytest.raises(Unavailable, match="none of the named calendars, but: Home, Work"):
        AccountReader(server, "https://a.example/", ["Sport"], 10_000).read({}, SPAN)


def test_what_a_url_is_turns_out_when_it_is_read() -> None:
    server = Server({("PROPFIND", "/x.ics"): (405, b""), ("GET", "/x.ics"): (404, b"")})
    reader = WebReader(server, "https://a.example/x.ics", None, 10_000)
    with pytest.raises(Unavailable, match="no calendar at this address"):
        reader.read({}, SPAN)
    server.replies["GET", "/x.ics"] = (200, TEA)
    assert reader.read({}, SPAN).documents
    assert reader.read({}, SPAN).documents
    assert [method for method, _ in server.asked] == ["PROPFIND", "GET", "PROPFIND", "GET", "GET"]


def test_a_url_of_a_file_for_everybody_is_only_downloaded() -> None:
    server = Server({("GET", "/x.ics"): (200, TEA)}, user=None)
    assert WebReader(server, "https://a.example/x.ics", None, 10_000).read({}, SPAN).documents
    assert server.asked == [("GET", "/x.ics")]


def test_an_account_whose_calendars_have_moved_is_looked_for_anew() -> None:
    home = "<c:calendar-home-set><href>/home/</href></c:calendar-home-set>"
    server = Server(
        {("PROPFIND", "/me/"): found(home), ("PROPFIND", "/home/"): found(KIND), ("REPORT", "/cal/"): report(TEA)}
    )
    reader = AccountReader(server, "https://a.example/me/", None, 10_000)
    assert reader.is_one()
    server.replies["PROPFIND", "/home/"] = (404, b"")
    with pytest.raises(Unavailable):
        reader.read({}, SPAN)
    server.replies["PROPFIND", "/home/"] = found(KIND)
    assert reader.read({}, SPAN).documents
    assert server.asked[-3:] == [("PROPFIND", "/me/"), ("PROPFIND", "/home/"), ("REPORT", "/cal/")]
