"""Reading the documents of OpenWeatherMap (https://openweathermap.org/current, https://openweathermap.org/forecast5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

from platypush.errors import ActionFailed
from platypush.plugins.weather import Forecast
from platypush.plugins.weather._conditions import Conditions, by_day, mapping, moment, number

__all__ = ["read_current", "read_forecast"]

_HOURS = 3
_MOST = 200


def read_current(document: Any) -> Forecast:
    """The weather now. Raises ActionFailed for a document of another kind."""
    data = _checked(document, "main")
    return Forecast(_zone(data.get("timezone")), current=_conditions(data))


def read_forecast(document: Any) -> Forecast:
    """The forecast in steps of three hours, and by day. Raises ActionFailed for a document of another kind."""
    data = _checked(document, "list")
    items = data["list"] if isinstance(data["list"], list) else []
    zone = _zone(mapping(data.get("city")).get("timezone"))
    hourly = tuple(_conditions(mapping(item)) for item in items[:_MOST])
    daily = by_day(hourly, zone, _HOURS)
    # The sun of today is all that is known.
    city = mapping(data.get("city"))
    sunrise, sunset = number(city.get("sunrise")), number(city.get("sunset"))
    if daily and (moment(sunset, zone) or "")[:10] == (moment(daily[0].time, zone) or "")[:10]:
        daily[0] = replace(daily[0], sunrise=sunrise, sunset=sunset)
    return Forecast(zone, hourly=hourly, daily=tuple(daily), hours=_HOURS)


def _checked(document: Any, key: str) -> dict[str, Any]:
    if not isinstance(document, dict) or key not in document:
        raise ActionFailed(f"The answer of OpenWeatherMap has no {key!r}: it is not what its documentation describes.")
    return document


def _conditions(data: dict[str, Any]) -> Conditions:
    main, wind, sun = mapping(data.get("main")), mapping(data.get("wind")), mapping(data.get("sys"))
    weather = data.get("weather")
    sky = mapping(weather[0]) if isinstance(weather, list) and weather else {}
    rain, snow = _intensity(data.get("rain")), _intensity(data.get("snow"))
    chance = number(data.get("pop"))
    icon = sky.get("icon") if isinstance(sky.get("icon"), str) else "unknown"
    return Conditions(
        time=number(data.get("dt")),
        summary=sky.get("main") if isinstance(sky.get("main"), str) else "Unknown",
        icon=icon,
        image=f"https://openweathermap.org/img/wn/{icon}@2x.png" if icon != "unknown" else None,
        precip_intensity=rain + snow,
        precip_type="snow" if snow > 0 else "rain" if rain > 0 else None,
        temperature=number(main.get("temp")),
        apparent_temperature=number(main.get("feels_like")),
        humidity=number(main.get("humidity")),
        pressure=number(main.get("pressure")),
        rain_chance=None if chance is None else chance * 100,
        visibility=number(data.get("visibility")),
        wind_speed=number(wind.get("speed")),
        wind_direction=number(wind.get("deg")),
        wind_gust=number(wind.get("gust")),
        cloud_cover=number(mapping(data.get("clouds")).get("all")),
        sunrise=number(sun.get("sunrise")),
        sunset=number(sun.get("sunset")),
    )


def _intensity(value: Any) -> float:
    """In mm/h: the last hour's amount, or a third of that of three hours."""
    amounts = mapping(value)
    if (hour := number(amounts.get("1h"))) is not None:
        return hour
    return (number(amounts.get("3h")) or 0) / 3


def _zone(shift: Any) -> timezone:
    seconds = number(shift) or 0
    return timezone(timedelta(seconds=seconds if abs(seconds) < 86400 else 0))
