"""The weather, from several sources in one shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from platypush._lib.clock import Clock, SystemClock
from platypush._lib.presence import Presence
from platypush.errors import (
    ActionFailed,
    ArgumentError,
    BadRequest,
    Busy,
    Forbidden,
    NotFound,
    PlatypushError,
    TimeLimit,
    TooLarge,
    Unavailable,
)
from platypush.outgoing.exchange import Answer, Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.weather._answers import Answers, Kept
from platypush.plugins.weather._conditions import Conditions, Units, moment, shown
from platypush.plugins.weather._gate import Gate
from platypush.plugins.weather._places import Place, find_place

__all__ = ["Forecast", "Period", "WeatherPlugin"]

Period = Literal["hourly", "daily"]
_MAX_SIZE = 4 * 1024 * 1024
_REFUSED_PAUSE = 60.0
"""Seconds without requests after a wrong key, or a 429 that does not say for how long."""
_LONGEST_PAUSE = 3600.0
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a source says of one place. ``hours`` is what one item of ``hourly`` stands for."""

    zone: tzinfo = UTC
    current: Conditions | None = None
    hourly: tuple[Conditions, ...] = ()
    daily: tuple[Conditions, ...] = ()
    hours: float = 1


class WeatherPlugin(RunnablePlugin):
    """Base of the sources. A source says how it is asked (``_current`` and ``_forecast``); here is when.

    Answers are kept for ``cache_minutes``. When the source cannot be reached the last good one is given, for as long as
    ``keep_hours``: ``updated`` and ``age`` say how old it is.
    """

    source: ClassVar[str]
    """The source as a person calls it."""
    clock: ClassVar[Clock] = SystemClock()

    def __init__(
        self,
        *,
        location: str | None = None,
        city_id: int | None = None,
        lat: float | None = None,
        long: float | None = None,
        zip_code: str | None = None,
        units: Units = "metric",
        cache_minutes: float = 10,
        keep_hours: float = 6,
        calls_per_minute: int = 30,
        timeout: float = 5,
        **kwargs: Any,
    ) -> None:
        """
        :param location: Name of the place that is asked for by default: ``Amsterdam``, or ``London,GB``.
        :param city_id: Its number in GeoNames, instead of a name.
        :param lat: Its latitude in degrees, together with ``long``.
        :param long: Its longitude in degrees.
        :param zip_code: Its postal code, such as ``90210,US``.
        :param units: ``metric`` (°C, m/s), ``imperial`` (°F, mph) or ``standard`` (K, m/s).
        :param cache_minutes: For how many minutes an answer is used again.
        :param keep_hours: For how many hours the last good answer is given while there is no newer one.
        :param calls_per_minute: How many requests a minute are sent at most.
        :param timeout: Seconds for an answer.
        """
        super().__init__(**kwargs)
        self._default = find_place(location, city_id, lat, long, zip_code)
        self._units = units
        self._answers: Answers[Forecast] = Answers(
            fresh=cache_minutes * 60, kept=keep_hours * 3600, clock=self.clock, wait=timeout * 3
        )
        self._gate = Gate(calls_per_minute, self.clock, self.source)
        self._limits = Limits(timeout, _MAX_SIZE, 3)

    def _open(self, base_url: str, *more_urls: str, secret: str | None) -> None:
        """Called by the constructor of a source, with what no text may show. Nothing but the hosts of these URLs is
        reached, wherever they redirect to. Raises ValueError for what is no URL."""
        self._secret = secret
        self._exchange = Exchange(AllowedHosts((), urls=(base_url, *more_urls)), self._limits, owner=self.name)
        self.presence = Presence(self.logger, f"{self.source} ({urlsplit(base_url).hostname})")

    def main(self) -> None:
        """Nothing: a source is asked when somebody asks. It has the state of a plugin that can be away."""

    def on_stop(self) -> None:
        """Ask for nothing more."""
        self._exchange.interrupt()
        super().on_stop()

    @action
    def get_current_weather(
        self,
        location: str | None = None,
        city_id: int | None = None,
        lat: float | None = None,
        long: float | None = None,
        zip_code: str | None = None,
        units: Units | None = None,
    ) -> dict[str, Any]:
        """The weather now, at the place of the configuration or at another one.

        :param location: Name of the place.
        :param city_id: Its number in GeoNames.
        :param lat: Its latitude in degrees, together with ``long``.
        :param long: Its longitude in degrees.
        :param zip_code: Its postal code.
        :param units: ``metric``, ``imperial`` or ``standard``, if not as configured.
        :return: An object with ``time``, ``summary``, ``icon``, ``image``, ``precip_intensity`` (mm/h),
            ``precip_type``, ``temperature``, ``apparent_temperature``, ``humidity`` (%), ``pressure`` (hPa),
            ``rain_chance`` (%), ``visibility`` (m), ``wind_speed``, ``wind_direction`` (degrees), ``wind_gust``,
            ``cloud_cover`` (%), ``sunrise``, ``sunset``, ``units``, ``updated`` and ``age`` (seconds).
        """
        place = self._place(location, city_id, lat, long, zip_code)
        kept = self._answers.get(("current", place), lambda: self._ask(self._current, place))
        if kept.value.current is None:
            raise ActionFailed(f"{self.source} says nothing of the weather at {place}.")
        return self._shown(kept, kept.value.current, units)

    @action
    def get_forecast(
        self,
        location: str | None = None,
        city_id: int | None = None,
        lat: float | None = None,
        long: float | None = None,
        zip_code: str | None = None,
        units: Units | None = None,
        period: Period = "hourly",
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """The weather to come. Arguments as for ``get_current_weather``, and:

        :param period: ``hourly`` or ``daily``.
        :param limit: How many items, from now on; without it all there are.
        :return: A list of objects like the one of ``get_current_weather``, the next one first. Those of days also have
            ``temperature_min``, ``temperature_max`` and ``precip_total`` (mm).
        """
        place = self._place(location, city_id, lat, long, zip_code)
        kept = self._answers.get(self._forecast_key(place), lambda: self._ask(self._forecast, place))
        items = kept.value.daily if period == "daily" else kept.value.hourly
        if limit is not None and limit < 0:
            raise ArgumentError(f"limit is {limit}: it is how many items there may be.")
        span = 86400 if period == "daily" else kept.value.hours * 3600
        now = self.clock.time()
        coming = [item for item in items if item.time is not None and item.time + span > now]
        return [self._shown(kept, item, units, daily=period == "daily") for item in coming[:limit]]

    @abstractmethod
    def _current(self, place: Place) -> Forecast:
        """Ask for the weather now."""

    @abstractmethod
    def _forecast(self, place: Place) -> Forecast:
        """Ask for the weather to come."""

    def _forecast_key(self, place: Place) -> tuple[str, Place]:
        """Under which key a forecast is kept; that of ``current`` where one request brings both."""
        return "forecast", place

    def _request(self, url: str, params: Mapping[str, Any], missing: str) -> Any:
        """One request's JSON. ``missing`` is what a 404 means. Raises NotFound and what ``Exchange.request`` raises."""
        self._gate.permit()
        answer = self._exchange.request(
            "GET", url, params={k: v for k, v in params.items() if v is not None}, refuse=False
        )
        if answer.status >= 400:
            raise self._refusal(answer, missing)
        return answer.json()

    def _refusal(self, answer: Answer, missing: str) -> PlatypushError:
        said = self._said(answer)
        if answer.status in (401, 403):
            error: PlatypushError = ActionFailed(
                f"{self.source} refuses the key ({answer.status}{said}). Check 'token' in the section {self.name}; a "
                "new key may take hours to work."
            )
            self._gate.close(error, _REFUSED_PAUSE)
            return error
        if answer.status == 429:
            wait = answer.headers.get("Retry-After", "")
            seconds = min(float(wait), _LONGEST_PAUSE) if wait.isdecimal() else _REFUSED_PAUSE
            error = Unavailable(f"{self.source} has had too many requests (429{said}).", retry_after=seconds)
            self._gate.close(error, seconds)
            return error
        if answer.status == 404:
            return NotFound(missing)
        if answer.status >= _SERVER_ERROR:
            return Unavailable(f"{self.source} answered {answer.status}{said}.")
        return BadRequest(f"{self.source} cannot answer that ({answer.status}{said}).")

    def _said(self, answer: Answer) -> str:
        """The source's own words, as far as they can be shown."""
        try:
            document = answer.json()
        except PlatypushError:
            return ""
        text = document.get("message") or document.get("reason") if isinstance(document, dict) else None
        if not isinstance(text, str):
            return ""
        if self._secret:
            text = text.replace(self._secret, "***")
        return f": {text[:200].rstrip('.')}"

    def _ask(self, ask: Callable[[Place], Forecast], place: Place) -> Forecast:
        try:
            forecast = ask(place)
        except Busy:
            # The limit is our own: nothing is known of the source.
            raise
        except (Unavailable, TimeLimit, ActionFailed, Forbidden, TooLarge) as error:
            self.presence.lost(error.message)
            raise
        self.presence.found()
        return forecast

    def _place(
        self, location: str | None, city_id: int | None, lat: float | None, long: float | None, zip_code: str | None
    ) -> Place:
        place = find_place(location, city_id, lat, long, zip_code) or self._default
        if place is None:
            raise ArgumentError(
                f"The weather of which place? Give location, city_id, zip_code, or lat and long; or set one of them in "
                f"the section {self.name}."
            )
        return place

    def _shown(
        self, kept: Kept[Forecast], conditions: Conditions, units: Units | None, *, daily: bool = False
    ) -> dict[str, Any]:
        values = shown(conditions, units or self._units, kept.value.zone, daily=daily)
        return values | {"updated": moment(kept.at, UTC), "age": round(self._answers.age(kept))}
