"""The plugins about the hub itself: ``config``, ``inspect`` and ``utils``."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from platypush.config.model import MASK, HttpSettings, Secret
from platypush.errors import BadRequest, Forbidden, NotFound, TooLarge, Unavailable
from platypush.message import decode
from platypush.plugins import Plugin, action
from platypush.plugins.config import ConfigPlugin
from platypush.plugins.inspect import InspectPlugin
from platypush.plugins.services import PluginServices
from platypush.plugins.utils import UtilsPlugin

from .conftest import MakeConfig, MakeRegistry


class Switch(Plugin):
    """A switch."""

    @action
    def on(self) -> None: ...
    @action
    def off(self) -> None: ...
    @action
    def toggle(self) -> None: ...


class Radio(Plugin):
    @action
    def on(self) -> None: ...


@pytest.fixture
def config_plugin(make_config: MakeConfig, make_registry: MakeRegistry) -> ConfigPlugin:
    plugin = ConfigPlugin()
    raw = {
        "device_id": "testbox",
        "token": Secret("s3cret"),
        "mqtt": {"password": "s3cret", "url": "mqtt://me:s3cret@host"},
        "backend.http": {"port": 8008},
    }
    plugin.bind(
        PluginServices(
            config=make_config(
                raw=raw,
                http=HttpSettings(),
                plugins={"mqtt": {"password": Secret("s3cret")}},
                backends={"mqtt": {"token": "s3cret", "host": "x"}},
            ),
            registry=make_registry({"switch": Switch, "off": Switch}, None, frozenset({"off"})),
            procedures=lambda: {"party": {"args": [], "password": "s3cret"}},
        )
    )
    return plugin


@pytest.mark.parametrize("name", ["get", "get_plugins", "get_backends", "get_procedures"])
def test_no_action_of_config_shows_a_secret(config_plugin: ConfigPlugin, name: str) -> None:
    shown = getattr(config_plugin, name)().to_json()
    assert b"s3cret" not in shown
    assert MASK.encode() in shown


def test_the_configuration_is_shown_by_section(config_plugin: ConfigPlugin) -> None:
    assert config_plugin.get_device_id().output == "testbox"
    assert config_plugin.get().output["device_id"] == "testbox"
    assert config_plugin.get_plugins().output == {"switch": {}, "mqtt": {"password": MASK}}
    assert config_plugin.get_backends().output == {"mqtt": {"token": MASK, "host": "x"}, "http": {"port": 8008}}
    assert list(config_plugin.get_procedures().output) == ["party"]


def test_dashboards_are_read_by_name(config_plugin: ConfigPlugin, tmp_path: Path) -> None:
    assert config_plugin.get_dashboards().output == {}
    folder = tmp_path / "dashboards"
    folder.mkdir()
    (folder / "main.xml").write_text("<Dashboard/>")
    (folder / ".hidden.xml").write_text("no")
    (folder / "notes.txt").write_text("no")
    (folder / "folder.xml").mkdir()
    assert config_plugin.get_dashboards().output == {"main": "<Dashboard/>"}
    assert config_plugin.get_dashboard("main").output == "<Dashboard/>"
    with pytest.raises(NotFound, match="Did you mean 'main'"):
        config_plugin.get_dashboard("mian")
    (folder / "big.xml").write_text("x" * (1024 * 1024 + 1))
    with pytest.raises(TooLarge):
        config_plugin.get_dashboard("big")


@pytest.mark.parametrize("name", ["../config", "/etc/passwd", ".hidden", "a/b", "", "a\0", "x" * 200, "main\n"])
def test_a_dashboard_cannot_be_outside_of_its_folder(config_plugin: ConfigPlugin, tmp_path: Path, name: str) -> None:
    (tmp_path / "config.xml").write_text("secret")
    (tmp_path / "dashboards").mkdir()
    with pytest.raises(BadRequest, match="no name of a dashboard"):
        config_plugin.get_dashboard(name)


def test_inspect_lists_plugins_events_procedures_and_backends(
    make_config: MakeConfig, make_registry: MakeRegistry
) -> None:
    plugin = InspectPlugin()
    plugin.bind(
        PluginServices(
            config=make_config(),
            registry=make_registry({"switch": Switch}),
            procedures=lambda: {"party": {}},
            backends=lambda: {"http": {"status": "running"}},
        )
    )
    assert plugin.get_all_plugins().output["switch"]["actions"]["toggle"]["name"] == "switch.toggle"
    assert plugin.get_procedures().output == {"party": {}}
    assert plugin.get_all_backends().output == {"http": {"status": "running"}}
    events = decode(plugin.get_all_events().to_json())["response"]["output"]
    hook = events["platypush.message.event.http.hook"]["WebhookEvent"]
    assert hook["name"] == "platypush.message.event.http.hook.WebhookEvent"
    assert "hook" in hook["args"]
    assert events["platypush.message.event.custom"]["CustomEvent"]["args"] == ["subtype"]


def utils(make_config: MakeConfig, resource_dirs: dict[str, Path], **options: Any) -> UtilsPlugin:
    plugin = UtilsPlugin(**options)
    plugin.bind(PluginServices(config=make_config(http=HttpSettings(resource_dirs=resource_dirs))))
    return plugin


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    for name in ("b.jpg", "A b#.PNG", "notes.txt", ".hidden.jpg", "trip/c.jpeg"):
        (folder / name).write_text("")
    (folder / "link.jpg").symlink_to("/etc/passwd")
    return folder


def test_exposed_folders_are_listed_as_urls(make_config: MakeConfig, photos: Path) -> None:
    plugin = utils(make_config, {"photos": photos, "my photos/trip": photos / "trip"})
    assert plugin.search_web_directory(str(photos)).output == [
        "/resources/photos/A%20b%23.PNG",
        "/resources/photos/b.jpg",
        "/resources/photos/trip/c.jpeg",
    ]
    assert plugin.search_web_directory(str(photos), recursive=False, extensions=["jpg"]).output == [
        "/resources/photos/b.jpg"
    ]
    assert plugin.search_web_directory(f"file://{photos}/trip").output == ["/resources/my%20photos/trip/c.jpeg"]


def test_a_listing_is_bounded(make_config: MakeConfig, photos: Path) -> None:
    assert len(utils(make_config, {"photos": photos}, max_files=2).search_web_directory(str(photos)).output) == 2


def test_a_folder_that_is_not_exposed_is_not_listed(make_config: MakeConfig, photos: Path) -> None:
    (photos / "out").symlink_to("/etc")
    plugin = utils(make_config, {"photos": photos})
    for path in (photos.parent, "/etc", photos / "..", photos / "out", f"{photos}x"):
        with pytest.raises(Forbidden, match="Add it, or a folder above it, to resource_dirs"):
            plugin.search_web_directory(str(path))
    with pytest.raises(NotFound):
        plugin.search_web_directory(str(photos / "none"))


def test_plugins_with_switches_are_found(make_config: MakeConfig, make_registry: MakeRegistry) -> None:
    plugin = UtilsPlugin()
    plugin.bind(PluginServices(config=make_config(), registry=make_registry({"switch": Switch, "radio": Radio})))
    assert plugin.get_switch_plugins().output == {
        "switch": {"name": "switch", "doc": "A switch.", "actions": ["off", "on", "toggle"]}
    }


def test_a_sleep_ends_when_the_hub_stops() -> None:
    plugin = UtilsPlugin()
    assert plugin.sleep(0).output is None
    caught: list[Exception] = []

    def sleep() -> None:
        try:
            plugin.sleep(600)
        except Unavailable as error:
            caught.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    plugin.on_stop()
    thread.join(10)
    assert not thread.is_alive()
    assert "the hub stops" in str(caught[0])
    with pytest.raises(ValueError, match="less than 0"):
        plugin.sleep(-1)
