"""Events of a calendar in the iCalendar format: at a URL, in a file, or on a CalDAV server."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platypush._lib.presence import Presence
from platypush.errors import ArgumentError, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.calendar._events import Event, is_coming, span
from platypush.plugins.calendar._interface import CalendarInterface
from platypush.plugins.calendar.ical._client import Client, discreet, split_password, where
from platypush.plugins.calendar.ical._process import Computed, Computer
from platypush.plugins.calendar.ical._reader import FileReader, Reader, Span, WebReader
from platypush.plugins.calendar.ical._store import Snapshot, Store
from platypush.plugins.services import ServicePlugin

__plugin__ = "CalendarIcalPlugin"
__all__ = ["CalendarIcalPlugin"]

_SIZE = 16 * 1024 * 1024
_FRESH = 6 * 3600.0
"""Seconds after which the events are computed anew though the calendar did not change: time goes on."""
_FIRST_ANSWER = 5.0
_STOP = 1.5
_LOOK = 30.0
"""Seconds between two looks at the clock, which jumps when a machine without a battery finds out what time it is."""
_TAKES_PART = (None, "accepted", "tentative")


class CalendarIcalPlugin(RunnablePlugin, ServicePlugin, CalendarInterface):
    """A calendar, read again every few minutes. Actions answer from what was read last, also while its server is away.

    The section works by itself, as one of the ``calendars`` of the section ``calendar``, or both.
    """

    def __init__(
        self,
        *,
        url: str,
        username: str | None = None,
        password: str | None = None,
        name: str | None = None,
        calendars: list[str] | None = None,
        email: str | None = None,
        days_ahead: int = 730,
        poll_interval: float = 300,
        timeout: float = 20,
        allowed_hosts: list[str] | None = None,
        ssl_cafile: str | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param url: Where the calendar is: a URL (``https``, ``http`` or ``webcal``), the path of a file ``.ics`` or of
            a folder of them, or the address of a CalDAV server, of an account there or of one of its calendars.
        :param username: For calendars that need one; it may stand in the URL too.
        :param password: Its password. For iCloud, Google and others with two factors: one made for this app.
        :param name: What the calendar is called in events, status and log; by default what it calls itself.
        :param calendars: Names of the calendars of a CalDAV account; without it all of them.
        :param email: The user's address in invitations; by default the user name, if it is one.
        :param days_ahead: How many days ahead events are listed.
        :param poll_interval: Seconds between two readings.
        :param timeout: Seconds for a request.
        :param allowed_hosts: Other hosts that the server may lead to, such as ``*.icloud.com``.
        :param ssl_cafile: Certificates to trust instead of the system's, for a server that made its own.
        """
        super().__init__(poll_interval=max(1.0, poll_interval), **kwargs)
        if not 1 <= days_ahead <= 3660:
            raise ArgumentError(f"days_ahead is {days_ahead}: it has to be from 1 to 3660.")
        address, user, secret = split_password(url.strip())
        user = username if username is not None else user
        self._path = _path(address)
        self._title = name or (self._path.stem if self._path else where(address))
        self._named = name
        self._days = days_ahead
        self._addresses = tuple(item for item in (email, user) if item and "@" in item)
        self._identity = "\n".join(map(str, (url, user, name, calendars, days_ahead, email)))
        self._reader: Reader
        self._exchange: Exchange | None = None
        if self._path is not None:
            self._reader = FileReader(self._path, _SIZE)
        else:
            address = _web(address)
            exchange = self._exchange = Exchange(
                AllowedHosts(allowed_hosts or (), urls=[address]), Limits(time=timeout, size=_SIZE), owner=self.name
            )
            client = Client(exchange, address, user, password if password is not None else secret, ssl_cafile)
            self._reader = WebReader(client, address, calendars, _SIZE)
        self._computer = Computer()
        self._snapshot: Snapshot | None = None
        self._asked = threading.Event()
        self._wake = threading.Event()
        self._updating = threading.Lock()

    @cached_property
    def presence(self) -> Presence:
        """Whether the calendar can be read; by the calendar's own name, since there may be several."""
        return Presence(self.logger, f"Calendar {self._title}")

    @property
    def title(self) -> str:
        """What the calendar is called: by the section, by itself, or by its place."""
        names = {event["calendar"] for event in self._snapshot.events} if self._snapshot else set()
        return self._title if self._named or len(names) != 1 else str(names.pop())

    @action
    def get_upcoming_events(self, max_results: int = 10, only_participating: bool = True) -> list[Event]:
        """The events that are not over, sorted by start; those that happen now come first.

        :param max_results: How many at most.
        :param only_participating: Leave out events to which the user was invited and has not agreed.
        :return: Events as ``calendar.get_upcoming_events`` gives them.
        """
        now = datetime.now(UTC)
        found = (
            event
            for event in self.known().events
            if is_coming(*span(event), now) and (not only_participating or event.get("responseStatus") in _TAKES_PART)
        )
        # They are sorted already: with luck only the first few have to be looked at.
        return list(islice(found, max(0, max_results)))

    @action
    def refresh(self) -> dict[str, Any]:
        """Read the calendar now instead of at its next turn.

        :return: Its status.
        """
        self._update(again=True)
        self.presence.found()
        return self.report()

    @action
    def status(self) -> dict[str, Any]:
        """How old the events are, and whether the calendar can be read.

        :return: An object with ``name``, ``type``, ``updated`` (when it was read last, or null), ``age`` (seconds since
            then), ``events`` (how many are known), ``skipped`` (reasons why some are not, with their number) and
            ``failure`` (why it cannot be read now, or null).
        """
        return self.report()

    def known(self) -> Snapshot:
        """What was read last; waits a moment for the first reading. Raises Unavailable with the reason."""
        if not self.is_running() and self._snapshot is None:
            # Outside of a hub nobody reads it by and by.
            self._update()
        if self._snapshot is None:
            self._asked.wait(_FIRST_ANSWER)
        if self._snapshot is None:
            reason = self.failure or "it is being read for the first time; ask again soon."
            raise Unavailable(f"Calendar {self.title} cannot be shown: {reason}", retry_after=5)
        return self._snapshot

    def report(self) -> dict[str, Any]:
        """What the action ``status`` gives."""
        snapshot = self._snapshot
        read_at = datetime.fromtimestamp(snapshot.read_at, UTC) if snapshot else None
        return {
            "name": self.title,
            "type": "calendar.ical",
            "updated": read_at.astimezone().isoformat(timespec="seconds") if read_at else None,
            "age": round(max(0.0, time.time() - snapshot.read_at)) if snapshot else None,
            "events": len(snapshot.events) if snapshot else 0,
            "skipped": snapshot.skipped if snapshot else {},
            "failure": self.failure,
        }

    def main(self) -> None:
        """Read the calendar again and again."""
        if self._snapshot is None and (store := self._store) is not None:
            self._snapshot = store.load()
            if self._snapshot is not None:
                self._asked.set()
        while not self.should_stop():
            try:
                self._update()
            finally:
                self._asked.set()
            self.presence.found()
            self._pause()

    def stop(self) -> None:
        """Stop reading, at once."""
        self._stop_requested.set()
        if self._exchange is not None:
            self._exchange.interrupt()
        self._wake.set()
        self._computer.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_STOP)

    @cached_property
    def _store(self) -> Store | None:
        if self._services is None:
            return None
        return Store(self._services.config.workdir / "calendar", self._identity)

    def _pause(self) -> None:
        deadline = time.monotonic() + (self.poll_interval or 0)
        while (left := deadline - time.monotonic()) > 0:
            if self._wake.wait(min(left, _LOOK)) or self._is_stale():
                return

    def _is_stale(self) -> bool:
        return self._snapshot is None or abs(time.time() - self._snapshot.computed_at) > _FRESH

    def _update(self, *, again: bool = False) -> None:
        """Read the calendar and compute its events where something has changed. Raises Unavailable or TimeLimit."""
        with self._updating:
            old = self._snapshot
            now = time.time()
            moment = datetime.fromtimestamp(now, UTC)
            span = Span(moment - timedelta(days=2), moment + timedelta(days=self._days + 2))
            versions = {} if old is None or again or self._is_stale() else old.versions
            try:
                reading = self._reader.read(versions, span)
                if reading.documents is None and old is not None:
                    self._snapshot = Snapshot(now, old.computed_at, old.events, old.skipped, reading.versions)
                    return
                computed = self._computer.compute(
                    reading.documents or [], now, days=self._days, addresses=self._addresses
                )
            except (Unavailable, TimeLimit) as error:
                raise discreet(error) from None
            except PlatypushError as error:
                raise discreet(error) from error
            self._take(Snapshot(now, now, self._labelled(computed), computed.skipped, reading.versions), old)

    def _take(self, snapshot: Snapshot, old: Snapshot | None) -> None:
        self._snapshot = snapshot
        if snapshot.skipped and (old is None or old.skipped != snapshot.skipped):
            reasons = ", ".join(f"{count} that {reason}" for reason, count in snapshot.skipped.items())
            self.logger.warning("Calendar %s: events were skipped: %s", self._title, reasons)
        if self._store is not None:
            self._store.save(snapshot)

    def _labelled(self, computed: Computed) -> list[Event]:
        for event in computed.events:
            event["calendar"] = self._named or event["calendar"] or self._title
        return computed.events


def _path(url: str) -> Path | None:
    """The file that ``url`` is; None for a real URL. Raises ArgumentError."""
    scheme = urlsplit(url).scheme.lower()
    if scheme in ("http", "https", "webcal", "webcals"):
        return None
    if scheme not in ("", "file"):
        raise ArgumentError(f"url begins with {scheme}: it has to be http, https, webcal, or the path of a file.")
    path = Path(urlsplit(url).path if scheme else url).expanduser()
    if not path.is_absolute():
        raise ArgumentError(f"url is {url!r}: give the whole path of a file, from /, or a URL with https://.")
    return path


def _web(url: str) -> str:
    """``webcal`` is what a browser hands to a calendar program; what is behind it is HTTPS."""
    scheme, _, rest = url.partition("://")
    return f"https://{rest}" if scheme.lower().startswith("webcal") else url
