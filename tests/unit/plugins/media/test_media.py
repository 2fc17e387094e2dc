"""The plugin media: what is found, and the addresses it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from platypush.config.model import HttpSettings
from platypush.context import Runtime, clear_runtime, set_runtime
from platypush.errors import BadRequest, Forbidden, NotFound, Unavailable
from platypush.plugins.media import MediaPlugin, _address
from platypush.plugins.media._address import own_address
from platypush.plugins.services import PluginServices
from platypush.user.service import Users, UserSettings, open_users
from tests.unit.plugins.conftest import MakeConfig

GIF = b"GIF89a" + bytes(50)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    films = tmp_path / "films"
    (films / "Comedies").mkdir(parents=True)
    for name in ("a.gif", "b.mkv", "Comedies/The Big Film.mp4", "notes.txt", ".hidden.mp4"):
        (films / name).write_bytes(GIF)
    return films


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    users = open_users(UserSettings(url="sqlite:///main.db", workdir=tmp_path, password_cost=4), migrate=True)
    yield users
    users.close()


@pytest.fixture
def plugin(films: Path, users: Users, make_config: MakeConfig) -> MediaPlugin:
    section = {"media_dirs": [str(films)]}
    plugin = MediaPlugin(**section)
    http = HttpSettings(public_url="https://hub.example.org")
    plugin.bind(PluginServices(config=make_config(plugins={"media": section}, http=http), users=users))
    return plugin


def found(output: list[dict[str, str]]) -> list[str]:
    return [item["title"] for item in output]


def test_all_media_in_the_folders_are_listed(plugin: MediaPlugin, films: Path) -> None:
    output = plugin.get_media().output
    assert output[0] == {"url": f"file://{films}/a.gif", "title": "a.gif", "type": "file"}
    assert found(output) == ["a.gif", "b.mkv", "The Big Film.mp4"]


@pytest.mark.parametrize(
    ("query", "types", "names"),
    [
        ("film", None, ["The Big Film.mp4"]),
        ("FILM big", ["file"], ["The Big Film.mp4"]),
        ("comedies", ["file", "youtube"], ["The Big Film.mp4"]),
        ("", None, ["a.gif", "b.mkv", "The Big Film.mp4"]),
        ("films", None, []),
        ("film small", None, []),
        ("film", ["youtube"], []),
        (".*", None, []),
    ],
)
def test_a_search_wants_every_word_in_the_path_below_the_folder(
    plugin: MediaPlugin, query: str, types: list[str] | None, names: list[str]
) -> None:
    assert found(plugin.search(query, types=types).output) == names


def test_what_is_found_can_be_streamed_listed_and_stopped(plugin: MediaPlugin, films: Path) -> None:
    (films / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    source = plugin.search("a.gif").output[0]["url"]
    medium = plugin.start_streaming(source, subtitles=f"{films}/a.srt").output
    assert medium["url"].startswith(f"https://hub.example.org/media/{medium['media_id']}.gif?expires=")
    assert medium["subtitles_url"].startswith("https://hub.example.org/media/subtitles/")
    assert (medium["source"], medium["mime_type"]) == (source, "image/gif")
    assert [item["media_id"] for item in plugin.get_available_media().output] == [medium["media_id"]]
    stopped = plugin.stop_streaming(f"{medium['media_id']}.gif").output
    assert stopped["media_id"] == medium["media_id"]
    assert plugin.get_available_media().output == []
    with pytest.raises(NotFound):
        plugin.stop_streaming(medium["media_id"])


def test_an_address_to_save_a_medium_by_says_so(plugin: MediaPlugin, films: Path) -> None:
    assert plugin.start_streaming(f"{films}/a.gif", download=True).output["url"].endswith("&download")


@pytest.mark.parametrize(
    ("source", "error"),
    [("/etc/passwd", Forbidden), ("a.gif", BadRequest), ("/\ud800", BadRequest), ("http://127.0.0.1/a.gif", Forbidden)],
)
def test_what_is_not_allowed_is_refused(plugin: MediaPlugin, source: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        plugin.start_streaming(source)


@pytest.mark.parametrize(
    ("section", "reason"),
    [({"media_dirs": ["films"]}, "no absolute path"), ({"allowed_hosts": ["http://nas.lan"]}, "no host")],
)
def test_a_section_that_is_wrong_says_what_is_wrong(section: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MediaPlugin(**section)


def test_without_a_database_or_a_web_service_there_are_no_addresses(
    plugin: MediaPlugin, make_config: MakeConfig, films: Path, users: Users
) -> None:
    plugin.bind(PluginServices(config=make_config(), users=None))
    with pytest.raises(Unavailable, match="no database"):
        plugin.get_available_media()
    plugin.bind(PluginServices(config=make_config(), users=users))
    with pytest.raises(Unavailable, match=r"no section backend\.http"):
        plugin.get_available_media()


class Backends(SimpleNamespace):
    """A runtime whose only backend serves at ``addresses``."""

    addresses: tuple[str, ...] = ()

    def get_backend(self, name: str) -> Any:
        assert name == "http"
        return SimpleNamespace(urls=lambda: self.addresses)


@pytest.mark.parametrize(
    ("addresses", "base"),
    [
        (("http://localhost:8008/",), "http://192.0.2.77:8008"),
        (("http://192.0.2.5/", "https://192.0.2.5/"), "http://192.0.2.5"),
        (("https://localhost/",), "https://192.0.2.77"),
    ],
)
def test_without_a_public_address_players_come_to_this_machine(
    plugin: MediaPlugin, films: Path, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...], base: str
) -> None:
    services = plugin.services
    services.config = replace(services.config, http=HttpSettings())
    monkeypatch.setattr(_address, "own_address", lambda: "192.0.2.77")
    set_runtime(cast("Runtime", Backends(addresses=addresses)))
    try:
        assert plugin.start_streaming(f"{films}/a.gif").output["url"].startswith(f"{base}/media/")
    finally:
        clear_runtime()


def test_behind_another_server_alone_the_public_address_has_to_be_said(plugin: MediaPlugin, films: Path) -> None:
    services = plugin.services
    services.config = replace(services.config, http=HttpSettings())
    set_runtime(cast("Runtime", Backends()))
    try:
        with pytest.raises(Unavailable, match="public_url"):
            plugin.start_streaming(f"{films}/a.gif")
    finally:
        clear_runtime()


def test_this_machine_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_address()

    def unreachable(*_: Any) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", unreachable)
    assert own_address() == "localhost"
