"""The weather of OpenWeatherMap."""

from __future__ import annotations

from typing import Any

from platypush.plugins.weather import Forecast, WeatherPlugin
from platypush.plugins.weather._places import Place
from platypush.plugins.weather.openweathermap._documents import read_current, read_forecast

__plugin__ = "WeatherOpenweathermapPlugin"
__all__ = ["WeatherOpenweathermapPlugin"]


class WeatherOpenweathermapPlugin(WeatherPlugin):
    """The weather of OpenWeatherMap, for which one needs a key (free for 60 requests a minute).

    It uses the two interfaces that come with every key: current weather, and the forecast of five days in steps of
    three hours (https://openweathermap.org/current, https://openweathermap.org/forecast5).
    """

    source = "OpenWeatherMap"

    def __init__(
        self,
        *,
        token: str,
        base_url: str = "https://api.openweathermap.org/data/2.5",
        **kwargs: Any,
    ) -> None:
        """
        :param token: Your key, from https://home.openweathermap.org/api_keys.
        :param base_url: Where the interface is.
        """
        super().__init__(**kwargs)
        self._open(base_url, secret=token)
        self._token = token
        self._base = base_url.rstrip("/")

    def _current(self, place: Place) -> Forecast:
        return read_current(self._get("weather", place))

    def _forecast(self, place: Place) -> Forecast:
        return read_forecast(self._get("forecast", place))

    def _get(self, what: str, place: Place) -> Any:
        where = {"q": place.location, "id": place.city_id, "lat": place.lat, "lon": place.long, "zip": place.zip_code}
        return self._request(
            f"{self._base}/{what}",
            # Always metric: one answer serves callers with all units.
            {**where, "units": "metric", "appid": self._token},
            f"OpenWeatherMap knows no place {place}. A name may need a country: London,GB.",
        )
