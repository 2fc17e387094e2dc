"""Subscriptions made at run time, kept in the main database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from platypush.errors import BadRequest, Unavailable
from platypush.plugins.rss._subscriptions import Source, Subscription
from platypush.plugins.services import ValueStore

__all__ = ["RunTimeSubscriptions"]

_NAMESPACE, _NAME = "rss", "subscriptions"
_MOST = 500


class RunTimeSubscriptions:
    """Feeds that were subscribed by an action. Thread-safe; read from the database once."""

    def __init__(self, values: Callable[[], ValueStore | None]) -> None:
        self._values = values
        self._lock = threading.Lock()
        self._feeds: dict[str, dict[str, Any]] | None = None

    def all(self, db: str | None, first_too: bool) -> list[Subscription]:
        """Every one of them. Raises StorageFailed."""
        with self._lock:
            feeds = dict(self._read())
        return [
            Subscription(
                url=url,
                title=feed["title"],
                poll_seconds=feed["poll_seconds"],
                db=db,
                source=Source.RUN_TIME,
                first_too=first_too,
            )
            for url, feed in feeds.items()
        ]

    def add(self, url: str, title: str | None, poll_seconds: float) -> None:
        """Keep one more. Raises BadRequest when there are too many, Unavailable without a database, StorageFailed."""
        with self._lock:
            feeds = self._read()
            if len(feeds) >= _MOST:
                raise BadRequest(f"{_MOST} feeds are subscribed with rss.subscribe. Remove one, or configure them.")
            self._write({**feeds, url: {"title": title, "poll_seconds": poll_seconds}})

    def remove(self, url: str) -> bool:
        """Forget one; whether it was there. Raises StorageFailed."""
        with self._lock:
            feeds = self._read()
            if url not in feeds:
                return False
            self._write({address: feed for address, feed in feeds.items() if address != url})
            return True

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._feeds is None:
            values = self._values()
            self._feeds = {} if values is None else values.get(_NAMESPACE, _NAME, {})
        return self._feeds

    def _write(self, feeds: dict[str, dict[str, Any]]) -> None:
        values = self._values()
        if values is None:
            raise Unavailable("Subscriptions are kept in the main database, which is not open.")
        values.set(_NAMESPACE, {_NAME: feeds})
        self._feeds = feeds
