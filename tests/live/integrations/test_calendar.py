"""Calendars over HTTP, and from a real CalDAV server, under use."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platypush.plugins.calendar.ical import CalendarIcalPlugin
from tests.reference import configuration
from tests.running.hub import Hub, running_hub
from tests.running.processes import free_port
from tests.running.radicale import PASSWORD, USER, Radicale, running_radicale
from tests.running.waiting import open_descriptors, until
from tests.running.web import Asked, Page, running_web
from tests.unit.plugins.calendar.computing import FIXTURES, calendar

pytestmark = pytest.mark.live
NOW = datetime.now(UTC)
Start = Callable[..., CalendarIcalPlugin]


def tomorrow(name: str, hours: int = 0) -> bytes:
    start = NOW + timedelta(days=1, hours=hours)
    return calendar(f"UID:{name}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nSUMMARY:{name}")


def names(plugin: CalendarIcalPlugin, count: int = 10) -> list[str]:
    return [event["summary"] for event in plugin.get_upcoming_events(count).output]


@pytest.fixture
def start() -> Iterator[Start]:
    """``start(url=…)``: a plugin that reads its calendar each second; stopped at the end."""
    with contextlib.ExitStack() as stack:

        def make(**keys: Any) -> CalendarIcalPlugin:
            plugin = CalendarIcalPlugin(**{"poll_interval": 1, **keys})
            plugin.start()
            stack.callback(plugin.stop)
            return plugin

        yield make


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """A server with two calendars of events and one of tasks."""
    with running_radicale(tmp_path_factory.mktemp("radicale")) as (server, _):
        server.make("work", "Work")
        server.make("home", "Home & garden")
        server.make("tasks", "Tasks", "VTODO")
        server.put("work", "standup", "DTSTART:20200106T090000Z", "RRULE:FREQ=DAILY", "SUMMARY:Stand-up")
        server.put("home", "roses", f"DTSTART;VALUE=DATE:{NOW + timedelta(days=2):%Y%m%d}", "SUMMARY:Cut the roses")
        server.put("home", "past", "DTSTART;VALUE=DATE:20200101", "SUMMARY:Past")
        yield server


@pytest.mark.parametrize("path", ["", "anna/", ".well-known/caldav"])
def test_an_account_is_found_from_its_servers_address(radicale: Radicale, start: Start, path: str) -> None:
    plugin = start(url=radicale.url + path, username=USER, password=PASSWORD)
    found = {(event["summary"], event["calendar"]) for event in plugin.get_upcoming_events(5).output}
    assert found == {("Stand-up", "Work"), ("Cut the roses", "Home & garden")}


@pytest.mark.parametrize("path", ["anna/home/", "anna/home"])
def test_one_calendar_of_an_account_is_one(radicale: Radicale, start: Start, path: str) -> None:
    assert names(start(url=radicale.url + path, username=USER, password=PASSWORD)) == ["Cut the roses"]
    by_name = start(url=radicale.url, username=USER, password=PASSWORD, calendars=["home & garden"])
    assert names(by_name) == ["Cut the roses"]


def test_a_new_event_on_the_server_is_shown_and_a_deleted_one_is_gone(radicale: Radicale, start: Start) -> None:
    plugin = start(url=f"{radicale.url}anna/home/", username=USER, password=PASSWORD)
    assert names(plugin) == ["Cut the roses"]
    radicale.put("home", "rain", f"DTSTART;VALUE=DATE:{NOW + timedelta(days=1):%Y%m%d}", "SUMMARY:Rain")
    until(lambda: names(plugin) == ["Rain", "Cut the roses"])
    radicale.delete("home/rain.ics")
    until(lambda: names(plugin) == ["Cut the roses"])


def test_a_wrong_password_is_said_without_it(
    radicale: Radicale, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = start(url=radicale.url, username=USER, password="not-the-password")
    until(lambda: plugin.failure)
    assert plugin.failure == f"127.0.0.1:{radicale.port} refuses the user name or the password (401)."
    assert "not-the-password" not in caplog.text


def test_an_unplugged_server_costs_one_line_each_way_and_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    threads, descriptors = threading.enumerate(), open_descriptors()
    plugin = CalendarIcalPlugin(
        url=f"http://127.0.0.1:{port}/", username=USER, password=PASSWORD, name="Radicale", poll_interval=1
    )
    with running_radicale(tmp_path, port) as (server, _):
        server.make("work", "Work")
        server.put("work", "standup", "DTSTART:20200106T090000Z", "RRULE:FREQ=DAILY", "SUMMARY:Stand-up")
        plugin.start()
        assert names(plugin, 1) == ["Stand-up"]
    until(lambda: plugin.failure)
    asked = time.monotonic()
    assert names(plugin, 1) == ["Stand-up"], "the last good answer"
    assert time.monotonic() - asked < 1
    assert "Connection refused" in plugin.status().output["failure"]
    with running_radicale(tmp_path, port) as (server, _):
        server.put("work", "new", "DTSTART:20200106T080000Z", "RRULE:FREQ=DAILY", "SUMMARY:New")
        took = until(lambda: "New" in names(plugin, 3))
        assert plugin.failure is None
    plugin.stop()
    until(lambda: threading.enumerate() == threads)
    assert open_descriptors() == descriptors
    lines = [record.message.partition(":")[0].partition(" after")[0] for record in caplog.records]
    assert lines[:2] == ["Calendar Radicale is away", "Calendar Radicale is back"]
    assert len(lines) <= 3, lines
    assert took < 10


def test_a_calendar_is_fetched_once_as_long_as_it_does_not_change(start: Start) -> None:
    with running_web() as web:
        web.pages["/x.ics"] = Page(tomorrow("Tea"))
        plugin = start(url=f"{web.url}/x.ics")
        assert names(plugin) == ["Tea"]
        until(lambda: len(web.asked) >= 3)
        assert ["if-none-match" in asked.headers for asked in web.asked[:3]] == [False, True, True]
        first = plugin.known().computed_at
        web.pages["/x.ics"] = Page(tomorrow("Coffee"))
        until(lambda: names(plugin) == ["Coffee"])
        assert plugin.known().computed_at > first
        web.pages["/x.ics"] = Page(b"<html>Sign in", headers={"Content-Type": "text/html"})
        until(lambda: plugin.failure)
        assert names(plugin) == ["Coffee"]


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("*.ics") if path.name != "bombs.ics"))
def test_each_dialect_comes_through_over_http(name: str, start: Start) -> None:
    with running_web() as web:
        web.pages["/x.ics"] = Page((FIXTURES / name).read_bytes(), headers={"Content-Type": "text/calendar"})
        plugin = start(url=f"{web.url}/x.ics")
        plugin.get_upcoming_events(100)
        assert plugin.failure is None


def test_a_server_without_caldav_gives_a_file_to_its_user(start: Start) -> None:
    def page(asked: Asked) -> Page:
        if asked.headers.get("authorization") != "Basic YW5uYTpnZWhlaW0=":
            return Page(b"", 401, {"WWW-Authenticate": 'Basic realm="x"'})
        return Page(tomorrow("Tea"))

    with running_web() as web:
        web.pages["/x.ics"] = page
        address = web.url.replace("http://", "http://anna:geheim@")
        assert names(start(url=f"{address}/x.ics")) == ["Tea"]


def test_digest_authentication_works(start: Start) -> None:
    def page(asked: Asked) -> Page:
        if not asked.headers.get("authorization", "").startswith('Digest username="anna", realm="BaikalDAV"'):
            return Page(b"", 401, {"WWW-Authenticate": 'Digest realm="BaikalDAV", qop="auth", nonce="1", opaque="2"'})
        return Page(tomorrow("Tea"))

    with running_web() as web:
        web.pages["/x.ics"] = page
        assert names(start(url=f"{web.url}/x.ics", username="anna", password="geheim")) == ["Tea"]


def test_nothing_but_the_configured_server_is_reached(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def known(host: str, *args: Any, **options: Any) -> Any:
        # A public address, as a name of a stranger would have.
        return resolve("93.184.215.14" if host == "elsewhere.example" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    with running_web() as web, running_web() as other:
        other.pages["/x.ics"] = Page(tomorrow("Stolen"))
        web.pages["/x.ics"] = Page(status=302, headers={"Location": f"{other.url}/x.ics"})
        plugin = start(url=f"{web.url}/x.ics")
        until(lambda: plugin.failure)
        assert f"may not reach 127.0.0.1:{other.port}" in (plugin.failure or "")
        assert "Add it to allowed_hosts" in (plugin.failure or "")
        assert not other.asked
        web.pages["/y.ics"] = Page(status=302, headers={"Location": "http://elsewhere.example/x.ics"})
        public = start(url=f"{web.url}/y.ics")
        until(lambda: public.failure)
        assert "may not reach elsewhere.example:80" in (public.failure or "")
        allowed = start(
            url=f"{web.url}/x.ics", allowed_hosts=[f"127.0.0.1:{other.port}"], username="anna", password="x"
        )
        assert names(allowed) == ["Stolen"]
        assert "authorization" not in other.asked[-1].headers


def test_too_large_a_calendar_is_refused_and_the_last_answer_kept(start: Start) -> None:
    with running_web() as web:
        web.pages["/x.ics"] = Page(tomorrow("Tea"))
        plugin = start(url=f"{web.url}/x.ics")
        assert names(plugin) == ["Tea"]
        web.pages["/x.ics"] = Page(tomorrow("Big") + b"\n" * (16 * 1024 * 1024))
        until(lambda: plugin.failure, seconds=30)
        assert "larger than 16777216 bytes" in (plugin.failure or "")
        assert names(plugin) == ["Tea"]


def test_the_largest_calendar_is_computed(start: Start) -> None:
    event = "UID:{0}\nDTSTART:{1:%Y%m%dT%H%M%SZ}\nSUMMARY:{0}\nDESCRIPTION:" + "x" * 310
    data = calendar(*(event.format(n, NOW + timedelta(hours=n - 20_000)) for n in range(40_000)))
    assert 15 * 1024 * 1024 < len(data) < 16 * 1024 * 1024
    with running_web() as web:
        web.pages["/x.ics"] = Page(data)
        plugin = start(url=f"{web.url}/x.ics", poll_interval=300)
        until(lambda: plugin.status().output["events"], seconds=90)
        assert plugin.status().output["events"] == 2000
        assert names(plugin, 1) == ["20001"]


def test_a_server_that_hangs_makes_nobody_wait_and_stopping_takes_no_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plugin = CalendarIcalPlugin(url=f"http://127.0.0.1:{listener.getsockname()[1]}/x.ics", timeout=4)
        before = threading.enumerate()
        plugin.start()
        connection, _ = listener.accept()
        with connection:
            started = time.monotonic()
            plugin.stop()
            assert time.monotonic() - started < 2
            until(lambda: threading.enumerate() == before)


def call(hub: Hub, action: str, **args: Any) -> tuple[Any, list[str]]:
    response = hub.execute(action, **args).json()["response"]
    return response["output"], response["errors"]


def test_the_documented_configuration_works_in_a_hub(tmp_path: Path) -> None:
    port = free_port()
    with running_web() as web, running_radicale(tmp_path / "radicale", port) as (radicale, _):
        radicale.make("work", "Work")
        radicale.put("work", "standup", "DTSTART:20200106T090000Z", "RRULE:FREQ=DAILY", "SUMMARY:Stand-up")
        web.pages["/holidays.ics"] = Page(tomorrow("Holiday", hours=48))
        replacements = {
            "https://calendar.example.com": web.url,
            "localhost:5232": f"127.0.0.1:{port}",
            "the-password-of-anna": f"'{PASSWORD}'",
        }
        entry = "- type: calendar.ical\n"
        config = configuration("calendar", replacements).replace(entry, f"{entry}      poll_interval: 1\n")
        own = tmp_path / "own.ics"
        own.write_bytes(tomorrow("Own"))
        config += f"calendar.ical:\n  url: {own}\n"
        with running_hub(tmp_path / "hub", config=config) as hub:
            until(lambda: len(call(hub, "calendar.get_upcoming_events", max_results=30)[0] or ()) == 30, seconds=30)
            events, errors = call(hub, "calendar.get_upcoming_events", max_results=4)
            assert not errors
            assert {event["summary"] for event in events} == {"Stand-up", "Holiday"}
            assert call(hub, "calendar.ical.get_upcoming_events")[0][0]["summary"] == "Own"
            web.pages["/holidays.ics"] = Page(status=500)
            until(lambda: "answered 500" in hub.command("status", check=False))
            events, errors = call(hub, "calendar.get_upcoming_events", max_results=4)
            assert {event["summary"] for event in events} == {"Stand-up", "Holiday"}
            assert not errors
            status, _ = call(hub, "calendar.status")
            assert [(item["name"], bool(item["failure"])) for item in status] == [
                ("Holidays", True),
                ("Work", False),
            ]
            log = hub.log.read_text()
            assert log.count("Calendar Holidays is away") == 1
            assert "Traceback" not in log
            assert PASSWORD not in log
        assert sorted(path.stat().st_mode & 0o777 for path in (hub.workdir / "calendar").iterdir()) == [0o600] * 3
