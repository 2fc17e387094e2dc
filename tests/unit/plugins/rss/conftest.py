"""Feeds in a database of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.config.model import BusSettings, Config, Limits, Secret
from platypush.message.event import Event
from platypush.plugins.rss import RssPlugin
from platypush.plugins.services import PluginServices
from platypush.user.database import Database, parse_url
from platypush.user.schema import feed_entries, feeds, metadata
from platypush.user.service import Users, UserSettings, open_users
from tests.running.web import Web, running_web

MakeRss = Callable[..., RssPlugin]


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    """A main database."""
    opened = open_users(UserSettings(url="sqlite:///main.db", workdir=tmp_path, password_cost=4), migrate=True)
    yield opened
    opened.close()


@pytest.fixture
def database(users: Users, tmp_path: Path) -> Iterator[Database]:
    """A database with the tables of feeds: SQLite, or PostgreSQL at the URL in ``PLATYPUSH_TEST_DATABASE``."""
    url = os.environ.get("PLATYPUSH_TEST_DATABASE")
    if not url:
        yield users.database
        return
    opened = Database(parse_url(url, tmp_path))
    with opened.engine.begin() as connection:
        metadata.drop_all(connection, [feed_entries, feeds])
        metadata.create_all(connection, [feeds, feed_entries])
    yield opened
    opened.close()


@pytest.fixture
def web() -> Iterator[Web]:
    with running_web() as server:
        yield server


@pytest.fixture
def services(tmp_path: Path, users: Users) -> PluginServices:
    """The hub's parts; tests replace ``services.config``."""
    config = Config(
        path=None,
        device_id="tests",
        workdir=tmp_path,
        runtime_dir=tmp_path / "run",
        scripts_dir=tmp_path / "scripts",
        dashboards_dir=tmp_path / "dashboards",
        database=Secret(f"sqlite:///{tmp_path / 'main.db'}"),
        bus=BusSettings(path=tmp_path / "bus.sock"),
        limits=Limits(feed_entries=50),
    )
    return PluginServices(config=config, users=users)


@pytest.fixture
def posted() -> list[Event]:
    return []


@pytest.fixture
def make_rss(services: PluginServices, posted: list[Event], monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRss]:
    """``make_rss(subscriptions=…, …)``: the plugin, started, with its events in ``posted``."""
    made: list[RssPlugin] = []

    class Bus:
        def post(self, event: Event) -> None:
            posted.append(event)

    monkeypatch.setattr(RssPlugin, "get_bus", lambda _: Bus())

    def make(*, start: bool = True, **section: Any) -> RssPlugin:
        plugin = RssPlugin(**section)
        plugin.bind(services)
        made.append(plugin)
        if start:
            plugin.start()
        return plugin

    yield make
    for plugin in made:
        plugin.stop()


def feed(*entries: str, title: str = "Courier") -> str:
    """A document with entries of these titles, the last one the newest."""
    items = "".join(
        f"<item><title>{name}</title><link>https://courier.example.org/{name}</link>"
        f"<guid isPermaLink='false'>{name}</guid><pubDate>Mon, 02 Nov 2026 {number:02}:00:00 GMT</pubDate></item>"
        for number, name in enumerate(entries)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
