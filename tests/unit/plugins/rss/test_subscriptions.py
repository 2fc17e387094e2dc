"""Which feeds are read, as the configuration says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platypush.errors import BadRequest, ConfigurationError
from platypush.plugins.rss._opml import read_opml, write_opml
from platypush.plugins.rss._subscriptions import Source, Subscription, checked_url, configured, merged, polled

OPML = Path(__file__).resolve().parents[3] / "fixtures" / "rss" / "feeds.opml"
URL = "https://courier.example.org/feed.xml"


def test_a_feed_is_an_address_or_a_mapping() -> None:
    plain, told = configured(
        [URL, {"url": URL, "title": "C", "poll_seconds": 60, "db": "x.db"}], 300, None, first_too=True
    )
    assert (plain.poll_seconds, plain.db, plain.title, plain.first_too) == (300, None, None, True)
    assert (told.poll_seconds, told.db, told.title) == (60, "x.db", "C")


def test_an_opml_file_is_many_feeds() -> None:
    found = configured([str(OPML)], 300, "x.db", first_too=False)
    assert [(item.url, item.title, item.db) for item in found] == [
        (URL, "Courier", "x.db"),
        ("https://kiln.example.org/atom.xml", "Kiln", "x.db"),
    ]


def test_what_is_exported_can_be_read_again(tmp_path: Path) -> None:
    file = tmp_path / "out.opml"
    file.write_text(
        write_opml([(URL + "?a=1&b=2", 'A "b" <c>', "https://x.example/"), ("https://y.example/f", None, None)], 0)
    )
    assert read_opml(file) == [(URL + "?a=1&b=2", 'A "b" <c>'), ("https://y.example/f", "https://y.example/f")]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"link": URL}, "no key 'link'"),
        ({"url": URL, "pol_seconds": 3}, "Did you mean 'poll_seconds'"),
        ({"title": "x"}, "has a 'url'"),
        ({"url": URL, "poll_seconds": 0}, "at least 1"),
        ({"url": URL, "poll_seconds": "5"}, "number of seconds"),
        ({"url": URL, "headers": ["x"]}, "headers maps"),
        ("ftp://x.example/feed", "http:// or https://"),
        ("http:// x", "http:// or https://"),
        ("/no/such/file.opml", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named(item: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        configured([item], 300, None, first_too=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html/>", "first element"),
        ("no xml", "no OPML"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><opml>&a;</opml>', "no OPML"),
        ("<opml>" + " " * 5_000_000 + "</opml>", "larger than"),
    ],
)
def test_a_file_that_is_no_opml_is_named(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "x.opml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=reason):
        configured([str(file)], 300, None, first_too=False)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://", "http://x:99999/", "http://x/a b", "x" * 3_000, "http://[::1"]
)
def test_an_address_from_a_caller_is_one_of_the_web(url: str) -> None:
    with pytest.raises(BadRequest, match="no address of a feed"):
        checked_url(url)


def test_feeds_of_the_old_backend_are_read_as_they_are_written() -> None:
    feeds = polled(
        {
            "poll_seconds": 90,
            "requests": [
                {
                    "type": "platypush.backend.http.request.rss.RssUpdates",
                    "url": URL,
                    "title": "Courier",
                    "poll_seconds": 120,
                    "max_entries": 10,
                    "dburi": "sqlite:////x/rss.db",
                    "params": {"q": "a b"},
                    "skip_first_call": False,
                },
                {"type": "RssUpdates", "args": {"url": URL + "?x=1", "params": {"y": [1, 2]}, "headers": {"A": 1}}},
                {"type": "platypush.backend.http.request.JsonHttpRequest", "args": {"url": URL}},
                {"type": "RssUpdates", "url": "file:///x"},
                {"type": "RssUpdates", "url": URL, "timeout": "soon"},
                "RssUpdates",
            ],
        }
    )
    first, second = feeds
    assert first == Subscription(
        url=URL + "?q=a+b",
        title="Courier",
        poll_seconds=120,
        db="sqlite:////x/rss.db",
        source=Source.POLL,
        entry_events=False,
        feed_events=True,
        first_too=True,
        max_entries=10,
    )
    assert (second.url, second.poll_seconds, second.headers) == (URL + "?x=1&y=1&y=2", 90, {"A": "1"})
    assert polled({}) == ()


def test_user_and_password_of_an_address_are_a_header_and_shown_to_nobody() -> None:
    url = "https://me:p%40ss@courier.example.org:8443/feed.xml"
    requests = {"requests": [{"type": "RssUpdates", "url": url}]}
    for feed in (*configured([url], 300, None, first_too=False), *polled(requests)):
        assert feed.url == "https://courier.example.org:8443/feed.xml"
        assert feed.headers == {"Authorization": "Basic bWU6cEBzcw=="}
        assert "p%40ss" not in repr(feed)
    with pytest.raises(BadRequest, match="configure such a feed"):
        checked_url(url)
    with pytest.raises(ConfigurationError, match="subscriptions"):
        configured(["http://[::1"], 300, None, first_too=False)


def test_a_feed_that_is_wanted_twice_is_read_once_and_told_both_ways() -> None:
    one = configured([URL], 300, None, first_too=False)
    two = polled({"requests": [{"type": "RssUpdates", "url": URL, "title": "T", "poll_seconds": 60}]})
    (both,) = merged(one, two).values()
    assert (both.poll_seconds, both.title, both.source) == (60, "T", Source.RSS)
    assert both.entry_events
    assert both.feed_events


def test_the_same_feed_in_two_databases_is_two_subscriptions() -> None:
    assert len(merged(configured([URL, {"url": URL, "db": "x.db"}], 300, None, first_too=False))) == 2
