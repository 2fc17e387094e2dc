"""The weather of OpenWeatherMap, as events."""

from __future__ import annotations

from typing import Any

from platypush.backend.weather._watch import WeatherBackend

__all__ = ["WeatherOpenweathermapBackend"]


class WeatherOpenweathermapBackend(WeatherBackend):
    """Posts ``NewWeatherConditionEvent`` when the weather changes, as the plugin ``weather.openweathermap`` gets it."""

    def __init__(self, *, poll_seconds: float = 60, **kwargs: Any) -> None:
        """
        :param poll_seconds: Seconds between two looks. The plugin asks its source once in ``cache_minutes``.
        """
        super().__init__(poll_seconds=poll_seconds, **kwargs)
