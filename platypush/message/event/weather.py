"""Events of the weather."""

from __future__ import annotations

from typing import Any

from platypush.message.event import Event

__all__ = ["NewPrecipitationForecastEvent", "NewWeatherConditionEvent"]


class NewWeatherConditionEvent(Event):
    """The weather changed, or is known for the first time.

    ``plugin_name`` is who says it, such as ``weather.openmeteo``. ``temperature`` and ``apparent_temperature`` are in
    °C, °F or K, ``wind_speed`` and ``wind_gust`` in m/s or mph, as ``units`` says (``metric``, ``imperial``,
    ``standard``); ``humidity``, ``rain_chance`` and ``cloud_cover`` in per cent, ``pressure`` in hPa,
    ``precip_intensity`` in mm/h, ``wind_direction`` in degrees, ``visibility`` in metres; ``sunrise`` and ``sunset``
    in ISO 8601. What the source does not say is None.
    """

    def __init__(
        self,
        *,
        plugin_name: str,
        summary: str | None = None,
        icon: str | None = None,
        image: str | None = None,
        precip_intensity: float | None = None,
        precip_type: str | None = None,
        temperature: float | None = None,
        apparent_temperature: float | None = None,
        humidity: float | None = None,
        pressure: float | None = None,
        rain_chance: float | None = None,
        visibility: float | None = None,
        wind_speed: float | None = None,
        wind_direction: float | None = None,
        wind_gust: float | None = None,
        cloud_cover: float | None = None,
        sunrise: str | None = None,
        sunset: str | None = None,
        units: str = "metric",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            plugin_name=plugin_name,
            summary=summary,
            icon=icon,
            image=image,
            precip_intensity=precip_intensity,
            precip_type=precip_type,
            temperature=temperature,
            apparent_temperature=apparent_temperature,
            humidity=humidity,
            pressure=pressure,
            rain_chance=rain_chance,
            visibility=visibility,
            wind_speed=wind_speed,
            wind_direction=wind_direction,
            wind_gust=wind_gust,
            cloud_cover=cloud_cover,
            sunrise=sunrise,
            sunset=sunset,
            units=units,
            **kwargs,
        )


class NewPrecipitationForecastEvent(Event):
    """What is expected to fall within the next ``time_frame`` minutes changed, or is known for the first time.

    ``average`` is its intensity in mm/h, ``total`` its amount in mm.
    """

    def __init__(
        self, *, average: float, total: float, time_frame: int, plugin_name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(plugin_name=plugin_name, average=average, total=total, time_frame=time_frame, **kwargs)
