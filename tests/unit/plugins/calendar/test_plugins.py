"""The sections ``calendar.ical`` and ``calendar``, without a hub."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platypush import context
from platypush.errors import ArgumentError, Unavailable, UnknownAction
from platypush.message.response import Response
from platypush.plugins import calendar as package
from platypush.plugins.calendar import CalendarInterface, CalendarPlugin, _sources, ical
from platypush.plugins.calendar.ical import CalendarIcalPlugin
from platypush.plugins.calendar.ical._store import Snapshot
from platypush.plugins.services import PluginServices
from tests.running.waiting import until
from tests.unit.plugins.calendar.computing import calendar
from tests.unit.plugins.conftest import MakeConfig

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def ics(name: str, hours: int = 0, *more: str) -> bytes:
    """A calendar with one event tomorrow, ``hours`` later."""
    start = f"{TOMORROW + timedelta(hours=hours):%Y%m%dT%H%M%SZ}"
    return calendar("\n".join([f"UID:{name}", f"DTSTART:{start}", f"SUMMARY:{name}", *more]))


class Other(CalendarInterface):
    """Somebody else's plugin."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_upcoming_events(self, max_results: int = 10) -> Any:
        return self.answer() if callable(self.answer) else self.answer


class Hub:
    """A runtime with these plugins."""

    def __init__(self, plugins: dict[str, Any]) -> None:
        self.plugins = plugins

    def get_plugin(self, name: str) -> Any:
        if name not in self.plugins:
            raise UnknownAction(f"There is no plugin {name!r}.")
        return self.plugins[name]

    def get_backend(self, name: str) -> Any:
        raise NotImplementedError

    def get_bus(self) -> Any:
        raise NotImplementedError

    def run_request(self, request: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def hub() -> Iterator[Callable[..., None]]:
    def install(**plugins: Any) -> None:
        context.set_runtime(Hub({name.replace("__", "."): plugin for name, plugin in plugins.items()}))

    yield install
    context.clear_runtime()


def event(name: str, hours: int = 0) -> dict[str, Any]:
    return {"summary": name, "start": {"dateTime": (TOMORROW + timedelta(hours=hours)).isoformat()}}


def names(response: Response) -> list[str]:
    return [item["summary"] for item in response.output]


def test_a_file_is_a_calendar_without_a_hub(tmp_path: Path) -> None:
    path = tmp_path / "tea.ics"
    path.write_bytes(ics("Tea"))
    for url in (str(path), f"file://{path}"):
        plugin = CalendarIcalPlugin(url=url)
        assert names(plugin.get_upcoming_events()) == ["Tea"]
        assert plugin.get_upcoming_events().output[0]["calendar"] == "tea"
    assert CalendarIcalPlugin(url=str(path), name="Mine").get_upcoming_events().output[0]["calendar"] == "Mine"


def test_declined_events_are_shown_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_bytes(ics("Meeting", 0, "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com"))
    plugin = CalendarIcalPlugin(url=str(path), email="anna@example.com")
    assert names(plugin.get_upcoming_events()) == []
    assert names(plugin.get_upcoming_events(only_participating=False)) == ["Meeting"]
    assert names(CalendarIcalPlugin(url=str(path)).get_upcoming_events()) == ["Meeting"]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"url": "ftp://a.example/x.ics"}, "begins with ftp"),
        ({"url": "calendars/x.ics"}, "the whole path"),
        ({"url": "https://"}, "is no URL"),
        ({"url": "/x.ics", "days_ahead": 0}, "from 1 to 3660"),
    ],
)
def test_a_wrong_section_says_so(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises((ArgumentError, ValueError), match=reason):
        CalendarIcalPlugin(**keys)


def test_webcal_is_https() -> None:
    plugin = CalendarIcalPlugin(url="webcal://calendar.example.com/x.ics")
    assert plugin.title == "calendar.example.com"
    with pytest.raises(Unavailable, match=r"https://calendar\.example\.com/…"):
        plugin.get_upcoming_events()


def test_a_calendar_is_read_in_the_background_and_kept_over_a_restart(
    tmp_path: Path, make_config: MakeConfig, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "tea.ics"
    path.write_bytes(ics("Tea") + b"BEGIN:VEVENT\nUID:x\nEND:VEVENT\n")
    services = PluginServices(config=make_config())
    plugin = CalendarIcalPlugin(url=str(path), poll_interval=1)
    plugin.bind(services)
    plugin.start()
    try:
        assert names(plugin.get_upcoming_events()) == ["Tea"]
        assert plugin.status().output["skipped"] == {"have no start": 1}
        path.write_bytes(ics("Coffee"))
        until(lambda: names(plugin.get_upcoming_events()) == ["Coffee"])
        assert caplog.text.count("events were skipped: 1 that have no start") == 1
        path.unlink()
        until(lambda: plugin.failure)
    finally:
        plugin.stop()
    again = CalendarIcalPlugin(url=str(path))
    again.bind(services)
    again.start()
    try:
        assert names(again.get_upcoming_events()) == ["Coffee"]
        until(lambda: again.failure)
        status = again.status().output
        assert status["events"] == 1
        assert 0 <= status["age"] < 60
        assert "No such file" in status["failure"]
    finally:
        again.stop()


def test_a_first_reading_that_fails_is_the_answer_at_once(tmp_path: Path) -> None:
    plugin = CalendarIcalPlugin(url=str(tmp_path / "none.ics"))
    plugin.start()
    try:
        with pytest.raises(Unavailable, match=r"Calendar none cannot be shown: .*none\.ics cannot be read"):
            plugin.get_upcoming_events()
    finally:
        plugin.stop()


def test_refresh_reads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tea.ics"
    path.write_bytes(ics("Tea"))
    plugin = CalendarIcalPlugin(url=str(path))
    plugin.start()
    try:
        assert names(plugin.get_upcoming_events()) == ["Tea"]
        path.write_bytes(ics("Coffee"))
        assert plugin.refresh().output["events"] == 1
        assert names(plugin.get_upcoming_events()) == ["Coffee"]
    finally:
        plugin.stop()


def test_events_are_computed_anew_when_time_has_gone_on_or_jumped(tmp_path: Path) -> None:
    path = tmp_path / "tea.ics"
    path.write_bytes(ics("Tea"))
    plugin = CalendarIcalPlugin(url=str(path))
    plugin._update()
    first = plugin.known()
    plugin._update()
    assert plugin.known().computed_at == first.computed_at, "nothing changed"
    for jump in (-7 * 3600, 7 * 3600):
        plugin._snapshot = Snapshot(first.read_at, first.computed_at + jump, [], {}, first.versions)
        plugin._update()
        assert names(plugin.get_upcoming_events()) == ["Tea"]


def test_a_clock_that_jumped_is_noticed_long_before_the_next_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ical, "_LOOK", 0.05)
    path = tmp_path / "tea.ics"
    path.write_bytes(ics("Tea"))
    plugin = CalendarIcalPlugin(url=str(path))
    plugin.start()
    try:
        known = plugin.known()
        # As if it had been computed in 1970, before the machine knew what time it is.
        plugin._snapshot = Snapshot(0, 0, [], {}, known.versions)
        until(lambda: names(plugin.get_upcoming_events()) == ["Tea"])
    finally:
        plugin.stop()


def test_several_calendars_are_one_and_a_broken_one_does_not_hide_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.ics").write_bytes(ics("second", 2))
    (tmp_path / "b.ics").write_bytes(ics("first", 1))
    plugin = CalendarPlugin(
        calendars=[
            {"type": "calendar.ical", "url": str(tmp_path / "a.ics")},
            {"type": "platypush.plugins.calendar.ical.CalendarIcalPlugin", "url": str(tmp_path / "b.ics")},
            {"type": "calendar.ical", "url": str(tmp_path / "none.ics"), "name": "Lost"},
            {"type": "calendar.ical", "ulr": "x", "password": "geheim"},
            {"type": "calendar.ical", "url": "ftp://x"},
            {"url": "x"},
            {"type": "google.calendar", "token": "geheim"},
        ]
    )
    assert "geheim" not in caplog.text
    plugin.start()
    assert plugin.is_running()
    try:
        response = plugin.get_upcoming_events()
        assert names(response) == ["first", "second"]
        assert names(plugin.get_upcoming_events(1)) == ["first"]
        lost, mistyped, wrong, untyped, google = response.errors
        assert lost.startswith("Calendar Lost cannot be shown: ")
        assert "'ulr' is unknown. Did you mean 'url'?" in mistyped
        assert wrong.startswith("calendars[5]: url begins with ftp")
        assert untyped.startswith("calendars[6]: it has no type")
        assert google.startswith("google.calendar: give token in a section google.calendar:")
        assert "geheim" not in str(response.errors)
        assert [item["name"] for item in plugin.status().output] == [
            *("a", "b", "Lost", "calendars[4]", "calendars[5]", "calendars[6]", "google.calendar")
        ]
        assert "Lost: " in (plugin.failure or "")
    finally:
        plugin.stop()
    assert not plugin.is_running()
    assert not [thread for thread in threading.enumerate() if "calendar" in thread.name]


def test_other_plugins_are_asked_by_name(hub: Callable[..., None]) -> None:
    hub(
        google__calendar=Other(Response(output=[event("from Google", 3)])),
        my__events=Other([event("a plain list", 1)]),
        broken=Other(Response(errors=["no token"])),
        odd=Other(Response(output={"events": []})),
        raising=Other(lambda: 1 / 0),
    )
    kinds = ["platypush.plugins.google.calendar.GoogleCalendarPlugin", "my.events", "broken", "odd", "raising", "none"]
    plugin = CalendarPlugin(calendars=[{"type": kind} for kind in kinds])
    assert [item["failure"] for item in plugin.status().output] == [*([None] * 5), "There is no plugin 'none'."]
    response = plugin.get_upcoming_events()
    assert names(response) == ["a plain list", "from Google"]
    assert response.errors == [
        "broken: no token",
        "odd: What it answered is no list of events with a start.",
        "raising: ZeroDivisionError: division by zero",
        "none: There is no plugin 'none'.",
    ]
    assert plugin.failure == " ".join(response.errors)
    assert not plugin.is_running()


def test_a_plugin_that_hangs_is_waited_for_once(hub: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "_WAIT", 0.05)
    go = threading.Event()

    def hang() -> list[dict[str, Any]]:
        go.wait(10)
        return [event("at last")]

    hub(slow=Other(hang), quick=Other([event("quick")]))
    plugin = CalendarPlugin(calendars=[{"type": "slow"}, {"type": "quick"}])
    response = plugin.get_upcoming_events()
    assert names(response) == ["quick"]
    assert response.errors == ["slow: It did not answer within 0.05 s."]
    assert plugin.get_upcoming_events().errors == ["slow: It has not yet answered the last time that it was asked."]
    assert len([thread for thread in threading.enumerate() if thread.name == "calendar-slow"]) == 1
    go.set()
    until(lambda: "at last" in names(plugin.get_upcoming_events()))
    assert plugin.failure is None


def test_without_a_list_all_configured_calendars_are_merged(
    hub: Callable[..., None], make_config: MakeConfig, tmp_path: Path
) -> None:
    (tmp_path / "a.ics").write_bytes(ics("from ical", 2))
    hub(
        calendar__ical=CalendarIcalPlugin(url=str(tmp_path / "a.ics")),
        calendar__moon=Other([event("full moon", 1)]),
        google__calendar=Other([event("not asked")]),
    )
    plugin = CalendarPlugin()
    assert plugin.get_upcoming_events().output == []
    names_of_sections = ("calendar", "calendar.ical", "calendar.moon", "google.calendar")
    sections: dict[str, dict[str, Any]] = {name: {} for name in names_of_sections}
    plugin.bind(PluginServices(config=make_config(plugins=sections)))
    assert names(plugin.get_upcoming_events()) == ["full moon", "from ical"]
    assert [item["type"] for item in plugin.status().output] == ["calendar.ical", "calendar.moon"]


def test_a_type_alone_is_the_section_of_that_name(hub: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(ics("from its own section"))
    hub(calendar__ical=CalendarIcalPlugin(url=str(tmp_path / "a.ics")))
    plugin = CalendarPlugin(calendars=[{"type": "calendar.ical"}, {"type": "calendar.moon"}])
    assert names(plugin.get_upcoming_events()) == ["from its own section"]
    assert [(item["events"], item["failure"]) for item in plugin.status().output] == [
        (1, None),
        (None, "There is no plugin 'calendar.moon'."),
    ]


def test_an_empty_list_is_no_calendar(make_config: MakeConfig) -> None:
    plugin = CalendarPlugin(calendars=[])
    plugin.bind(PluginServices(config=make_config(plugins={"calendar.ical": {}})))
    assert plugin.get_upcoming_events().output == []
    plugin.start()
    plugin.stop()


def test_the_log_names_the_calendar_once_each_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "tea.ics"
    plugin = CalendarIcalPlugin(url=str(path), name="Tea time")
    plugin.start()
    try:
        until(lambda: plugin.failure)
        path.write_bytes(ics("Tea"))
        until(lambda: plugin.failure is None)
    finally:
        plugin.stop()
    assert [record.message.partition(":")[0].partition(" after")[0] for record in caplog.records] == [
        "Calendar Tea time is away",
        "Calendar Tea time is back",
    ]


def test_the_package_exports_what_other_peoples_calendars_derive_from() -> None:
    assert issubclass(CalendarIcalPlugin, package.CalendarInterface)
