"""The one shape of the weather that all sources have, and the units that it is shown in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

__all__ = ["Conditions", "Units", "by_day", "mapping", "moment", "number", "shown"]

Units = Literal["metric", "imperial", "standard"]
_TEMPERATURES = ("temperature", "apparent_temperature", "temperature_min", "temperature_max")
_SPEEDS = ("wind_speed", "wind_gust")
_TIMES = ("time", "sunrise", "sunset")
_DAILY = ("temperature_min", "temperature_max", "precip_total")
_MPH = 3600 / 1609.344


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The weather at one time, or over one day. In °C, m/s, mm/h, hPa, metres, per cent, degrees; times in seconds
    since the epoch. None is what the source does not say."""

    time: float | None = None
    summary: str | None = None
    icon: str | None = None
    """In the codes of OpenWeatherMap, whatever the source: ``01d`` to ``50n``."""
    image: str | None = None
    precip_intensity: float | None = None
    precip_type: str | None = None
    temperature: float | None = None
    apparent_temperature: float | None = None
    humidity: float | None = None
    pressure: float | None = None
    rain_chance: float | None = None
    visibility: float | None = None
    wind_speed: float | None = None
    wind_direction: float | None = None
    wind_gust: float | None = None
    cloud_cover: float | None = None
    sunrise: float | None = None
    sunset: float | None = None
    temperature_min: float | None = None
    """Only of a day, as the next two."""
    temperature_max: float | None = None
    precip_total: float | None = None
    """In mm."""


def shown(conditions: Conditions, units: Units, zone: tzinfo, *, daily: bool = False) -> dict[str, Any]:
    """Conditions as callers get them: in their units, with times in ISO 8601 of the place's own zone."""
    values: dict[str, Any] = asdict(conditions)
    for name in _TEMPERATURES:
        values[name] = _temperature(values[name], units)
    for name in _SPEEDS:
        values[name] = _speed(values[name], units)
    for name in _TIMES:
        values[name] = moment(values[name], zone)
    if not daily:
        for name in _DAILY:
            del values[name]
    return {name: _rounded(value) for name, value in values.items()} | {"units": units}


def moment(seconds: float | None, zone: tzinfo) -> str | None:
    """Seconds since the epoch as ISO 8601; None for what is no time that a calendar has."""
    try:
        return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC).astimezone(zone).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def by_day(items: Sequence[Conditions], zone: tzinfo, hours: float) -> list[Conditions]:
    """One item for each day of the place, of items that stand for ``hours`` each.

    Summary and icon are those of the item that is nearest to noon.
    """
    days: dict[str, list[Conditions]] = {}
    for item in items:
        if (start := moment(item.time, zone)) is not None:
            days.setdefault(start[:10], []).append(item)
    return [_day(found, zone, hours) for found in days.values()]


def number(value: Any) -> float | None:
    """``value`` where it is a number, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def mapping(value: Any) -> dict[str, Any]:
    """``value`` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _day(items: list[Conditions], zone: tzinfo, hours: float) -> Conditions:
    noon = min(items, key=lambda item: abs(_hour(item, zone) - 12))
    temperatures = [item.temperature for item in items if item.temperature is not None]
    total = sum((item.precip_intensity or 0) * hours for item in items)
    kinds = [item.precip_type for item in items if item.precip_type]
    highest = max(temperatures, default=None)
    return Conditions(
        time=items[0].time,
        summary=noon.summary,
        icon=noon.icon,
        image=noon.image,
        precip_intensity=total / (len(items) * hours),
        precip_type="snow" if "snow" in kinds else next(iter(kinds), None),
        temperature=highest,
        apparent_temperature=_most(items, "apparent_temperature"),
        humidity=_mean(items, "humidity"),
        pressure=_mean(items, "pressure"),
        rain_chance=_most(items, "rain_chance"),
        visibility=_mean(items, "visibility"),
        wind_speed=_most(items, "wind_speed"),
        wind_direction=noon.wind_direction,
        wind_gust=_most(items, "wind_gust"),
        cloud_cover=_mean(items, "cloud_cover"),
        temperature_min=min(temperatures, default=None),
        temperature_max=highest,
        precip_total=total,
    )


def _hour(item: Conditions, zone: tzinfo) -> float:
    at = datetime.fromtimestamp(item.time or 0, UTC).astimezone(zone)
    return at.hour + at.minute / 60


def _known(items: list[Conditions], name: str) -> list[float]:
    return [value for item in items if (value := getattr(item, name)) is not None]


def _most(items: list[Conditions], name: str) -> float | None:
    return max(_known(items, name), default=None)


def _mean(items: list[Conditions], name: str) -> float | None:
    values = _known(items, name)
    return sum(values) / len(values) if values else None


def _temperature(celsius: float | None, units: Units) -> float | None:
    if celsius is None or units == "metric":
        return celsius
    return celsius * 9 / 5 + 32 if units == "imperial" else celsius + 273.15


def _speed(metres: float | None, units: Units) -> float | None:
    return metres * _MPH if metres is not None and units == "imperial" else metres


def _rounded(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value
