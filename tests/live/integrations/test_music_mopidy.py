"""What is Mopidy's own; and its page in a whole hub, beside an MPD."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from platypush.errors import BadRequest, NotFound
from platypush.plugins.music.mopidy import MusicMopidyPlugin
from tests.reference import PAGES, configuration
from tests.running.hub import Hub, running_hub
from tests.running.mopidy import Mopidy
from tests.running.mpd import Mpd
from tests.running.music import Subject, subject
from tests.running.music_library import ALBUM, LOOSE, QUOTED, TRACKS, make_library
from tests.running.waiting import until

pytestmark = pytest.mark.live

FIRST = f"{ALBUM}/01 Any Day Now.flac"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("library") / "music")


@pytest.fixture
def hifi(tmp_path: Path, music: Path) -> Iterator[Subject]:
    with subject("mopidy", tmp_path / "mopidy", music) as made:
        yield made


def test_it_can_be_muted_and_says_so(hifi: Subject) -> None:
    player = hifi.plugin
    assert isinstance(player, MusicMopidyPlugin)
    assert player.status().output["mute"] == "0"
    assert player.mute().output["mute"] == "1"
    assert hifi.heard("MuteChangeEvent").mute is True
    assert player.mute(False).output["mute"] == "0"


def test_files_are_known_by_path_and_by_uri(hifi: Subject, music: Path) -> None:
    player = hifi.plugin
    player.add([str(music / QUOTED), hifi.uri(QUOTED), str(music / "Elbow"), music.as_uri()])
    assert player.status().output["playlistlength"] == str(2 + 2 + len(TRACKS))


def test_a_text_that_is_no_uri_is_refused_and_holds_up_nothing_else(hifi: Subject) -> None:
    with pytest.raises(BadRequest, match="is no URI"):
        hifi.plugin.add("Elbow/Red.flac")
    response = hifi.plugin.add(["Elbow/Red.flac", "shelf:1"])
    assert (response.output["playlistlength"], len(response.errors)) == ("1", 1)
    with pytest.raises(NotFound, match="no track, folder or playlist 'spotify:track:1'"):
        hifi.plugin.add("spotify:track:1")


def test_playlists_are_known_by_their_uri_too(hifi: Subject) -> None:
    player = hifi.plugin
    player.add_to_playlist("Mine", [hifi.uri(FIRST), hifi.shelf(1, "")])
    [entry] = player.get_playlists().output
    assert player.get_playlist(entry["uri"]).output == [hifi.uri(FIRST), "shelf:1"]
    assert player.add(entry["uri"]).output["playlistlength"] == "2"
    with pytest.raises(NotFound, match="has no track"):
        player.add_to_playlist("Mine", hifi.uri("nothing.flac"))


def test_a_picture_on_another_server_is_left_to_the_browser(hifi: Subject) -> None:
    art = hifi.plugin.album_art("shelf:2").output
    assert art == {"file": "shelf:2", "url": "https://images.example.com/homogenic.jpg"}
    assert hifi.plugin.album_art("shelf:3").output is None


def call(hub: Hub, action: str, **args: Any) -> Any:
    response = hub.execute(action, **args).json()["response"]
    assert not response["errors"], response["errors"]
    return response["output"]


def event(websocket: ClientConnection, name: str, plugin: str) -> dict[str, Any]:
    while True:
        args = json.loads(websocket.recv(timeout=10)).get("args", {})
        if args.get("type") == f"platypush.message.event.music.{name}" and args["plugin_name"] == plugin:
            return dict(args)


def test_two_players_are_one_interface_in_a_hub(tmp_path: Path, music: Path) -> None:
    mpd, mopidy = Mpd(tmp_path / "mpd", music), Mopidy(tmp_path / "mopidy", music)
    config = configuration("music.mopidy", {"port: 6680": f"port: {mopidy.port}"})
    config += configuration("music.mpd", {"port: 6600": f"port: {mpd.port}"})
    [hook] = re.findall(
        r"^```python\n(.*?)^```$", (PAGES / "music.mopidy.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    try:
        mpd.start()
        mopidy.start()
        with (
            running_hub(tmp_path / "hub", config=config, scripts={"music.py": hook}) as hub,
            connect(
                f"ws://127.0.0.1:{hub.websocket_port}/ws/events", additional_headers=hub.token, proxy=None
            ) as websocket,
        ):
            assert call(hub, "music.mpd.play", resource=LOOSE)["state"] == "play"
            assert event(websocket, "MusicPlayEvent", "music.mpd")["status"]["state"] == "play"
            assert call(hub, "music.mopidy.play", resource=mopidy.uri(FIRST))["state"] == "play"
            told = event(websocket, "NewPlayingTrackEvent", "music.mopidy")
            assert told["track"]["title"] == "Any Day Now"
            until(lambda: call(hub, "music.mpd.status")["state"] == "pause")

            mopidy.kill()
            until(lambda: "music.mopidy is away" in hub.log.read_text())
            assert "refused" in hub.execute("music.mopidy.status").json()["response"]["errors"][0]
            assert call(hub, "music.mpd.status")["state"] == "pause"
            mopidy.stop()
            mopidy.start()
            assert until(lambda: "music.mopidy is back after" in hub.log.read_text()) < 10
            assert event(websocket, "MusicStopEvent", "music.mopidy")["track"] == {}
            assert call(hub, "music.mopidy.status")["state"] == "stop"
            log = hub.log.read_text()
            assert (log.count("is away"), log.count("is back after"), log.count("Traceback")) == (1, 1, 0)
    finally:
        mpd.stop()
        mopidy.stop()
