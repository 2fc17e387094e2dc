"""Asking a weather plugin again and again, and saying what changed."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from platypush.backend import Backend
from platypush.context import get_bus, get_plugin
from platypush.errors import PlatypushError, Unavailable
from platypush.message.event.weather import NewPrecipitationForecastEvent, NewWeatherConditionEvent

__all__ = ["WeatherBackend", "expected"]

_AWAY_PAUSE = 5.0
_MISTAKE_PAUSE = 60.0
_STOP_TIME = 1.5
_VOLATILE = frozenset({"time", "updated", "age"})


class WeatherBackend(Backend):
    """Base: watches the plugin of the same name, which has the place and the units in its section.

    The plugin itself says in the log when its source goes and comes back.
    """

    def __init__(self, *, poll_seconds: float, time_frame: int = 120, **kwargs: Any) -> None:
        """
        :param time_frame: Minutes that the forecast of precipitation looks ahead.
        """
        super().__init__(poll_seconds=poll_seconds, **kwargs)
        self._time_frame = time_frame
        self._conditions: dict[str, Any] | None = None
        self._precipitation: tuple[float, float] | None = None

    def run(self) -> None:
        """Look until the hub stops. Raises Unavailable when the plugin cannot be used as it is configured."""
        while not self.should_stop():
            self.wait_stop(self._look())

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the backend to end. A request under way is not waited for: it ends with its own time."""
        super().stop(min(timeout, _STOP_TIME))

    def _look(self) -> float:
        """One look; the seconds until the next."""
        try:
            plugin = get_plugin(self.name)
        except PlatypushError as error:
            raise Unavailable(
                f"backend.{self.name} watches the plugin {self.name}, which is not there: {error}"
            ) from error
        try:
            current = plugin.get_current_weather().output
            coming = plugin.get_forecast().output
        except PlatypushError as error:
            if plugin.failure is None:
                raise Unavailable(error.message, retry_after=error.retry_after or _MISTAKE_PAUSE) from error
            return error.retry_after or _AWAY_PAUSE
        self.presence.found()
        if not self.should_stop():
            self._tell(current, coming)
        return _AWAY_PAUSE if plugin.failure else self.poll_seconds or _MISTAKE_PAUSE

    def _tell(self, current: dict[str, Any], coming: list[dict[str, Any]]) -> None:
        conditions = {name: value for name, value in current.items() if name not in _VOLATILE}
        if conditions != self._conditions:
            get_bus().post(NewWeatherConditionEvent(plugin_name=self.name, **conditions))
            self._conditions = conditions
        precipitation = expected(coming, self._time_frame)
        if precipitation is not None and precipitation != self._precipitation:
            average, total = precipitation
            get_bus().post(
                NewPrecipitationForecastEvent(
                    plugin_name=self.name, average=average, total=total, time_frame=self._time_frame
                )
            )
            self._precipitation = precipitation


def expected(items: list[dict[str, Any]], minutes: int) -> tuple[float, float] | None:
    """Average in mm/h and total in mm of the precipitation within ``minutes`` of the first of ``items``.

    An item lasts until the next one begins. None when there are not two to say for how long.
    """
    known = [(datetime.fromisoformat(item["time"]), item["precip_intensity"] or 0) for item in items if item["time"]]
    left, total = minutes / 60, 0.0
    for (begin, intensity), (end, _) in pairwise(known):
        hours = min((end - begin).total_seconds() / 3600, left)
        total += intensity * hours
        left -= hours
        if left <= 0:
            break
    if len(known) < 2 or minutes <= 0:
        return None
    return round(total * 60 / minutes, 2), round(total, 2)
