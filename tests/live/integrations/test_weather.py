"""The documented configuration in a whole hub, with stand-ins of the two services."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.reference import configuration
from tests.running.hub import Hub, running_hub
from tests.running.processes import free_port
from tests.running.waiting import until
from tests.running.weather import KEY, NOON, weather_service

pytestmark = pytest.mark.live

SCRIPT = """
import json
from pathlib import Path

from platypush.event.hook import hook
from platypush.message.event.weather import NewPrecipitationForecastEvent, NewWeatherConditionEvent


@hook(NewWeatherConditionEvent)
def weather(event, **context):
    with Path({path!r}).open("a") as output:
        output.write(json.dumps(event.args) + "\\n")


@hook(NewPrecipitationForecastEvent)
def rain(event, **context):
    with Path({path!r}).open("a") as output:
        output.write(json.dumps(event.args) + "\\n")
"""


def call(hub: Hub, action: str, **args: Any) -> Any:
    response = hub.execute(action, **args).json()["response"]
    assert not response["errors"], response["errors"]
    return response["output"]


def test_the_documented_configuration_gives_weather_and_events_and_outlives_the_source(tmp_path: Path) -> None:
    port, told = free_port(), tmp_path / "told"
    shift = round((time.time() - NOON) / 3600) * 3600
    config = configuration("weather", {"  units: metric\n": f"  units: metric\n{own_urls(port)}  cache_minutes: 0\n"})
    config = config.replace("backend.weather.openmeteo:\n", "backend.weather.openmeteo:\n  poll_seconds: 0.2\n")
    config += (
        f"weather.openweathermap:\n  token: {KEY}\n  location: Amsterdam\n  base_url: http://127.0.0.1:{port}/v1\n"
    )
    with contextlib.ExitStack() as stack:
        first = contextlib.ExitStack()
        first.enter_context(weather_service(port, shift=shift))
        stack.enter_context(first)
        hub = stack.enter_context(
            running_hub(
                tmp_path / "hub", config=config, scripts={"weather.py": SCRIPT.replace("{path!r}", repr(str(told)))}
            )
        )
        until(lambda: told.exists() and len(told.read_text().splitlines()) == 2)
        conditions, rain = sorted(map(json.loads, told.read_text().splitlines()), key=len, reverse=True)
        assert (conditions["plugin_name"], conditions["temperature"]) == ("weather.openmeteo", 10.8)
        assert (rain["plugin_name"], rain["time_frame"]) == ("weather.openmeteo", 120)
        assert call(hub, "weather.openmeteo.get_current_weather", units="imperial")["temperature"] == 51.44
        assert len(call(hub, "weather.openmeteo.get_forecast", period="daily")) in (2, 3)
        assert call(hub, "weather.openweathermap.get_current_weather")["humidity"] == 86

        first.close()
        until(lambda: "is away" in hub.log.read_text())
        old = call(hub, "weather.openmeteo.get_current_weather")
        assert old["temperature"] == 10.8
        status = hub.command("status", check=False)
        assert "Connection refused" in status
        with weather_service(port, shift=shift, changes={"temperature_2m": 4.2}) as service:
            took = until(lambda: '"temperature": 4.2' in told.read_text(), seconds=10)
            assert took < 10
            assert service.paths()[0] == "forecast", "the place was looked up before"
            log = hub.log.read_text()
        assert log.count("Open-Meteo (127.0.0.1) is away") == 1
        assert log.count("Open-Meteo (127.0.0.1) is back") == 1
        assert KEY not in log
        assert KEY not in status
        assert "Traceback" not in log


def own_urls(port: int) -> str:
    url = f"http://127.0.0.1:{port}/v1"
    return f"  base_url: {url}\n  geocoding_url: {url}\n"
