"""A service to ask, a clock to set, and the two plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from platypush.plugins.weather import WeatherPlugin
from platypush.plugins.weather.openmeteo import WeatherOpenmeteoPlugin
from platypush.plugins.weather.openweathermap import WeatherOpenweathermapPlugin
from tests.fakes.clock import ManualClock
from tests.running.weather import KEY, NOON, WeatherService, weather_service

MakePlugin = Callable[..., WeatherPlugin]


@pytest.fixture
def service() -> Iterator[WeatherService]:
    with weather_service() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """A quarter of an hour after the recording."""
    made = ManualClock(time=NOON + 900.0)
    monkeypatch.setattr(WeatherPlugin, "clock", made)
    return made


@pytest.fixture
def openmeteo(service: WeatherService, clock: ManualClock) -> MakePlugin:
    def make(**section: Any) -> WeatherPlugin:
        urls = {"base_url": service.url, "geocoding_url": service.url + "/"}
        return WeatherOpenmeteoPlugin(**{"location": "Amsterdam", **urls, **section})

    return make


@pytest.fixture
def openweathermap(service: WeatherService, clock: ManualClock) -> MakePlugin:
    def make(**section: Any) -> WeatherPlugin:
        values: dict[str, Any] = {"token": KEY, "location": "Amsterdam", "base_url": service.url, **section}
        return WeatherOpenweathermapPlugin(**values)

    return make
