"""The backends of the weather: events when it changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from platypush.backend.weather._watch import WeatherBackend, expected
from platypush.backend.weather.openmeteo import WeatherOpenmeteoBackend
from platypush.backend.weather.openweathermap import WeatherOpenweathermapBackend
from platypush.context import clear_runtime, set_runtime
from platypush.errors import UnknownAction
from platypush.message.event import Event
from platypush.message.event.weather import NewPrecipitationForecastEvent, NewWeatherConditionEvent
from platypush.plugins.weather import WeatherPlugin
from platypush.plugins.weather.openmeteo import WeatherOpenmeteoPlugin
from platypush.plugins.weather.openweathermap import WeatherOpenweathermapPlugin
from tests.fakes.clock import ManualClock
from tests.running.waiting import until
from tests.running.weather import KEY, NOON, WeatherService, weather_service

CASES: list[tuple[type[WeatherBackend], type[WeatherPlugin], dict[str, Any]]] = [
    (WeatherOpenmeteoBackend, WeatherOpenmeteoPlugin, {"geocoding_url": ...}),
    (WeatherOpenweathermapBackend, WeatherOpenweathermapPlugin, {"token": KEY}),
]


class Runtime:
    """A hub with one plugin."""

    def __init__(self) -> None:
        self.plugins: dict[str, WeatherPlugin] = {}
        self.events: list[Event] = []

    def get_plugin(self, name: str) -> Any:
        if name not in self.plugins:
            raise UnknownAction(f"There is no plugin {name!r}.")
        return self.plugins[name]

    def get_backend(self, name: str) -> Any:
        raise UnknownAction(name)

    def get_bus(self) -> Any:
        return self

    def run_request(self, request: Any) -> Any:
        raise NotImplementedError

    def post(self, event: Event) -> None:
        self.events.append(event)

    def of(self, cls: type[Event]) -> list[dict[str, Any]]:
        return [event.args for event in self.events if isinstance(event, cls)]


@pytest.fixture
def hub() -> Iterator[Runtime]:
    made = Runtime()
    set_runtime(made)
    yield made
    clear_runtime()


@pytest.fixture
def service() -> Iterator[WeatherService]:
    with weather_service() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    made = ManualClock(time=NOON + 900.0)
    monkeypatch.setattr(WeatherPlugin, "clock", made)
    return made


@pytest.fixture(params=CASES, ids=["openmeteo", "openweathermap"])
def backend(
    request: pytest.FixtureRequest, hub: Runtime, service: WeatherService, clock: ManualClock
) -> Iterator[WeatherBackend]:
    make_backend, make_plugin, section = request.param
    values = {name: service.url if value is ... else value for name, value in section.items()}
    hub.plugins[make_plugin.name] = make_plugin(
        location="Amsterdam", base_url=service.url, cache_minutes=0, calls_per_minute=100_000, **values
    )
    made = make_backend(poll_seconds=0.01)
    yield made
    made.stop()


def test_the_first_weather_and_each_change_are_events(
    backend: WeatherBackend, hub: Runtime, service: WeatherService
) -> None:
    backend.start()
    until(lambda: len(service.requests) > 6)
    [first] = hub.of(NewWeatherConditionEvent)
    assert (first["plugin_name"], first["icon"], first["units"]) == (backend.name, "10d", "metric")
    assert not {"time", "updated", "age"} & set(first)
    service.changes = {"pressure_msl": 990.5, "pressure": 990.5}
    until(lambda: len(hub.of(NewWeatherConditionEvent)) > 1)
    assert hub.of(NewWeatherConditionEvent)[1] == {**first, "pressure": 990.5}
    [rain] = hub.of(NewPrecipitationForecastEvent)
    assert (rain["plugin_name"], rain["time_frame"]) == (backend.name, 120)
    # Open-Meteo: 0.1 and 0.6 mm in the two hours that begin at 13:00; OpenWeatherMap: 1.5 mm in three hours.
    assert (rain["average"], rain["total"]) in ((0.35, 0.7), (0.5, 1.0))


def test_a_source_that_goes_and_comes_is_one_line_each_and_events_go_on(
    backend: WeatherBackend,
    hub: Runtime,
    service: WeatherService,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platypush.backend.weather._watch._AWAY_PAUSE", 0.01)
    caplog.set_level(logging.INFO, "platypush")
    service.failure = (503, {}, b"")
    backend.start()
    until(lambda: len(service.requests) > 3)
    service.failure = None
    until(lambda: hub.of(NewWeatherConditionEvent))
    service.failure = (503, {}, b"")
    until(lambda: hub.plugins[backend.name].failure)
    service.failure, service.changes = None, {"pressure_msl": 990.5, "pressure": 990.5}
    until(lambda: len(hub.of(NewWeatherConditionEvent)) > 1)
    kinds = [message.split(" is ")[1].split(" ")[0] for message in caplog.messages if " is " in message]
    assert kinds == ["away:", "back", "away:", "back"]


def test_a_place_that_is_not_there_is_one_line_and_no_traceback(
    backend: WeatherBackend, hub: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    hub.plugins[backend.name]._default = None
    backend.start()

    def told() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.name.startswith("platypush.backend.weather")]

    until(told)
    assert "The weather of which place?" in (backend.presence.reason or "")
    assert [record.exc_info for record in told()] == [None]


def test_without_its_plugin_a_backend_says_what_is_missing(hub: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    backend = WeatherOpenmeteoBackend()
    backend.start()
    until(lambda: backend.presence.reason)
    backend.stop()
    assert "backend.weather.openmeteo watches the plugin weather.openmeteo, which is not there" in caplog.text


def test_a_backend_stops_at_once_while_its_source_does_not_answer(
    backend: WeatherBackend, hub: Runtime, service: WeatherService
) -> None:
    service.hang = True
    backend.start()
    assert service.arrived.wait(10)
    backend.stop(10)
    service.release.set()
    assert backend._thread is not None
    backend._thread.join(10)
    assert not hub.events, "what comes after the stop is nobody's"


@pytest.mark.parametrize(
    ("items", "minutes", "result"),
    [
        ([], 60, None),
        ([("12:00", 1.0)], 60, None),
        ([("12:00", 1.0), ("13:00", 2.0)], 0, None),
        ([("12:00", 1.0), ("13:00", 2.0), ("14:00", 0.0)], 60, (1.0, 1.0)),
        ([("12:00", 1.0), ("13:00", 2.0), ("14:00", 0.0)], 90, (1.33, 2.0)),
        ([("12:00", None), ("15:00", 2.0)], 120, (0.0, 0.0)),
    ],
)
def test_what_is_expected_to_fall(
    items: list[tuple[str, float | None]], minutes: int, result: tuple[float, float] | None
) -> None:
    forecast = [{"time": f"2026-11-23T{time}:00+00:00", "precip_intensity": amount} for time, amount in items]
    assert expected(forecast, minutes) == result
