"""All feeds that are read now, and the databases that they are kept in."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from platypush.config.secrets import reveal
from platypush.errors import BadRequest, Forbidden, PlatypushError, Unavailable
from platypush.plugins.rss._databases import Databases, full_url, shown_url
from platypush.plugins.rss._run_time import RunTimeSubscriptions
from platypush.plugins.rss._store import FeedStore
from platypush.plugins.rss._subscriptions import Subscription, merged, polled

if TYPE_CHECKING:
    from platypush.config.model import Config
    from platypush.plugins.services import PluginServices
    from platypush.user.database import Database

__all__ = ["Feeds", "Key"]

Key = tuple[str, str | None]
"""Address and database: ``Subscription.key``."""


class Feeds:
    """The subscriptions of the section, of ``backend.http.poll`` and of the run time. Thread-safe.

    The configuration is read anew each time: after a reload it is another one.
    """

    def __init__(
        self,
        services: PluginServices,
        *,
        configured: Iterable[Subscription],
        db: str | None,
        databases: Iterable[str],
        first_too: bool,
    ) -> None:
        """Raises ConfigurationError for a database that cannot be used."""
        self._services = services
        self._configured = [self._with_full_db(subscription) for subscription in configured]
        self._listed = [self._full(item) for item in databases]
        self._first_too = first_too
        self.main_db = self._full(db)
        """Where feeds without a database of their own are kept; None for the main database."""
        self.run_time = RunTimeSubscriptions(lambda: services.values)
        self._lock = threading.Lock()
        self._databases: Databases | None = None

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._services.config

    def current(self) -> dict[Key, Subscription]:
        """All subscriptions. Raises StorageFailed."""
        backend: Mapping[str, Any] = reveal(self.config.backends.get("http.poll", {}))
        return merged(
            self._configured,
            (self._with_full_db(subscription) for subscription in polled(backend)),
            self.run_time.all(self.main_db, self._first_too),
        )

    def databases(self) -> list[str | None]:
        """All databases that the configuration names."""
        return list(dict.fromkeys([self.main_db, *self._listed, *(db for _, db in self.current())]))

    def named(self, db: str) -> str | None:
        """The database that a caller means with ``db``. Raises BadRequest, and Forbidden for one that the configuration
        does not name."""
        try:
            wanted = self._full(db)
        except PlatypushError as error:
            raise BadRequest(error.message) from error
        if wanted not in self.databases():
            raise Forbidden(
                f"The database {self.shown(wanted)} is not one that the configuration names. Add it to 'databases' in "
                "the section rss, or keep a feed in it ('db' there, 'dburi' in backend.http.poll)."
            )
        return wanted

    def shown(self, db: str | None) -> str | None:
        """A database without its password; None for the main one."""
        return None if db is None else shown_url(db, self.config.workdir)

    def store(self, db: str | None) -> FeedStore:
        """The feeds in a database. Raises Unavailable or ConfigurationError with the reason."""
        with self._lock:
            if self._databases is None:
                self._databases = Databases(self._main, self.config.workdir)
            opened = self._databases
        return FeedStore(opened.get(db), self.config.limits.feed_entries)

    def close(self) -> None:
        """Close the databases but the main one; the next use opens them again."""
        with self._lock:
            opened, self._databases = self._databases, None
        if opened is not None:
            opened.close()

    def _with_full_db(self, subscription: Subscription) -> Subscription:
        return subscription.with_db(self._full(subscription.db))

    def _full(self, db: str | None) -> str | None:
        """``db`` as its one full URL; None for the main database, also when that is named."""
        if db is None:
            return None
        workdir = self.config.workdir
        url = full_url(db, workdir)
        return None if url == full_url(self.config.database.reveal(), workdir) else url

    def _main(self) -> Database:
        if self._services.users is None:
            raise Unavailable("Feeds are kept in the main database, which is not open.")
        return self._services.users.database
