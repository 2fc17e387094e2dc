"""What both sources say, in one shape."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import ActionFailed, ArgumentError, NotFound
from tests.running.weather import KEY, WeatherService
from tests.unit.plugins.weather.conftest import MakePlugin

SHAPE = {
    *("time", "summary", "icon", "image", "precip_intensity", "precip_type", "temperature", "apparent_temperature"),
    *("humidity", "pressure", "rain_chance", "visibility", "wind_speed", "wind_direction", "wind_gust", "cloud_cover"),
    *("sunrise", "sunset", "units", "updated", "age"),
}
DAILY = {"temperature_min", "temperature_max", "precip_total"}


def test_open_meteo_says_what_the_weather_is(openmeteo: MakePlugin) -> None:
    assert openmeteo().get_current_weather().output == {
        "time": "2026-11-23T13:00:00+01:00",
        "summary": "Light rain",
        "icon": "10d",
        "image": None,
        # 0.1 mm within a quarter of an hour.
        "precip_intensity": 0.4,
        "precip_type": "rain",
        "temperature": 10.8,
        "apparent_temperature": 7.7,
        "humidity": 83,
        "pressure": 1011.1,
        "rain_chance": 95,
        "visibility": 24140.0,
        "wind_speed": 5.5,
        "wind_direction": 213,
        "wind_gust": 10.0,
        "cloud_cover": 100,
        "sunrise": "2026-11-23T08:15:00+01:00",
        "sunset": "2026-11-23T16:36:00+01:00",
        "units": "metric",
        "updated": "2026-11-23T12:15:00+00:00",
        "age": 0,
    }


def test_openweathermap_says_what_the_weather_is(openweathermap: MakePlugin) -> None:
    assert openweathermap().get_current_weather().output == {
        "time": "2026-11-23T13:00:00+01:00",
        "summary": "Rain",
        "icon": "10d",
        "image": "https://openweathermap.org/img/wn/10d@2x.png",
        "precip_intensity": 0.36,
        "precip_type": "rain",
        "temperature": 10.41,
        "apparent_temperature": 9.57,
        "humidity": 86,
        "pressure": 1011,
        "rain_chance": None,
        "visibility": 9000,
        "wind_speed": 6.17,
        "wind_direction": 210,
        "wind_gust": 9.26,
        "cloud_cover": 75,
        "sunrise": "2026-11-23T08:15:00+01:00",
        "sunset": "2026-11-23T16:36:00+01:00",
        "units": "metric",
        "updated": "2026-11-23T12:15:00+00:00",
        "age": 0,
    }


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
@pytest.mark.parametrize("period", ["hourly", "daily"])
def test_forecasts_have_the_same_shape_and_begin_now(source: str, period: str, request: pytest.FixtureRequest) -> None:
    plugin = request.getfixturevalue(source)()
    items: list[dict[str, Any]] = plugin.get_forecast(period=period).output
    assert all(set(item) == SHAPE | (DAILY if period == "daily" else set()) for item in items)
    assert items[0]["time"][:10] == "2026-11-23"
    if period == "hourly":
        assert items[0]["time"] == "2026-11-23T13:00:00+01:00"
    assert [item["time"] for item in items] == sorted(item["time"] for item in items)
    assert plugin.get_forecast(period=period, limit=2).output == items[:2]


def test_days_of_openweathermap_are_made_of_three_hours_each(openweathermap: MakePlugin) -> None:
    first, second, *_ = openweathermap().get_forecast(period="daily").output
    assert (first["temperature_max"], first["temperature_min"]) == (10.4, 9.35)
    assert (first["precip_total"], first["precip_type"], first["summary"], first["icon"]) == (
        2.1,
        "rain",
        "Rain",
        "10d",
    )
    assert (first["rain_chance"], first["wind_gust"]) == (94, 10.5)
    assert (first["sunset"], second["sunset"]) == ("2026-11-23T16:36:00+01:00", None)
    assert second["precip_type"] == "snow"


def test_days_of_open_meteo_have_their_own_sun_and_snow(openmeteo: MakePlugin) -> None:
    first, second, _ = openmeteo().get_forecast(period="daily").output
    assert (first["temperature_min"], first["temperature_max"], first["precip_total"]) == (3.1, 10.9, 2.3)
    assert (second["precip_type"], second["summary"], second["icon"]) == ("snow", "Snow", "13d")
    assert second["sunrise"] == "2026-11-24T08:15:00+01:00"


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
def test_units_are_those_of_the_section_or_of_the_call(source: str, request: pytest.FixtureRequest) -> None:
    plugin = request.getfixturevalue(source)(units="imperial")
    imperial, metric, kelvin = (
        plugin.get_current_weather(**units).output for units in ({}, {"units": "metric"}, {"units": "standard"})
    )
    assert imperial["units"] == "imperial"
    assert imperial["temperature"] == round(metric["temperature"] * 1.8 + 32, 2)
    assert imperial["wind_speed"] == round(metric["wind_speed"] * 2.23694, 2)
    assert kelvin["temperature"] == round(metric["temperature"] + 273.15, 2)
    assert kelvin["wind_speed"] == metric["wind_speed"]
    assert imperial["pressure"] == metric["pressure"]
    service: WeatherService = request.getfixturevalue("service")
    assert len([path for path in service.paths() if path != "search"]) == 1, "one answer serves all units"


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        ({"location": "London,GB"}, {"q": "London,GB"}),
        ({"city_id": 7}, {"id": "7"}),
        ({"lat": 0.0, "long": -4.5}, {"lat": "0.0", "lon": "-4.5"}),
        ({"zip_code": "90210,US"}, {"zip": "90210,US"}),
        ({}, {"q": "Amsterdam"}),
    ],
)
def test_openweathermap_is_asked_for_the_place(
    where: dict[str, Any], sent: dict[str, str], openweathermap: MakePlugin, service: WeatherService
) -> None:
    openweathermap().get_current_weather(**where)
    assert service.requests == [("/v1/weather", {**sent, "units": "metric", "appid": KEY})]


@pytest.mark.parametrize(
    ("where", "looked_up"),
    [
        ({"location": "London,gb"}, [("/v1/search", {"name": "London", "count": "1", "countryCode": "GB"})]),
        ({"location": "Paris, Texas"}, [("/v1/search", {"name": "Paris, Texas", "count": "1"})]),
        ({"zip_code": "1012"}, [("/v1/search", {"name": "1012", "count": "1"})]),
        ({"city_id": 2759794}, [("/v1/get", {"id": "2759794"})]),
        ({"lat": 52.37403, "long": 4.88969}, []),
    ],
)
def test_open_meteo_looks_places_up_once(
    where: dict[str, Any], looked_up: list[Any], openmeteo: MakePlugin, service: WeatherService
) -> None:
    plugin = openmeteo(cache_minutes=0)
    plugin.get_current_weather(**where)
    plugin.get_forecast(**where)
    assert service.requests[:-2] == looked_up
    for path, query in service.requests[-2:]:
        assert (path, query["latitude"], query["longitude"]) == ("/v1/forecast", "52.37403", "4.88969")
        assert "apikey" not in query


def test_a_paid_plan_of_open_meteo_has_a_key(openmeteo: MakePlugin, service: WeatherService) -> None:
    openmeteo(token=KEY).get_current_weather()
    assert [query["apikey"] for _, query in service.requests] == [KEY, KEY]


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"lat": 5.0}, "lat and long go together"),
        ({"lat": 91.0, "long": 0.0}, "not on Earth"),
        ({"location": "x" * 300}, "too long"),
        ({"location": "  "}, "of which place"),
    ],
)
def test_a_place_that_is_none_is_refused(
    source: str, where: dict[str, Any], words: str, request: pytest.FixtureRequest
) -> None:
    plugin = request.getfixturevalue(source)(location=None)
    with pytest.raises(ArgumentError, match=words):
        plugin.get_current_weather(**where)
    assert not request.getfixturevalue("service").requests


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
def test_a_place_that_nobody_knows_is_not_found(source: str, request: pytest.FixtureRequest) -> None:
    plugin = request.getfixturevalue(source)()
    with pytest.raises(NotFound, match="knows no place 'Nowhere'"):
        plugin.get_current_weather(location="Nowhere")
    assert plugin.failure is None, "the source is there"
    if source == "openmeteo":
        with pytest.raises(NotFound, match="knows no place city 5"):
            plugin.get_current_weather(city_id=5)


def test_a_negative_limit_is_refused(openmeteo: MakePlugin) -> None:
    with pytest.raises(ArgumentError, match="limit is -1"):
        openmeteo().get_forecast(limit=-1)


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
@pytest.mark.parametrize("body", [b"[]", b"{}", b"7", b'"x"', b"{", b"", b"<html>"])
def test_rubbish_instead_of_weather_is_a_failure_that_says_so(
    source: str, body: bytes, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("service").failure = (200, {}, body)
    plugin = request.getfixturevalue(source)(location=None, lat=1.0, long=2.0)
    with pytest.raises(ActionFailed, match=r"not JSON|not what its documentation describes") as caught:
        plugin.get_current_weather()
    assert plugin.failure == caught.value.message


@pytest.mark.parametrize("source", ["openmeteo", "openweathermap"])
def test_what_a_source_leaves_out_is_none(source: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("service").failure = (200, {}, b'{"main": [], "current": 7}')
    values = request.getfixturevalue(source)(location=None, lat=1.0, long=2.0).get_current_weather().output
    assert set(values) == SHAPE
    assert (values["temperature"], values["summary"], values["icon"]) == (None, "Unknown", "unknown")


@pytest.mark.parametrize(
    "body",
    [
        b'{"current": {"time": 1e300, "weather_code": "x", "temperature_2m": true, "interval": 0}, "timezone": "../x"}',
        b'{"current": {}, "hourly": {"time": [1, null], "rain": 7, "precipitation": [1]}, "utc_offset_seconds": 1e9}',
        b'{"current": {"time": -1e300, "weather_code": 1.5}, "hourly": 5, "daily": {"time": 5}, "timezone": null}',
    ],
)
def test_values_of_the_wrong_kind_are_left_out(body: bytes, openmeteo: MakePlugin, service: WeatherService) -> None:
    service.failure = (200, {}, body)
    plugin = openmeteo(location=None, lat=1.0, long=2.0)
    assert plugin.get_current_weather().output["temperature"] is None
    assert plugin.get_forecast().output == []


def test_values_of_the_wrong_kind_are_left_out_of_openweathermaps_too(
    openweathermap: MakePlugin, service: WeatherService
) -> None:
    service.failure = (
        200,
        {},
        b'{"list": [5, {"dt": 4e9, "main": 5, "weather": [5], "rain": {"3h": "x"}}], "city": 5}',
    )
    [item] = openweathermap().get_forecast().output
    assert (item["temperature"], item["summary"], item["precip_intensity"]) == (None, "Unknown", 0.0)
    [day] = openweathermap().get_forecast(period="daily").output
    assert (day["temperature"], day["humidity"], day["precip_total"]) == (None, None, 0.0)
