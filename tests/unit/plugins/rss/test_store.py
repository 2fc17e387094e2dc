"""Feeds and their entries in SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from platypush.plugins.rss._document import Document, Entry
from platypush.plugins.rss._store import FeedStore, Saved
from platypush.user.database import Database
from platypush.user.schema import feed_entries

NOW = 1_795_440_000.0
URL, OTHER = "https://courier.example.org/feed", "https://kiln.example.org/feed"


def entries(*numbers: int, **facts: Any) -> tuple[Entry, ...]:
    return tuple(Entry(key=f"k{n}", id=f"k{n}", title=f"t{n}", published=float(n), **facts) for n in numbers)


def save(store: FeedStore, items: tuple[Entry, ...], url: str = URL, now: float = NOW) -> Saved:
    return store.save(url, Document("Courier", None, items), etag='"1"', last_modified="then", now=now)


def titles(store: FeedStore, *urls: str, limit: int = 100) -> list[str]:
    return [entry["title"] for _, entry in store.latest(urls or (URL,), limit)]


def rows(database: Database) -> int:
    query = select(func.count()).select_from(feed_entries)
    return database.read(lambda connection: int(connection.execute(query).scalar_one()))


def test_what_is_stored_is_known_the_next_time(database: Database) -> None:
    store = FeedStore(database, 100)
    assert store.state(URL).checked_at is None
    first = save(store, entries(1, 2))
    assert first.first
    assert [entry.title for entry in first.new] == ["t1", "t2"]
    again = save(store, entries(2, 3))
    assert not again.first
    assert [entry.title for entry in again.new] == ["t3"]
    state = store.state(URL)
    assert (state.title, state.etag, state.last_modified, state.entries) == ("Courier", '"1"', "then", 3)
    assert again.feed_id == first.feed_id


def test_new_entries_come_oldest_first_and_those_without_a_date_last(database: Database) -> None:
    saved = save(FeedStore(database, 100), (Entry(key="x", title="undated"), *entries(5, 3)))
    assert [entry.title for entry in saved.new] == ["t3", "t5", "undated"]


def test_the_newest_are_shown_first_over_all_feeds(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, entries(1, 5))
    save(store, entries(3), OTHER)
    assert titles(store, URL, OTHER) == ["t5", "t3", "t1"]
    assert titles(store, OTHER) == ["t3"]
    assert titles(store, URL, OTHER, limit=2) == ["t5", "t3"]
    assert store.latest((), 5) == []


def test_entries_of_the_same_time_are_in_the_order_of_their_feed(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, tuple(Entry(key=name, title=name) for name in ("newest", "older", "oldest")))
    assert titles(store) == ["newest", "older", "oldest"]


def test_more_feeds_than_go_into_one_statement_are_shown(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, entries(1))
    assert titles(store, *(f"https://x.example/{n}" for n in range(1_200)), URL) == ["t1"]


def test_an_entry_from_the_future_is_not_the_newest_for_ever(database: Database) -> None:
    store = FeedStore(database, 100)
    future = replace(entries(1)[0], published=NOW + 900)
    save(store, (future,))
    save(store, (replace(entries(2)[0], published=NOW + 500),), OTHER, now=NOW + 600)
    assert titles(store, URL, OTHER) == ["t2", "t1"]


def test_an_entry_that_was_read_while_the_clock_was_wrong_has_its_place_by_its_date(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, entries(1_700_000_000), now=1_000.0)
    save(store, entries(1_600_000_000), OTHER)
    assert titles(store, URL, OTHER) == ["t1700000000", "t1600000000"]


def test_an_entry_that_gets_a_date_later_moves_to_its_place(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, (Entry(key="k1", title="undated"),))
    save(store, entries(500), OTHER)
    assert titles(store, URL, OTHER) == ["undated", "t500"]
    save(store, (Entry(key="k1", title="dated", published=100.0),))
    assert titles(store, URL, OTHER) == ["t500", "dated"]


def test_an_entry_that_changes_is_changed_and_not_new(database: Database) -> None:
    store = FeedStore(database, 100)
    save(store, entries(1))
    changed = replace(entries(1)[0], title="better", tags=("a",), enclosures=({"url": "u", "type": None},))
    assert save(store, (changed,)).new == ()
    shown = store.latest((URL,), 1)[0][1]
    assert (shown["title"], shown["tags"], shown["enclosures"]) == ("better", ["a"], [{"url": "u", "type": None}])


def test_no_more_than_the_limit_is_kept_and_the_oldest_make_room(database: Database) -> None:
    store = FeedStore(database, 5)
    save(store, entries(1, 2, 3))
    save(store, entries(11, 12, 13, 14), OTHER)
    assert titles(store, URL, OTHER) == ["t14", "t13", "t12", "t11", "t3"]


def test_what_made_room_is_not_new_again_while_its_feed_has_it(database: Database) -> None:
    store = FeedStore(database, 2)
    save(store, entries(1, 2, 3, 4))
    assert titles(store) == ["t4", "t3"]
    assert store.state(URL).entries == 2
    assert save(store, entries(1, 2, 3, 4, 5)).new == entries(5)
    assert rows(database) == 5


def test_what_made_room_is_forgotten_once_its_feed_has_it_no_more(database: Database) -> None:
    store = FeedStore(database, 2)
    save(store, entries(1, 2, 3, 4))
    save(store, entries(4, 5))
    assert rows(database) == 2
    assert titles(store) == ["t5", "t4"]


def test_an_entry_that_a_feed_drops_and_has_again_is_not_new(database: Database) -> None:
    store = FeedStore(database, 10)
    save(store, entries(1, 2))
    save(store, entries(2))
    assert save(store, entries(1, 2)).new == ()
    assert titles(store) == ["t2", "t1"]


def test_a_feed_is_forgotten_with_its_entries(database: Database) -> None:
    store = FeedStore(database, 10)
    save(store, entries(1))
    save(store, entries(2), OTHER)
    store.forget(URL)
    assert titles(store, URL, OTHER) == ["t2"]
    assert rows(database) == 1
    store.forget("https://never.example/")


def test_a_look_without_news_is_remembered(database: Database) -> None:
    store = FeedStore(database, 10)
    save(store, entries(1))
    store.touch(URL, NOW + 60)
    state = store.state(URL)
    assert (state.checked_at, state.changed_at) == (NOW + 60, NOW)


def test_thousands_of_entries_go_in_and_out(database: Database) -> None:
    store = FeedStore(database, 1_500)
    assert len(save(store, entries(*range(1, 1_001))).new) == 1_000
    assert len(save(store, entries(*range(2_001, 3_001)), OTHER).new) == 1_000
    assert len(titles(store, URL, OTHER, limit=5_000)) == 1_500
    assert save(store, entries(*range(1, 1_001))).new == ()
