"""The plugin ``rss`` with a real web server and a real database."""

from __future__ import annotations

import dataclasses
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from platypush.config.model import Secret
from platypush.errors import (
    ActionFailed,
    BadRequest,
    ConfigurationError,
    Conflict,
    Forbidden,
    NotFound,
    StorageFailed,
    TooLarge,
    Unavailable,
)
from platypush.message.event import Event
from platypush.plugins.rss import RssPlugin
from platypush.plugins.rss._store import FeedStore
from platypush.plugins.services import PluginServices
from platypush.user.database import Database
from tests.running.waiting import until
from tests.running.web import Asked, Page, Web
from tests.unit.plugins.rss.conftest import MakeRss, feed

LOOPBACK = {"allowed_hosts": ["127.0.0.1"]}


def titles(plugin: RssPlugin, **options: Any) -> list[str]:
    return [entry["title"] for entry in plugin.get_latest_entries(**options).output]


def read(plugin: RssPlugin, count: int = 1) -> None:
    """Wait until that many entries are there."""
    until(lambda: len(titles(plugin)) == count)


def poll_section(services: PluginServices, *requests: dict[str, Any], **section: Any) -> None:
    """Put these requests for feeds into ``backend.http.poll``."""
    kind = "platypush.backend.http.request.rss.RssUpdates"
    backends = {"http.poll": {"requests": [{"type": kind, **request} for request in requests], **section}}
    services.config = dataclasses.replace(services.config, backends=backends)


def test_a_configured_feed_is_read_and_shown(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one", "two"))
    plugin = make_rss(subscriptions=[{"url": f"{web.url}/feed", "title": "Mine"}])
    read(plugin, 2)
    newest = plugin.get_latest_entries(limit=1).output[0]
    assert (newest["title"], newest["feed_title"], newest["feed_url"]) == ("two", "Mine", f"{web.url}/feed")
    subscription = plugin.get_feeds().output[0]
    assert subscription["entries"] == 2
    assert subscription["source"] == "rss"
    assert subscription["checked_at"] == subscription["changed_at"]
    assert subscription["failure"] is None


def test_only_what_comes_later_is_an_event(make_rss: MakeRss, web: Web, posted: list[Event]) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(subscriptions=[f"{web.url}/feed"])
    read(plugin)
    assert posted == []
    web.pages["/feed"] = Page(feed("one", "two", "three"))
    plugin.refresh()
    assert [event.title for event in posted] == ["two", "three"]
    assert posted[0].args["id"] == "two"
    assert posted[0].published == "2026-11-02T01:00:00+00:00"
    assert posted[0].wire_name() == "platypush.message.event.rss.NewFeedEntryEvent"


def test_everything_is_an_event_where_that_is_wanted(make_rss: MakeRss, web: Web, posted: list[Event]) -> None:
    web.pages["/feed"] = Page(feed("one", "two"))
    make_rss(subscriptions=[f"{web.url}/feed"], notify_first=True)
    until(lambda: len(posted) == 2)


def test_a_server_is_asked_for_changes_only_after_a_restart_too(
    make_rss: MakeRss, web: Web, posted: list[Event]
) -> None:
    web.pages["/feed"] = Page(feed("one"), headers={"Last-Modified": "Mon, 02 Nov 2026 00:00:00 GMT"})
    first = make_rss(subscriptions=[f"{web.url}/feed"])
    read(first)
    first.stop()
    second = make_rss(subscriptions=[f"{web.url}/feed"])
    assert titles(second) == ["one"]
    second.refresh()
    assert [asked.headers.get("if-none-match") is None for asked in web.asked] == [True, False]
    assert web.asked[1].headers["if-modified-since"] == "Mon, 02 Nov 2026 00:00:00 GMT"
    assert second.get_subscriptions().output[0]["checked_at"] > second.get_subscriptions().output[0]["changed_at"]
    assert posted == []


def test_after_a_restart_a_feed_waits_for_its_time(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one"))
    first = make_rss(subscriptions=[f"{web.url}/feed"])
    read(first)
    first.stop()
    second = make_rss(subscriptions=[f"{web.url}/feed", f"{web.url}/new"])
    until(lambda: len(web.asked) > 1)
    assert [asked.path for asked in web.asked] == ["/feed", "/new"]
    assert titles(second) == ["one"]


def test_an_answer_that_is_the_same_again_is_not_read_again(make_rss: MakeRss, web: Web, services: Any) -> None:
    web.pages["/feed"] = Page(feed("one"), conditional=False)
    plugin = make_rss(subscriptions=[f"{web.url}/feed"])
    read(plugin)
    changed = plugin.get_subscriptions().output[0]["changed_at"]
    assert plugin.refresh().output[0]["changed_at"] == changed
    assert len(web.asked) == 2


def test_subscriptions_made_at_run_time_last(make_rss: MakeRss, web: Web, database: Database) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(**LOOPBACK)
    made = plugin.subscribe(f"{web.url}/feed", title="Mine", poll_seconds=600).output
    assert (made["title"], made["poll_seconds"], made["source"], made["entries"]) == ("Mine", 600, "rss.subscribe", 1)
    with pytest.raises(Conflict, match="already"):
        plugin.subscribe(f"{web.url}/feed")
    plugin.stop()
    again = make_rss(**LOOPBACK)
    assert titles(again) == ["one"]
    assert again.unsubscribe(f"{web.url}/feed").output is True
    assert again.get_subscriptions().output == []
    assert FeedStore(database, 10).states() == {}
    with pytest.raises(NotFound, match="not subscribed"):
        again.unsubscribe(f"{web.url}/feed")


def test_a_feed_that_is_none_cannot_be_subscribed_to(make_rss: MakeRss, web: Web) -> None:
    web.pages["/page"] = Page("<html></html>")
    plugin = make_rss(**LOOPBACK)
    with pytest.raises(ActionFailed, match="no feed"):
        plugin.subscribe(f"{web.url}/page")
    with pytest.raises(ActionFailed, match="404"):
        plugin.subscribe(f"{web.url}/missing")
    with pytest.raises(BadRequest, match="at least 1"):
        plugin.subscribe(f"{web.url}/page", poll_seconds=0.1)
    assert plugin.get_subscriptions().output == []


def test_a_feed_of_the_configuration_is_removed_there(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(subscriptions=[f"{web.url}/feed"])
    with pytest.raises(Conflict, match="remove it there"):
        plugin.unsubscribe(f"{web.url}/feed")


def test_callers_reach_allowed_hosts_only(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(subscriptions=[f"{web.url}/feed"])
    read(plugin)
    for act in (plugin.subscribe, plugin.parse_feed):
        with pytest.raises(Forbidden, match="allowed_hosts in the section rss"):
            act(f"{web.url}/other")
        with pytest.raises(BadRequest):
            act("file:///etc/passwd")
    assert len(web.asked) == 1


def test_what_was_subscribed_is_read_only_as_long_as_it_is_allowed(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(**LOOPBACK)
    plugin.subscribe(f"{web.url}/feed")
    plugin.stop()
    count = len(web.asked)
    plugin = make_rss()
    plugin.refresh()
    assert "may not reach" in plugin.get_subscriptions().output[0]["failure"]
    assert len(web.asked) == count


def test_a_redirect_leads_to_allowed_hosts_only(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(status=302, headers={"Location": "http://127.0.0.1:1/feed"})
    plugin = make_rss(subscriptions=[f"{web.url}/feed"])
    until(lambda: plugin.get_subscriptions().output[0]["failure"])
    assert "rss may not reach 127.0.0.1:1" in plugin.get_subscriptions().output[0]["failure"]


def test_headers_of_ones_own_are_sent_and_go_nowhere_else(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(status=302, headers={"Location": "http://192.0.2.1/feed"})
    plugin = make_rss(subscriptions=[{"url": f"{web.url}/feed", "headers": {"X-Key": "secret"}}])
    until(lambda: plugin.get_subscriptions().output[0]["failure"])
    assert web.asked[0].headers["x-key"] == "secret"
    assert "may not reach 192.0.2.1" in plugin.get_subscriptions().output[0]["failure"]
    assert "secret" not in str(plugin.get_subscriptions().output)


def test_parse_feed_gives_the_entries_oldest_first_and_keeps_nothing(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("one", "two"))
    plugin = make_rss(**LOOPBACK)
    assert [entry["title"] for entry in plugin.parse_feed(f"{web.url}/feed").output] == ["one", "two"]
    assert plugin.get_subscriptions().output == []


def test_a_feed_that_is_too_large_is_refused(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(feed("x" * 5_000))
    plugin = make_rss(max_size=4_000, **LOOPBACK)
    with pytest.raises(TooLarge):
        plugin.parse_feed(f"{web.url}/feed")


def test_a_server_that_answers_unasked_that_nothing_changed_is_an_error(make_rss: MakeRss, web: Web) -> None:
    web.pages["/feed"] = Page(status=304)
    with pytest.raises(ActionFailed, match="nothing changed"):
        make_rss(**LOOPBACK).parse_feed(f"{web.url}/feed")


def test_feeds_are_kept_in_the_database_that_is_named(make_rss: MakeRss, web: Web, tmp_path: Path) -> None:
    web.pages["/a"], web.pages["/b"] = Page(feed("a")), Page(feed("b"))
    file = tmp_path / "sub" / "rss.db"
    plugin = make_rss(subscriptions=[f"{web.url}/a", {"url": f"{web.url}/b", "db": str(file)}], databases=["other.db"])
    read(plugin, 2)
    for name in (str(file), f"sqlite:///{file}", "sub/rss.db"):
        assert titles(plugin, db=name) == ["b"]
    assert titles(plugin, db=str(tmp_path / "main.db")) == ["a"]
    assert titles(plugin, db="other.db") == []
    assert titles(plugin, feed_url=f"{web.url}/a") == ["a"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert {feed["db"] for feed in plugin.get_subscriptions().output} == {None, f"sqlite:///{file}"}


@pytest.mark.parametrize("db", ["sqlite:////etc/passwd", "/etc/passwd", "postgresql://u:p@host/x", "../x.db"])
def test_a_database_that_the_configuration_does_not_name_is_refused(make_rss: MakeRss, db: str, tmp_path: Path) -> None:
    plugin = make_rss()
    with pytest.raises(Forbidden, match="not one that the configuration names") as caught:
        plugin.get_latest_entries(db=db)
    assert ":p@" not in str(caught.value)
    assert not (tmp_path.parent / "x.db").exists()


@pytest.mark.parametrize("db", ["mysql://x/y", "sqlite://", "://"])
def test_what_is_no_database_is_a_bad_request(make_rss: MakeRss, db: str) -> None:
    with pytest.raises(BadRequest):
        make_rss().get_latest_entries(db=db)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_the_number_of_entries_has_bounds(make_rss: MakeRss, limit: int) -> None:
    with pytest.raises(BadRequest, match="from 1 to 1000"):
        make_rss().get_latest_entries(limit=limit)


def test_a_database_that_cannot_be_used_stops_the_plugin_with_the_reason(make_rss: MakeRss) -> None:
    with pytest.raises(ConfigurationError, match="mysql"):
        make_rss(db="mysql://x/y")


def test_a_database_file_that_is_none_is_a_reason(make_rss: MakeRss, web: Web, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 100)
    (tmp_path / "folder.db").mkdir()
    for name in ("text.db", "folder.db"):
        plugin = make_rss(subscriptions=[f"{web.url}/feed"], db=name)
        until(lambda plugin=plugin: plugin.failure)  # type: ignore[misc]
        assert f"{name} cannot be opened" in str(plugin.failure)
        with pytest.raises((Unavailable, StorageFailed)):
            plugin.get_subscriptions()


def test_feeds_of_the_old_backend_are_read_and_told_as_one_event(
    make_rss: MakeRss, web: Web, services: PluginServices, posted: list[Event], tmp_path: Path
) -> None:
    web.pages["/feed"] = Page(feed("one"))
    poll_section(
        services,
        {"url": f"{web.url}/feed", "title": "World", "max_entries": 2, "dburi": f"sqlite:///{tmp_path}/rss.db"},
    )
    plugin = make_rss()
    read(plugin)
    assert titles(plugin, db=f"sqlite:///{tmp_path}/rss.db") == ["one"]
    assert posted == []
    web.pages["/feed"] = Page(feed("one", "two", "three", "four"))
    plugin.refresh(f"{web.url}/feed")
    (event,) = posted
    assert event.wire_name() == "platypush.message.event.http.rss.NewFeedEvent"
    assert [entry["title"] for entry in event.response] == ["four", "three"]
    assert event.response[0]["link"] == event.response[0]["url"]
    assert (event.title, event.source_title, event.digest_format) == ("World", "World", None)
    assert event.request == {"method": "get", "url": f"{web.url}/feed"}
    assert "request" not in event.to_dict()["args"]
    assert plugin.get_subscriptions().output[0]["source"] == "backend.http.poll"


def test_secrets_of_the_old_backend_reach_the_server(make_rss: MakeRss, web: Web, services: PluginServices) -> None:
    web.pages["/feed"] = Page(feed("one"))
    poll_section(services, {"url": f"{web.url}/feed", "headers": {"Token": Secret("the-token")}, "user_agent": "Me"})
    plugin = make_rss()
    read(plugin)
    assert web.asked[0].headers["token"] == "the-token"
    assert web.asked[0].headers["user-agent"] == "Me"


def test_a_changed_configuration_of_the_old_backend_is_noticed(
    make_rss: MakeRss, web: Web, services: PluginServices
) -> None:
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss()
    assert plugin.get_subscriptions().output == []
    poll_section(services, {"url": f"{web.url}/feed"})
    plugin.refresh()
    assert titles(plugin) == ["one"]
    services.config = dataclasses.replace(services.config, backends={})
    plugin.refresh()
    assert titles(plugin) == []


def test_one_feed_that_fails_does_not_make_the_plugin_fail(make_rss: MakeRss, web: Web) -> None:
    web.pages["/good"] = Page(feed("one"))
    plugin = make_rss(subscriptions=[f"{web.url}/good", f"{web.url}/bad"])
    until(lambda: any(item["failure"] for item in plugin.get_subscriptions().output))
    read(plugin)
    assert plugin.failure is None
    web.pages.clear()
    plugin.refresh()
    assert str(plugin.failure).startswith("None of 2 addresses answers.")


def test_a_server_that_asks_for_patience_gets_it(make_rss: MakeRss, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web.pages["/feed"] = Page(status=503, headers={"Retry-After": "3600"})
    plugin = make_rss(subscriptions=[{"url": f"{web.url}/feed", "poll_seconds": 1}])
    until(lambda: plugin.failure)
    assert "503" in str(plugin.failure)
    assert len(web.asked) == 1
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


def test_stopping_does_not_wait_for_a_server_that_hangs(make_rss: MakeRss, web: Web, posted: list[Event]) -> None:
    hanging, release = threading.Event(), threading.Event()

    def hang(asked: Asked) -> None:
        hanging.set()
        release.wait(30)

    web.before = hang
    web.pages["/feed"] = Page(feed("one"))
    plugin = make_rss(subscriptions=[f"{web.url}/feed"], notify_first=True)
    assert hanging.wait(10)
    plugin.stop()
    release.set()
    until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("rss")])
    web.before = lambda _: None
    plugin.bind(plugin.services)
    assert titles(plugin) == []
    assert posted == []


def test_a_plugin_that_does_not_run_refreshes_nothing(make_rss: MakeRss, web: Web) -> None:
    plugin = make_rss(start=False, subscriptions=[f"{web.url}/feed"])
    with pytest.raises(Unavailable, match="does not run"):
        plugin.refresh()
    with pytest.raises(NotFound):
        plugin.refresh("http://x.example/")


def test_without_a_main_database_it_says_so(make_rss: MakeRss, web: Web, services: PluginServices) -> None:
    web.pages["/feed"] = Page(feed("one"))
    services.users = None
    plugin = make_rss(start=False, **LOOPBACK)
    with pytest.raises(Unavailable, match="main database"):
        plugin.get_latest_entries()
    with pytest.raises(Unavailable, match="main database"):
        plugin.subscribe(f"{web.url}/feed")


def test_there_is_a_limit_to_subscriptions_of_the_run_time(
    make_rss: MakeRss, web: Web, services: PluginServices
) -> None:
    web.pages["/feed"] = Page(feed("one"))
    assert services.values is not None
    known = {f"http://x.example/{n}": {"title": None, "poll_seconds": 9e9} for n in range(500)}
    services.values.set("rss", {"subscriptions": known})
    plugin = make_rss(start=False, **LOOPBACK)
    with pytest.raises(BadRequest, match="500 feeds"):
        plugin.subscribe(f"{web.url}/feed")


def test_the_subscriptions_go_to_other_readers(make_rss: MakeRss, web: Web) -> None:
    plugin = make_rss(start=False, subscriptions=[f"{web.url}/feed?a=1&b=2"])
    assert f'xmlUrl="{web.url}/feed?a=1&amp;b=2"' in plugin.export_to_opml().output


def test_a_host_that_is_none_is_refused_with_the_section() -> None:
    with pytest.raises(ValueError, match="allowed_hosts"):
        RssPlugin(allowed_hosts=["http://x/"])
