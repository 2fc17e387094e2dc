"""Reading one feed: asked for only if it changed, stored, and its new entries told."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from platypush import __version__
from platypush.errors import ActionFailed
from platypush.message.event import Event
from platypush.message.event.http.rss import NewFeedEvent
from platypush.message.event.rss import NewFeedEntryEvent
from platypush.outgoing.exchange import Answer, Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.rss._document import Document, parse
from platypush.plugins.rss._store import FeedState, FeedStore, Saved
from platypush.plugins.rss._subscriptions import Source, Subscription

__all__ = ["FeedReader", "Read", "reachable"]

_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"
_NOT_MODIFIED = 304
_LONGEST_TAG = 1024


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading a feed: whether it had changed, how many entries are new, and whether they are told."""

    changed: bool
    new: int = 0
    told: bool = False


class FeedReader:
    """Reads feeds, in any thread."""

    def __init__(
        self,
        *,
        store: Callable[[str | None], FeedStore],
        post: Callable[[Event], None],
        allowed_hosts: list[str] | None,
        limits: Limits,
        user_agent: str | None,
    ) -> None:
        """Raises ValueError for an entry of ``allowed_hosts`` that is none."""
        self._store = store
        self._post = post
        self._allowed_hosts = allowed_hosts
        self._strangers = AllowedHosts(allowed_hosts)
        self._limits = limits
        self._user_agent = user_agent or f"Platypush/{__version__} (feed reader)"
        self._lock = threading.Lock()
        self._bodies: dict[tuple[str, str | None], bytes] = {}
        """Hashes of what each feed had, for the servers that answer the same again and again."""

    def preview(self, url: str) -> Document:
        """The feed at an address that somebody gave. Nothing is stored. Raises like ``Exchange.request``."""
        answer = Exchange(self._strangers, self._limits, owner=Source.RSS).request(
            "GET", url, headers={"User-Agent": self._user_agent, "Accept": _ACCEPT}
        )
        return _document(answer, url)

    def read(self, subscription: Subscription, stopped: Callable[[], bool]) -> Read:
        """Ask for a feed, store what it has and post what is new; nothing of it when ``stopped`` meanwhile.

        Raises like ``Exchange.request``, ActionFailed for what is no feed, StorageFailed.
        """
        store = self._store(subscription.db)
        state = store.state(subscription.url)
        answer = self._ask(subscription, state)
        if stopped():
            return Read(changed=False)
        now = time.time()
        digest = hashlib.sha256(answer.body).digest()
        known = state.checked_at is not None
        if known and (answer.status == _NOT_MODIFIED or self._bodies.get(subscription.key) == digest):
            store.touch(subscription.url, now)
            return Read(changed=False)
        document = _document(answer, subscription.url)
        saved = store.save(
            subscription.url,
            document,
            etag=_header(answer, "ETag"),
            last_modified=_header(answer, "Last-Modified"),
            now=now,
        )
        with self._lock:
            self._bodies[subscription.key] = digest
        told = not saved.first or subscription.first_too
        if told and saved.new:
            self._tell(subscription, document, saved)
        return Read(True, len(saved.new), told)

    def _ask(self, subscription: Subscription, state: FeedState) -> Answer:
        headers = {"User-Agent": subscription.user_agent or self._user_agent, "Accept": _ACCEPT, **subscription.headers}
        if state.etag:
            headers["If-None-Match"] = state.etag
        if state.last_modified:
            headers["If-Modified-Since"] = state.last_modified
        exchange = Exchange(reachable(subscription, self._allowed_hosts), self._limits, owner=_section(subscription))
        return exchange.request("GET", subscription.url, headers=headers, timeout=subscription.timeout)

    def _tell(self, subscription: Subscription, document: Document, saved: Saved) -> None:
        title = subscription.title or document.title
        entries = [entry.to_dict(subscription.url, title) for entry in saved.new]
        if subscription.entry_events:
            for entry in entries:
                self._post(NewFeedEntryEvent(**entry))
        if subscription.feed_events:
            newest_first = list(reversed(entries))[: subscription.max_entries]
            self._post(
                NewFeedEvent(
                    request={"method": "get", "url": subscription.url},
                    response=[_as_before(entry, saved.feed_id) for entry in newest_first],
                    source_id=saved.feed_id,
                    source_title=title,
                    title=title,
                )
            )


def reachable(subscription: Subscription, allowed_hosts: list[str] | None) -> AllowedHosts:
    """What may be connected to for a subscription, when the section ``rss`` has these ``allowed_hosts``."""
    if subscription.source == Source.RUN_TIME:
        # A caller named it: its own host is not allowed for that.
        return AllowedHosts(allowed_hosts)
    given = allowed_hosts if subscription.source == Source.RSS else subscription.allowed_hosts
    if given is None and subscription.headers:
        # Headers of one's own are often secrets: a redirect must not carry them elsewhere.
        given = []
    return AllowedHosts(given, urls=[subscription.url])


def _document(answer: Answer, url: str) -> Document:
    if answer.status == _NOT_MODIFIED:
        raise ActionFailed("The server says that nothing changed, though it was not asked whether.")
    return parse(answer.body, url, content_type=answer.headers.get("Content-Type"), now=time.time())


def _header(answer: Answer, name: str) -> str | None:
    value = answer.headers.get(name)
    return value if value and len(value) <= _LONGEST_TAG else None


def _section(subscription: Subscription) -> str:
    return Source.POLL if subscription.source == Source.POLL else Source.RSS


def _as_before(entry: dict[str, Any], feed_id: int) -> dict[str, Any]:
    """An entry with the names that hooks on this event know beside the newer ones."""
    return {**entry, "entry_id": entry["id"], "link": entry["url"], "source_id": feed_id}
