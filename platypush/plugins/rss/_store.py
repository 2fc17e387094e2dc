"""Feeds and their entries in SQL: what is known, what is new, and what has to make room."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from platypush.plugins.rss._document import Document, Entry, clock_is_set
from platypush.user.database import Database
from platypush.user.schema import feed_entries, feeds

__all__ = ["FeedState", "FeedStore", "Saved"]

_BATCH = 500
_SHOWN = ("entry_id", "url", "title", "summary", "content", "author", "tags", "image", "enclosures", "published")
_COLUMNS = [feed_entries.c[name] for name in _SHOWN]
_NEWEST_FIRST = (feed_entries.c.sorted_by.desc(), feed_entries.c.id.desc())
_BLANK = dict.fromkeys(_SHOWN)


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed. Times are seconds since the epoch."""

    title: str | None = None
    link: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    checked_at: float | None = None
    """None for a feed that was never read."""
    changed_at: float | None = None
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a document: its feed's number, the entries that were not known, oldest first, and whether the feed
    itself was not."""

    feed_id: int
    new: tuple[Entry, ...]
    first: bool


class FeedStore:
    """The feeds in one database. Any number of threads and processes may have one at once.

    Every method raises StorageFailed when the database refuses.
    """

    def __init__(self, database: Database, limit: int) -> None:
        """``limit``: how many entries are kept, those of all feeds together."""
        self._database = database
        self._limit = limit

    def state(self, url: str) -> FeedState:
        """What is known of one feed."""
        return self._states(url).get(url, FeedState())

    def states(self) -> dict[str, FeedState]:
        """What is known of all feeds, by their addresses."""
        return self._states(None)

    def touch(self, url: str, now: float) -> None:
        """Note that the feed was asked for and has not changed."""
        query = update(feeds).where(feeds.c.url == url).values(checked_at=now)
        self._database.write(lambda connection: connection.execute(query))

    def save(self, url: str, document: Document, *, etag: str | None, last_modified: str | None, now: float) -> Saved:
        """Store what the feed has now, in one transaction; entries beyond the limit make room."""
        facts = {"title": document.title, "link": document.link, "etag": etag, "last_modified": last_modified}

        def work(connection: Connection) -> Saved:
            row = connection.execute(select(feeds.c.id, feeds.c.checked_at).where(feeds.c.url == url)).first()
            if row is None:
                connection.execute(insert(feeds).values(url=url))
            feed_id: int = connection.execute(select(feeds.c.id).where(feeds.c.url == url)).scalar_one()
            values = {**facts, "checked_at": now, "changed_at": now}
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(**values))
            new = _merge(connection, feed_id, document.entries, now)
            _make_room(connection, self._limit)
            new.sort(key=lambda entry: now if entry.published is None else entry.published)
            return Saved(feed_id, tuple(new), row is None or row.checked_at is None)

        return self._database.write(work)

    def latest(self, urls: Sequence[str], limit: int) -> list[tuple[float, dict[str, Any]]]:
        """The newest entries of the feeds at ``urls``, newest first, each with the time that it is sorted by."""
        query = (
            select(
                feed_entries.c.sorted_by, feeds.c.url.label("feed_url"), feeds.c.title.label("feed_title"), *_COLUMNS
            )
            .join(feeds, feeds.c.id == feed_entries.c.feed_id)
            .where(feed_entries.c.kept)
            .order_by(*_NEWEST_FIRST)
            .limit(limit)
        )

        def work(connection: Connection) -> list[Row[Any]]:
            # Addresses that do not go into one statement are looked at one batch after the other.
            batches = _batches(sorted(set(urls)))
            return [row for batch in batches for row in connection.execute(query.where(feeds.c.url.in_(batch)))]

        found = self._database.read(work)
        found.sort(key=lambda row: -row.sorted_by)
        return [(row.sorted_by, _shown(row)) for row in found[:limit]]

    def forget(self, url: str) -> None:
        """Remove a feed with its entries."""

        def work(connection: Connection) -> None:
            feed_id = select(feeds.c.id).where(feeds.c.url == url).scalar_subquery()
            connection.execute(delete(feed_entries).where(feed_entries.c.feed_id == feed_id))
            connection.execute(delete(feeds).where(feeds.c.url == url))

        self._database.write(work)

    def _states(self, url: str | None) -> dict[str, FeedState]:
        count = func.count(feed_entries.c.id).filter(feed_entries.c.kept)
        query = (
            select(feeds, count.label("entries"))
            .outerjoin(feed_entries, feed_entries.c.feed_id == feeds.c.id)
            .group_by(*feeds.c)
        )
        if url is not None:
            query = query.where(feeds.c.url == url)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {
            row.url: FeedState(
                row.title, row.link, row.etag, row.last_modified, row.checked_at, row.changed_at, row.entries
            )
            for row in rows
        }


def _merge(connection: Connection, feed_id: int, entries: Iterable[Entry], now: float) -> list[Entry]:
    """Bring the table to what the feed has; the entries that were not in it."""
    columns = (feed_entries.c.id, feed_entries.c.key, feed_entries.c.listed, feed_entries.c.kept, *_COLUMNS)
    query = select(*columns).where(feed_entries.c.feed_id == feed_id)
    known = {row.key: row for row in connection.execute(query)}
    new, rows, listed = [], [], set()
    for entry in entries:
        values = _values(entry)
        row = known.get(entry.key)
        if row is None:
            new.append(entry)
            marks = {
                "feed_id": feed_id,
                "key": entry.key,
                "sorted_by": _moment(entry, now),
                "listed": True,
                "kept": True,
            }
            rows.append({**values, **marks})
            continue
        listed.add(row.id)
        if row.kept and any(getattr(row, name) != value for name, value in values.items()):
            if row.published != entry.published and entry.published is not None:
                values["sorted_by"] = _moment(entry, now)
            connection.execute(update(feed_entries).where(feed_entries.c.id == row.id).values(**values))
    # Feeds begin with what is newest: of entries of the same time the first one is to be the newest here too.
    for batch in _batches(rows[::-1]):
        connection.execute(insert(feed_entries), batch)
    gone = [row.id for row in known.values() if row.listed and row.id not in listed]
    back = [row.id for row in known.values() if not row.listed and row.id in listed]
    for ids, mark in ((gone, False), (back, True)):
        for batch in _batches(ids):
            connection.execute(update(feed_entries).where(feed_entries.c.id.in_(batch)).values(listed=mark))
    return new


def _make_room(connection: Connection, limit: int) -> None:
    table = feed_entries.c
    count = connection.execute(select(func.count()).where(table.kept)).scalar_one()
    if count > limit:
        surplus = connection.execute(
            select(table.id, table.listed).where(table.kept).order_by(*_NEWEST_FIRST).offset(limit)
        ).all()
        # What its feed still has would look new the next time: its mark stays.
        for batch in _batches([row.id for row in surplus if row.listed]):
            connection.execute(update(feed_entries).where(table.id.in_(batch)).values(kept=False, **_BLANK))
        for batch in _batches([row.id for row in surplus if not row.listed]):
            connection.execute(delete(feed_entries).where(table.id.in_(batch)))
    connection.execute(delete(feed_entries).where(~table.kept, ~table.listed))


def _moment(entry: Entry, now: float) -> float:
    """Where the entry belongs in time: not in the future, or it would be the newest for ever."""
    if entry.published is None:
        return now
    return min(entry.published, now) if clock_is_set(now) else entry.published


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "author": entry.author,
        "tags": json.dumps(entry.tags) if entry.tags else None,
        "image": entry.image,
        "enclosures": json.dumps(entry.enclosures) if entry.enclosures else None,
        "published": entry.published,
    }


def _shown(row: Any) -> dict[str, Any]:
    entry = Entry(
        key="",
        id=row.entry_id,
        url=row.url,
        title=row.title,
        summary=row.summary,
        content=row.content,
        author=row.author,
        tags=tuple(json.loads(row.tags or "[]")),
        image=row.image,
        enclosures=tuple(json.loads(row.enclosures or "[]")),
        published=row.published,
    )
    return entry.to_dict(row.feed_url, row.feed_title)


def _batches(items: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
