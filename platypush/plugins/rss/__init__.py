"""Feeds: read again and again, kept in SQL, told as events."""

from __future__ import annotations

import time
from functools import cached_property, partial
from typing import Any

from platypush.errors import BadRequest, Conflict, NotFound, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.exchange import Limits, shown
from platypush.outgoing.hosts import origin_of
from platypush.outgoing.polling import Poll, Polling
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.rss._document import iso_time
from platypush.plugins.rss._feeds import Feeds, Key
from platypush.plugins.rss._opml import write_opml
from platypush.plugins.rss._reader import FeedReader
from platypush.plugins.rss._store import FeedState, FeedStore
from platypush.plugins.rss._subscriptions import Source, Subscription, checked_url, configured
from platypush.plugins.services import ServicePlugin

__plugin__ = "RssPlugin"
__all__ = ["RssPlugin"]

_REFRESH_SECONDS = 50.0
_SUBSCRIBE_SECONDS = 10.0
_MOST = 1_000
_MOST_REDIRECTS = 5


class RssPlugin(ServicePlugin, RunnablePlugin):
    """Read RSS and Atom feeds, keep their entries, and post ``NewFeedEntryEvent`` for new ones.

    It reads the feeds of its own section, those among the requests of ``backend.http.poll``, and those subscribed with
    ``rss.subscribe``.
    """

    def __init__(
        self,
        *,
        subscriptions: list[str | dict[str, Any]] | None = None,
        poll_seconds: float = 300,
        db: str | None = None,
        databases: list[str] | None = None,
        notify_first: bool = False,
        allowed_hosts: list[str] | None = None,
        max_size: int = 8 * 1024 * 1024,
        timeout: float = 20,
        user_agent: str | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param subscriptions: The feeds: addresses, mappings of `url`, `title`, `poll_seconds`, `db` and `headers`, and
            paths of OPML files.
        :param poll_seconds: Seconds between two looks at a feed that has none of its own.
        :param db: Database for the entries, a URL or the path of an SQLite file. Default: the main database.
        :param databases: Further databases that `rss.get_latest_entries` may read.
        :param notify_first: Whether all that a feed has when it is read for the first time counts as new, too.
        :param allowed_hosts: Where feeds that callers name, and redirects, may lead, and nothing else: names,
            wildcards, addresses, networks and `public`. Default: every public address, and nothing in private networks.
            Feeds of the configuration are read wherever they are.
        :param max_size: Bytes that a feed may have, unpacked.
        :param timeout: Seconds for one request.
        :param user_agent: What to call the hub to the servers.
        """
        super().__init__(**kwargs)
        self._poll_seconds = poll_seconds
        self._make_feeds = partial(
            Feeds,
            configured=configured(subscriptions or (), poll_seconds, db, first_too=notify_first),
            db=db,
            databases=tuple(databases or ()),
            first_too=notify_first,
        )
        self._reader = FeedReader(
            store=self._store,
            post=lambda event: self.get_bus().post(event),
            allowed_hosts=allowed_hosts,
            limits=Limits(timeout, max_size, _MOST_REDIRECTS),
            user_agent=user_agent,
        )
        self._polling: Polling[Key] | None = None

    @property
    def failure(self) -> str | None:
        """Why nothing can be read now: of many feeds one always fails."""
        return super().failure or (None if self._polling is None else self._polling.reason)

    @action
    def get_latest_entries(
        self, limit: int = 20, db: str | None = None, feed_url: str | None = None
    ) -> list[dict[str, Any]]:
        """The newest entries of the feeds, newest first.

        :param limit: How many, 1000 at most.
        :param db: Only those kept in this database, which the configuration has to name. Default: all databases.
        :param feed_url: Only those of this feed.
        :return: A list of `{feed_url, feed_title, id, url, title, summary, content, author, tags, image, enclosures,
            published}`. `summary` and `content` are cleaned HTML, `published` is ISO 8601 or null, `enclosures` a list
            of `{url, type, length}`.
        """
        if not 1 <= limit <= _MOST:
            raise BadRequest(f"limit is from 1 to {_MOST}, not {limit}.")
        chosen = self._feeds.databases() if db is None else [self._feeds.named(db)]
        current = self._feeds.current()
        found: list[tuple[float, dict[str, Any]]] = []
        for database in chosen:
            titles = {url: item.title for (url, kept_in), item in current.items() if kept_in == database}
            urls = [url for url in titles if feed_url in (None, url)]
            for moment, entry in self._feeds.store(database).latest(urls, limit):
                entry["feed_title"] = titles[entry["feed_url"]] or entry["feed_title"]
                found.append((moment, entry))
        found.sort(key=lambda item: -item[0])
        return [entry for _, entry in found[:limit]]

    @action
    def get_subscriptions(self) -> list[dict[str, Any]]:
        """The feeds that are read.

        :return: A list of `{url, title, link, poll_seconds, source, db, entries, checked_at, changed_at, failure}`.
            `source` is `rss`, `backend.http.poll` or `rss.subscribe`; `db` is null for the main database; times are ISO
            8601 or null; `failure` says why it cannot be read now, or is null.
        """
        return self._described(None)

    @action
    def get_feeds(self) -> list[dict[str, Any]]:
        """The same as `rss.get_subscriptions`.

        :return: What `rss.get_subscriptions` gives.
        """
        return self._described(None)

    @action
    def subscribe(self, url: str, title: str | None = None, poll_seconds: float | None = None) -> dict[str, Any]:
        """Read a feed from now on, after restarts too. It is looked at once before that.

        :param url: Its address, within `allowed_hosts`.
        :param title: What to call it. Default: its own title.
        :param poll_seconds: Seconds between two looks at it.
        :return: The subscription, as `rss.get_subscriptions` has it.
        """
        feeds, seconds = self._feeds, self._poll_seconds if poll_seconds is None else poll_seconds
        if checked_url(url) in self._urls():
            raise Conflict(f"{shown(url)} is subscribed to already.")
        if seconds < 1:
            raise BadRequest(f"poll_seconds is at least 1, not {seconds}.")
        self._reader.preview(url)
        feeds.run_time.add(url, title, seconds)
        if self._polling is not None:
            self._polling.renew()
            self._polling.hasten([(url, feeds.main_db)], _SUBSCRIBE_SECONDS)
        return next(item for item in self._described(url) if item["source"] == Source.RUN_TIME)

    @action
    def unsubscribe(self, url: str) -> bool:
        """Stop reading a feed that was subscribed with `rss.subscribe`, and forget its entries.

        :param url: Its address.
        :return: True.
        """
        feeds = self._feeds
        if not feeds.run_time.remove(url):
            self._known(url)
            raise Conflict(f"{shown(url)} is in the configuration: remove it there.")
        if self._polling is not None:
            self._polling.renew()
        if (url, feeds.main_db) not in feeds.current():
            feeds.store(feeds.main_db).forget(url)
        return True

    @action
    def parse_feed(self, url: str) -> list[dict[str, Any]]:
        """What a feed has now, whether it is subscribed to or not. Nothing is kept.

        :param url: Its address, within `allowed_hosts`.
        :return: Its entries, oldest first, as `rss.get_latest_entries` has them.
        """
        document = self._reader.preview(checked_url(url))
        entries = sorted(document.entries, key=lambda entry: entry.published or 0.0)
        return [entry.to_dict(url, document.title) for entry in entries]

    @action
    def refresh(self, url: str | None = None) -> list[dict[str, Any]]:
        """Look at the feeds now.

        :param url: Only at this one of them.
        :return: Their subscriptions, as `rss.get_subscriptions` has them.
        """
        keys = self._known(url)
        if self._polling is None or not self.is_running():
            raise Unavailable("The plugin rss does not run: its feeds are not looked at.")
        self._polling.renew()
        if not self._polling.hasten(keys, _REFRESH_SECONDS):
            raise TimeLimit(f"Not all feeds were read within {_REFRESH_SECONDS:g} s. It goes on.")
        return self._described(url)

    @action
    def export_to_opml(self) -> str:
        """The subscriptions as other feed readers take them.

        :return: An OPML document.
        """
        return write_opml(((feed["url"], feed["title"], feed["link"]) for feed in self._described(None)), time.time())

    def main(self) -> None:
        """Have each feed read when its time comes, until the hub stops."""
        if self._polling is not None:
            self._polling.run()

    def start(self) -> None:
        """Begin to read. Raises ConfigurationError for a database that cannot be used."""
        if not self.is_running():
            self._feeds.current()
            self._polling = Polling(self._polls, self.logger, self.name)
        super().start()

    def stop(self) -> None:
        """Stop reading. What is under way is not waited for: its outcome is dropped."""
        self._stop_requested.set()
        if self._polling is not None:
            self._polling.stop()
        super().stop()
        if "_feeds" in self.__dict__:
            self._feeds.close()

    @cached_property
    def _feeds(self) -> Feeds:
        return self._make_feeds(self.services)

    def _polls(self) -> dict[Key, Poll]:
        return {
            key: Poll(
                f"Feed {shown(item.url)}",
                item.poll_seconds,
                partial(self._reader.read, item),
                partial(self._first_pause, item),
                origin_of(item.url),
            )
            for key, item in self._feeds.current().items()
        }

    def _first_pause(self, item: Subscription) -> float:
        """Seconds until a feed is due that may have been read before this start."""
        try:
            checked = self._store(item.db).state(item.url).checked_at
        except PlatypushError:
            # Its turn will say why.
            return 0.0
        left = 0.0 if checked is None else checked + item.poll_seconds - time.time()
        # After a jump of the clock it is not waited for longer than at any other time.
        return min(max(left, 0.0), item.poll_seconds)

    def _store(self, db: str | None) -> FeedStore:
        return self._feeds.store(db)

    def _urls(self) -> set[str]:
        return {url for url, _ in self._feeds.current()}

    def _known(self, url: str | None) -> list[Key]:
        """The subscriptions to a feed, or all. Raises NotFound."""
        keys = [key for key in self._feeds.current() if url in (None, key[0])]
        if url is not None and not keys:
            raise NotFound(f"{shown(url)} is not subscribed to. rss.get_subscriptions lists what is.")
        return keys

    def _described(self, url: str | None) -> list[dict[str, Any]]:
        feeds = self._feeds
        chosen = [item for item in feeds.current().values() if url in (None, item.url)]
        states = {db: feeds.store(db).states() for db in {item.db for item in chosen}}
        return [self._described_one(item, states[item.db].get(item.url, FeedState())) for item in chosen]

    def _described_one(self, item: Subscription, state: FeedState) -> dict[str, Any]:
        return {
            "url": item.url,
            "title": item.title or state.title,
            "link": state.link,
            "poll_seconds": item.poll_seconds,
            "source": item.source,
            "db": self._feeds.shown(item.db),
            "entries": state.entries,
            "checked_at": None if state.checked_at is None else iso_time(state.checked_at),
            "changed_at": None if state.changed_at is None else iso_time(state.changed_at),
            "failure": None if self._polling is None else self._polling.failure(item.key),
        }
