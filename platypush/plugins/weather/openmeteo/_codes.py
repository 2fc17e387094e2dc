"""The weather codes of the WMO (table 4677) that Open-Meteo uses, in words and as icons."""

from __future__ import annotations

__all__ = ["icon_of", "summary_of"]

_CODES = {
    0: ("Clear", "01"),
    1: ("Mainly clear", "02"),
    2: ("Partly cloudy", "03"),
    3: ("Overcast", "04"),
    45: ("Fog", "50"),
    48: ("Rime fog", "50"),
    51: ("Light drizzle", "09"),
    53: ("Drizzle", "09"),
    55: ("Dense drizzle", "09"),
    56: ("Light freezing drizzle", "09"),
    57: ("Freezing drizzle", "09"),
    61: ("Light rain", "10"),
    63: ("Rain", "10"),
    65: ("Heavy rain", "10"),
    66: ("Light freezing rain", "13"),
    67: ("Freezing rain", "13"),
    71: ("Light snow", "13"),
    73: ("Snow", "13"),
    75: ("Heavy snow", "13"),
    77: ("Snow grains", "13"),
    80: ("Light rain showers", "09"),
    81: ("Rain showers", "09"),
    82: ("Violent rain showers", "09"),
    85: ("Snow showers", "13"),
    86: ("Heavy snow showers", "13"),
    95: ("Thunderstorm", "11"),
    96: ("Thunderstorm with hail", "11"),
    99: ("Thunderstorm with heavy hail", "11"),
}


def summary_of(code: float | None) -> str:
    """The weather in a few words; ``Unknown`` for a code that is in no table."""
    return _CODES[int(code)][0] if code in _CODES else "Unknown"


def icon_of(code: float | None, day: bool) -> str:
    """The icon in the codes of OpenWeatherMap, for day or night; ``unknown`` for a code that is in no table."""
    return f"{_CODES[int(code)][1]}{'d' if day else 'n'}" if code in _CODES else "unknown"
