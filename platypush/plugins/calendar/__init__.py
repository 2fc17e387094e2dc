"""The events of several calendars in one list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from platypush._lib.threads import map_in_threads
from platypush.errors import PlatypushError
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.arguments import for_constructor
from platypush.plugins.calendar._events import Event, next_events
from platypush.plugins.calendar._interface import CalendarInterface
from platypush.plugins.calendar._sources import OtherSource, OwnSource, Source, WrongSource, plugin_name
from platypush.plugins.calendar.ical import CalendarIcalPlugin
from platypush.plugins.services import PluginServices, ServicePlugin

__plugin__ = "CalendarPlugin"
__all__ = ["CalendarInterface", "CalendarPlugin"]

_OWN = "calendar.ical"
_FAMILY = "calendar."
_AT_ONCE = 8


class CalendarPlugin(RunnablePlugin, ServicePlugin):
    """All calendars as one: those in ``calendars``, or without it every configured plugin whose name begins with
    ``calendar.``. One that cannot be read does not hide the others."""

    def __init__(self, *, calendars: list[dict[str, Any]] | None = None, **kwargs: Any) -> None:
        """What is merged.

        :param calendars: A list of calendars. Each has a ``type``: ``calendar.ical``, with the keys of that section
            beside it; or the name of any plugin that has events and a section of its own.
        """
        super().__init__(**kwargs)
        self._listed = calendars is not None
        self._others: dict[str, OtherSource] = {}
        self._sources: list[Source] = [
            self._source(number, dict(item)) for number, item in enumerate(calendars or (), 1)
        ]

    @action
    def get_upcoming_events(self, max_results: int = 10) -> tuple[list[Event], list[str]]:
        """The events of all calendars that are not over, sorted by start; those that happen now come first.

        :param max_results: How many at most.
        :return: A list of events. Each has ``id``, ``summary``, ``description``, ``location``, ``status``
            (``confirmed`` or ``tentative``), ``htmlLink``, ``organizer``, ``created``, ``updated``, ``calendar`` (the
            name of its calendar), and ``start`` and ``end``, which have either a ``date`` (all day; the end is the
            day after) or a ``dateTime`` with its ``timeZone``. What is unknown is null.
        """
        events: list[Event] = []
        errors: list[str] = []
        for found, error in self._each(lambda source: source.events(max_results)):
            events += found or []
            errors += [error] if error else []
        return next_events(events, datetime.now(UTC), max_results), errors

    @action
    def status(self) -> list[dict[str, Any]]:
        """How old the events of each calendar are, and which ones cannot be read.

        :return: A list with an object for each calendar, as ``calendar.ical.status`` gives it.
        """
        return [source.report() for source in self._all()]

    @property
    def failure(self) -> str | None:
        """Which calendars cannot be read, and why; None when all can."""
        return " ".join(source.failure for source in self._sources if source.failure) or None

    def bind(self, services: PluginServices) -> None:
        """Take the hub's parts, for the calendars too."""
        super().bind(services)
        for plugin in self._own():
            plugin.bind(services)

    def is_running(self) -> bool:
        """Whether calendars are being read."""
        return any(plugin.is_running() for plugin in self._own())

    def start(self) -> None:
        """Begin to read the calendars, each in a thread of its own."""
        for plugin in self._own():
            plugin.start()

    def stop(self) -> None:
        """Stop reading them."""
        own = self._own()
        map_in_threads(CalendarIcalPlugin.stop, own, workers=len(own), name="calendar-stop")

    def _own(self) -> list[CalendarIcalPlugin]:
        return [source.plugin for source in self._sources if isinstance(source, OwnSource)]

    def _all(self) -> list[Source]:
        if self._listed or self._services is None:
            return self._sources
        configured = (name for name in self.services.config.plugins if name.startswith(_FAMILY))
        return [self._other(name) for name in sorted(configured)]

    def _other(self, name: str) -> OtherSource:
        return self._others.setdefault(name, OtherSource(name))

    def _each(self, ask: Any) -> list[tuple[Any, str | None]]:
        sources = self._all()

        def one(source: Source) -> tuple[Any, str | None]:
            try:
                return ask(source), None
            except PlatypushError as error:
                return None, str(error)

        return map_in_threads(one, sources, workers=_AT_ONCE, name="calendar")

    def _source(self, number: int, entry: Mapping[str, Any]) -> Source:
        keys = {key: value for key, value in entry.items() if key != "type"}
        kind = entry.get("type")
        if not isinstance(kind, str) or not kind:
            return self._wrong(f"calendars[{number}]", "it has no type. Give one, for instance: type: calendar.ical")
        name = plugin_name(kind)
        if name != _OWN or not keys:
            if keys:
                given = ", ".join(sorted(keys))
                return self._wrong(name, f"give {given} in a section {name}: of its own, and only its type here.")
            return self._other(name)
        try:
            _, arguments = for_constructor(f"calendars[{number}]", CalendarIcalPlugin).bind(keys)
            return OwnSource(CalendarIcalPlugin(**arguments))
        except (PlatypushError, ValueError) as error:
            return self._wrong(f"calendars[{number}]", str(error).removeprefix(f"calendars[{number}]: "))

    def _wrong(self, name: str, reason: str) -> WrongSource:
        self.logger.warning("%s cannot be used: %s", name, reason)
        return WrongSource(name, reason)
