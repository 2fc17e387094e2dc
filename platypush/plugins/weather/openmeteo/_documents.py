"""Reading the documents of Open-Meteo (https://open-meteo.com/en/docs, https://open-meteo.com/en/docs/geocoding-api)."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from platypush.errors import ActionFailed
from platypush.plugins.weather import Forecast
from platypush.plugins.weather._conditions import Conditions, mapping, number
from platypush.plugins.weather.openmeteo._codes import icon_of, summary_of

__all__ = ["CURRENT", "DAILY", "HOURLY", "found_place", "read_forecast"]

HOURLY = (
    "temperature_2m",
    "apparent_temperature",
    "relative_humidity_2m",
    "precipitation",
    "precipitation_probability",
    "rain",
    "showers",
    "snowfall",
    "weather_code",
    "cloud_cover",
    "pressure_msl",
    "visibility",
    "wind_speed_10m",
    "wind_direction_10m",
    "wind_gusts_10m",
    "is_day",
)
CURRENT = HOURLY
"""Every variable of the hours is there for the present too."""
DAILY = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "apparent_temperature_max",
    "sunrise",
    "sunset",
    "precipitation_sum",
    "precipitation_probability_max",
    "rain_sum",
    "showers_sum",
    "snowfall_sum",
    "wind_speed_10m_max",
    "wind_gusts_10m_max",
    "wind_direction_10m_dominant",
)
_HOUR = 3600
_MOST = 400


def read_forecast(document: Any) -> Forecast:
    """The weather now, by hour and by day. Raises ActionFailed for a document of another kind."""
    if not isinstance(document, dict) or "current" not in document:
        raise ActionFailed("The answer of Open-Meteo has no 'current': it is not what its documentation describes.")
    daily = [_day(item) for item in _rows(document.get("daily"))]
    now = mapping(document["current"])
    interval = number(now.get("interval")) or _HOUR
    today = daily[0] if daily else Conditions()
    return Forecast(
        _zone(document),
        current=_hour(now, interval, today),
        hourly=tuple(_hour(item, _HOUR, Conditions()) for item in _rows(document.get("hourly"))),
        daily=tuple(daily),
    )


def found_place(document: Any) -> tuple[float, float] | None:
    """Latitude and longitude of the first place that was found; None when there is none."""
    results = mapping(document).get("results")
    first = mapping(results[0]) if isinstance(results, list) and results else {}
    lat, long = number(first.get("latitude")), number(first.get("longitude"))
    return None if lat is None or long is None else (lat, long)


def _rows(columns: Any) -> list[dict[str, Any]]:
    """Open-Meteo gives a list for each variable; here an object for each time."""
    lists = {name: values for name, values in mapping(columns).items() if isinstance(values, list)}
    times = lists.get("time", [])[:_MOST]
    return [
        {name: values[index] for name, values in lists.items() if index < len(values)} for index in range(len(times))
    ]


def _hour(data: dict[str, Any], seconds: float, today: Conditions) -> Conditions:
    """``seconds`` is the time that amounts are for."""
    get = {name: number(value) for name, value in data.items()}.get
    code = get("weather_code")
    amount = get("precipitation")
    return Conditions(
        time=get("time"),
        summary=summary_of(code),
        icon=icon_of(code, get("is_day") != 0),
        precip_intensity=None if amount is None else amount * _HOUR / seconds,
        precip_type=_kind(get("snowfall"), amount),
        temperature=get("temperature_2m"),
        apparent_temperature=get("apparent_temperature"),
        humidity=get("relative_humidity_2m"),
        pressure=get("pressure_msl"),
        rain_chance=get("precipitation_probability"),
        visibility=get("visibility"),
        wind_speed=get("wind_speed_10m"),
        wind_direction=get("wind_direction_10m"),
        wind_gust=get("wind_gusts_10m"),
        cloud_cover=get("cloud_cover"),
        sunrise=today.sunrise,
        sunset=today.sunset,
    )


def _day(data: dict[str, Any]) -> Conditions:
    get = {name: number(value) for name, value in data.items()}.get
    code, amount = get("weather_code"), get("precipitation_sum")
    return Conditions(
        time=get("time"),
        summary=summary_of(code),
        icon=icon_of(code, day=True),
        precip_intensity=None if amount is None else amount / 24,
        precip_type=_kind(get("snowfall_sum"), amount),
        temperature=get("temperature_2m_max"),
        apparent_temperature=get("apparent_temperature_max"),
        rain_chance=get("precipitation_probability_max"),
        wind_speed=get("wind_speed_10m_max"),
        wind_direction=get("wind_direction_10m_dominant"),
        wind_gust=get("wind_gusts_10m_max"),
        sunrise=get("sunrise"),
        sunset=get("sunset"),
        temperature_min=get("temperature_2m_min"),
        temperature_max=get("temperature_2m_max"),
        precip_total=amount,
    )


def _kind(snow: float | None, amount: float | None) -> str | None:
    if (snow or 0) > 0:
        return "snow"
    return "rain" if (amount or 0) > 0 else None


def _zone(document: dict[str, Any]) -> tzinfo:
    try:
        return ZoneInfo(str(document.get("timezone")))
    except (KeyError, ValueError, OSError):
        # A machine without a table of time zones: the offset of today is nearly as good.
        seconds = number(document.get("utc_offset_seconds")) or 0
        return timezone(timedelta(seconds=seconds if abs(seconds) < 86400 else 0))
