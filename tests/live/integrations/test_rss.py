"""Feeds in a whole hub, as the page says; and their server pulled out and put in again."""

from __future__ import annotations

import json
import logging
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.reference import PAGES, configuration
from tests.running.hub import Hub, running_hub
from tests.running.waiting import open_descriptors, until
from tests.running.web import Page, running_web
from tests.unit.plugins.rss.conftest import MakeRss, feed, make_rss, posted, services, users

__all__ = ["make_rss", "posted", "services", "users"]

pytestmark = pytest.mark.live

FEEDS = Path(__file__).resolve().parents[2] / "fixtures" / "rss"
HOOKS = """
import json
from pathlib import Path

from platypush.event.hook import hook
from platypush.message.event.http import HttpEvent
from platypush.message.event.http.rss import NewFeedEvent
from platypush.message.event.rss import NewFeedEntryEvent


def note(*what):
    with Path({path!r}).open("a") as output:
        output.write(json.dumps(what) + "\\n")


@hook(NewFeedEntryEvent, feed_title='A blog')
def entry(event, **context):
    note("entry", event.title, event.args["id"])


@hook(NewFeedEvent, title='World news')
def world(event, **context):
    note("feed", [item["title"] for item in event.response])


@hook(HttpEvent)
def other(event, **context):
    if type(event) is HttpEvent:
        note("json", event.response, event.request["url"])
"""


def call(hub: Hub, action: str, **args: Any) -> Any:
    response = hub.execute(action, **args).json()["response"]
    assert not response["errors"], response["errors"]
    return response["output"]


def held() -> tuple[set[str], list[str]]:
    """Threads and descriptors of this process. SQLite keeps descriptors of a file for its own next use."""
    return {thread.name for thread in threading.enumerate()}, sorted(
        target for target in open_descriptors().values() if "/main.db" not in target
    )


def polled(replacements: dict[str, str]) -> str:
    """The page's configuration of ``backend.http.poll``."""
    text = (PAGES / "rss.md").read_text().partition("\n## `backend.http.poll`\n")[2]
    block = re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block
    found = block[1]
    for old, new in replacements.items():
        assert old in found
        found = found.replace(old, new)
    return found


def test_the_documented_configuration_reads_tells_and_shows(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with running_web() as web:
        web.pages["/world.xml"] = Page((FEEDS / "rss20.xml").read_bytes())
        web.pages["/atom.xml"] = Page(feed("first"))
        web.pages["/api/v1/messages"] = Page(json.dumps({"items": [{"subject": "old"}]}))
        config = configuration(
            "rss", {"https://feeds.example.org": web.url, "https://blog.example.org": web.url, "3600": "1"}
        )
        config += polled(
            {
                "https://feeds.example.org": web.url,
                "https://service.example.org": web.url,
                "poll_seconds: 120": "poll_seconds: 1",
                "poll_seconds: 60": "poll_seconds: 1",
                "/path/to/your": str(tmp_path),
            }
        )
        scripts = {"feeds.py": HOOKS.replace("{path!r}", repr(str(told)))}
        with running_hub(tmp_path / "hub", config=config, scripts=scripts) as hub:
            until(lambda: len(call(hub, "rss.get_latest_entries")) == 5)
            until(lambda: len([asked for asked in web.asked if "/api" in asked.path]) > 1)
            assert not told.exists()
            web.pages["/atom.xml"] = Page(feed("first", "second"))
            web.pages["/world.xml"] = Page((FEEDS / "rss20.xml").read_text().replace("market</guid>", "fair</guid>"))
            web.pages["/api/v1/messages"] = Page(json.dumps({"items": [{"subject": "new"}, {"subject": "old"}]}))
            until(lambda: told.exists() and len(told.read_text().splitlines()) == 3)
            assert sorted(map(json.loads, told.read_text().splitlines())) == [
                ["entry", "second", "second"],
                ["feed", ["Market day moved to Friday"]],
                ["json", [{"subject": "new"}], f"{web.url}/api/v1/messages"],
            ]
            kept = call(hub, "rss.get_latest_entries", db=f"sqlite:///{tmp_path}/rss.db")
            assert {entry["feed_title"] for entry in kept} == {"World news"}
            assert hub.execute("rss.get_latest_entries", db="sqlite:////etc/other.db").json()["response"]["errors"]
            sources = {item["source"] for item in call(hub, "rss.get_subscriptions")}
            assert sources == {"rss", "backend.http.poll"}
            secret = [asked.headers["token"] for asked in web.asked if "/api" in asked.path]
            assert set(secret) == {"the-token"}
            status = hub.command("status")
            assert "problems: none" in status
        log = hub.log.read_text()
        assert "the-token" not in log
        assert "Traceback" not in log


def test_the_old_backend_alone_brings_the_plugin_that_shows_its_news(tmp_path: Path) -> None:
    with running_web() as web:
        web.pages["/feed"] = Page(feed("one"))
        kind = "platypush.backend.http.request.rss.RssUpdates"
        config = f"backend.http.poll:\n  requests:\n    - type: {kind}\n      url: {web.url}/feed\n"
        with running_hub(tmp_path / "hub", config=config) as hub:
            until(lambda: call(hub, "rss.get_latest_entries"))
            assert "rss" in hub.command("status")
            assert "Traceback" not in hub.log.read_text()


def test_a_server_that_goes_and_comes_back_is_one_line_each_way_and_leaves_nothing(
    make_rss: MakeRss, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with running_web() as web:
        web.pages["/feed"], web.pages["/other"] = Page(feed("one")), Page(feed())
        feeds = [{"url": f"{web.url}/{name}", "poll_seconds": 1} for name in ("feed", "other")]
        plugin = make_rss(start=False, subscriptions=feeds)
        assert plugin.get_latest_entries().output == []
    before = held()
    with running_web(web):
        plugin.start()
        until(lambda: plugin.get_latest_entries().output)
    until(lambda: plugin.failure)
    assert "Connection refused" in str(plugin.failure)
    with running_web(web):
        web.pages["/feed"] = Page(feed("one", "two"))
        took = until(lambda: len(plugin.get_latest_entries().output) == 2, 10)
        until(lambda: plugin.failure is None)
    plugin.stop()
    assert took < 10
    lines = [record.getMessage() for record in caplog.records if "Server 127.0.0.1:" in record.getMessage()]
    assert [re.sub(r"^Server 127\.0\.0\.1:\d+ ", "", line)[:7] for line in lines][:2] == ["is away", "is back"]
    assert len(lines) <= 3, "the second shut-down may be noticed"
    until(lambda: held() == before)
