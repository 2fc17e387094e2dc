"""Where the events of the section ``calendar`` come from: calendars of its own, and plugins that are configured."""

from __future__ import annotations

import re
import threading
from typing import Any, Protocol

from platypush.context import get_plugin
from platypush.errors import PlatypushError, TimeLimit, Unavailable
from platypush.plugins.calendar._events import Event, span
from platypush.plugins.calendar.ical import CalendarIcalPlugin

__all__ = ["OtherSource", "OwnSource", "Source", "WrongSource", "plugin_name"]

_PREFIX = "platypush.plugins."
_CLASS = re.compile(r"\.[A-Z]\w*$")
_WAIT = 8.0


class Source(Protocol):
    """Something that has events. Safe for threads."""

    def events(self, max_results: int) -> list[Event]:
        """Its next events. Raises an exception with the reason when it has none to give."""

    def report(self) -> dict[str, Any]:
        """Its entry in the action ``status``."""

    @property
    def failure(self) -> str | None:
        """Why it cannot be read, with its name; None when it can. Asks nobody."""


class OwnSource:
    """A calendar that the section itself has."""

    def __init__(self, plugin: CalendarIcalPlugin) -> None:
        self.plugin = plugin

    def events(self, max_results: int) -> list[Event]:
        """See Source."""
        found: list[Event] = self.plugin.get_upcoming_events(max_results).output
        return found

    def report(self) -> dict[str, Any]:
        """See Source."""
        return self.plugin.report()

    @property
    def failure(self) -> str | None:
        """See Source."""
        return f"{self.plugin.title}: {self.plugin.failure}" if self.plugin.failure else None


class OtherSource:
    """A plugin with a section of its own, asked in a thread: one that hangs must not make the others wait."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None
        self._failure: str | None = None

    def events(self, max_results: int) -> list[Event]:
        """See Source. Raises Unavailable or TimeLimit."""
        answer: list[Any] = []
        with self._lock:
            if self._asking is not None and self._asking.is_alive():
                raise Unavailable(f"{self._name}: It has not yet answered the last time that it was asked.")
            thread = threading.Thread(
                target=self._ask, args=(max_results, answer), name=f"calendar-{self._name}", daemon=True
            )
            self._asking = thread
            thread.start()
        thread.join(_WAIT)
        try:
            if thread.is_alive():
                raise TimeLimit(f"It did not answer within {_WAIT:g} s.")
            found = self._read(answer[0])
        except PlatypushError as error:
            self._failure = str(error)
            raise type(error)(f"{self._name}: {error}") from error
        self._failure = None
        return found

    def report(self) -> dict[str, Any]:
        """See Source."""
        try:
            plugin = get_plugin(self._name)
        except (PlatypushError, RuntimeError) as error:
            return _unknown(self._name, self._name, str(error))
        if isinstance(plugin, CalendarIcalPlugin):
            return plugin.report()
        return _unknown(self._name, self._name, self._failure)

    @property
    def failure(self) -> str | None:
        """See Source."""
        return f"{self._name}: {self._failure}" if self._failure else None

    def _ask(self, max_results: int, answer: list[Any]) -> None:
        try:
            response = get_plugin(self._name).get_upcoming_events(max_results=max_results)
            errors = getattr(response, "errors", None)
            answer.append(Unavailable("; ".join(map(str, errors))) if errors else response)
        except Exception as error:  # noqa: BLE001 - other people's plugin: whatever it raises is its failure alone
            text = str(error) if isinstance(error, PlatypushError) else f"{type(error).__name__}: {error}"
            answer.append(Unavailable(text))

    def _read(self, answer: Any) -> list[Event]:
        if isinstance(answer, Unavailable):
            raise answer
        found = getattr(answer, "output", answer)
        if not isinstance(found, list) or not all(_is_event(event) for event in found):
            raise Unavailable("What it answered is no list of events with a start.")
        return found


class WrongSource:
    """An entry that cannot be used; the others can."""

    def __init__(self, name: str, reason: str) -> None:
        self._name = name
        self._reason = reason

    def events(self, _max_results: int) -> list[Event]:
        """See Source."""
        raise Unavailable(f"{self._name}: {self._reason}")

    def report(self) -> dict[str, Any]:
        """See Source."""
        return _unknown(self._name, None, self._reason)

    @property
    def failure(self) -> str:
        """See Source."""
        return f"{self._name}: {self._reason}"


def plugin_name(kind: str) -> str:
    """The plugin that a ``type`` means: by its name, or by its class as older versions had it."""
    return _CLASS.sub("", kind.strip()).removeprefix(_PREFIX)


def _unknown(name: str, kind: str | None, failure: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "updated": None,
        "age": None,
        "events": None,
        "skipped": {},
        "failure": failure,
    }


def _is_event(value: Any) -> bool:
    try:
        span(value)
    except (ValueError, AttributeError):
        return False
    return True
