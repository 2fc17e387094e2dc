"""The weather of Open-Meteo, which needs no key."""

from __future__ import annotations

from typing import Any

from platypush.errors import NotFound
from platypush.plugins.weather import Forecast, WeatherPlugin
from platypush.plugins.weather._answers import Answers
from platypush.plugins.weather._places import Place
from platypush.plugins.weather.openmeteo._documents import CURRENT, DAILY, HOURLY, found_place, read_forecast

__plugin__ = "WeatherOpenmeteoPlugin"
__all__ = ["WeatherOpenmeteoPlugin"]

_DAY = 86400.0


class WeatherOpenmeteoPlugin(WeatherPlugin):
    """The weather of Open-Meteo: free, without a key, for private use (https://open-meteo.com/en/terms).

    One request brings the weather now, of the next hours and of seven days (https://open-meteo.com/en/docs); names and
    postal codes are looked up with its geocoding service.
    """

    source = "Open-Meteo"

    def __init__(
        self,
        *,
        token: str | None = None,
        base_url: str = "https://api.open-meteo.com/v1",
        geocoding_url: str = "https://geocoding-api.open-meteo.com/v1",
        **kwargs: Any,
    ) -> None:
        """
        :param token: The key of a paid plan; it goes with ``https://customer-api.open-meteo.com/v1`` as ``base_url``.
        :param base_url: Where the forecast is.
        :param geocoding_url: Where places are looked up.
        """
        super().__init__(**kwargs)
        self._open(base_url, geocoding_url, secret=token)
        self._token = token
        self._base, self._geocoding = base_url.rstrip("/"), geocoding_url.rstrip("/")
        self._found: Answers[Place] = Answers(fresh=_DAY, kept=30 * _DAY, clock=self.clock, wait=15)

    def _current(self, place: Place) -> Forecast:
        where = place if place.lat is not None else self._found.get(place, lambda: self._look_up(place)).value
        document = self._request(
            f"{self._base}/forecast",
            {
                "latitude": where.lat,
                "longitude": where.long,
                "current": ",".join(CURRENT),
                "hourly": ",".join(HOURLY),
                "daily": ",".join(DAILY),
                "timezone": "auto",
                "timeformat": "unixtime",
                "wind_speed_unit": "ms",
                "forecast_days": 7,
                "apikey": self._token,
            },
            f"Open-Meteo knows no place {place}.",
        )
        return read_forecast(document)

    def _forecast(self, place: Place) -> Forecast:
        return self._current(place)

    def _forecast_key(self, place: Place) -> tuple[str, Place]:
        return "current", place

    def _look_up(self, place: Place) -> Place:
        missing = f"Open-Meteo knows no place {place}. A name may need a country: London,GB; or give lat and long."
        if place.city_id is not None:
            document = self._request(f"{self._geocoding}/get", {"id": place.city_id, "apikey": self._token}, missing)
            found = found_place({"results": [document]})
        else:
            name, _, country = (place.location or place.zip_code or "").partition(",")
            code = country.strip().upper() if len(country.strip()) == 2 else None
            query = name.strip() if code else place.location or place.zip_code
            params = {"name": query, "count": 1, "countryCode": code, "apikey": self._token}
            found = found_place(self._request(f"{self._geocoding}/search", params, missing))
        if found is None:
            raise NotFound(missing)
        return Place(lat=found[0], long=found[1])
