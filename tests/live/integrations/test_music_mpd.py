"""What is MPD's own: unix socket, password, files outside of its library; and its page, in a whole hub."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from platypush.errors import ActionFailed, Forbidden, NotFound, Unavailable
from platypush.plugins.music.mpd import MusicMpdPlugin
from tests.reference import PAGES, configuration
from tests.running.hub import Hub, running_hub
from tests.running.mpd import Mpd
from tests.running.music import leaves_nothing, recording
from tests.running.music_library import ALBUM, LOOSE, QUOTED, TRACKS, make_library
from tests.running.waiting import until

pytestmark = pytest.mark.live

Make = Callable[..., MusicMpdPlugin]
FIRST = f"{ALBUM}/01 Any Day Now.flac"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("library") / "music")


@pytest.fixture
def server(tmp_path: Path, music: Path) -> Iterator[Mpd]:
    made = Mpd(tmp_path / "mpd", music)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def guarded(tmp_path: Path, music: Path) -> Iterator[Mpd]:
    made = Mpd(tmp_path / "guarded", music, password='it\'s "secret"')
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[MusicMpdPlugin] = []

    def start(**options: Any) -> MusicMpdPlugin:
        made.append(MusicMpdPlugin(**options))
        return made[-1]

    yield start
    for plugin in made:
        plugin.on_stop()


def test_it_works_over_a_unix_socket_and_comes_back_there(server: Mpd) -> None:
    with leaves_nothing(), recording() as recorder:
        plugin = MusicMpdPlugin(host=str(server.socket))
        plugin.on_start()
        until(lambda: plugin._last is not None)
        assert plugin.play(QUOTED).output["state"] == "play"
        assert plugin.current_track().output["title"] == TRACKS[QUOTED]["title"]
        until(lambda: "NewPlayingTrackEvent" in recorder.names())
        server.kill()
        until(lambda: plugin.failure)
        with pytest.raises(Unavailable, match=re.escape(f"MPD at {server.socket} ")):
            plugin.status()
        server.stop()
        server.socket.unlink(missing_ok=True)
        with pytest.raises(Unavailable, match="No such file"):
            plugin.status()
        server.start()
        assert plugin.status().output
        assert until(lambda: plugin.failure is None) < 10
        plugin.on_stop()


def test_a_password_opens_what_it_is_for(guarded: Mpd, make: Make) -> None:
    plugin = make(host="localhost", port=guarded.port, password=guarded.password)
    assert plugin.play(LOOSE).output["state"] == "play"


def test_without_the_password_an_action_says_what_is_missing(guarded: Mpd, make: Make) -> None:
    plugin = make(host="localhost", port=guarded.port)
    with pytest.raises(ActionFailed, match=r"does not allow status.*Set the password in the section music\.mpd"):
        plugin.status()


def test_with_a_wrong_password_it_is_away_and_does_not_show_it(
    guarded: Mpd, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = make(host="localhost", port=guarded.port, password="wrong-pass")
    plugin.on_start()
    until(lambda: plugin.failure)
    plugin.on_stop()
    assert plugin.failure == f"MPD at localhost:{guarded.port} refuses the password of the section music.mpd."
    assert "wrong-pass" not in caplog.text


def test_files_outside_of_the_library_need_to_be_listed(server: Mpd, make: Make, tmp_path: Path, music: Path) -> None:
    outside = tmp_path / "it's outside"
    outside.mkdir()
    (outside / "a.flac").write_bytes((music / LOOSE).read_bytes())
    file = str(outside / "a.flac")
    with pytest.raises(Forbidden, match="media_dirs"):
        make(host=str(server.socket)).play(file)
    plugin = make(host=str(server.socket), media_dirs=[outside])
    assert plugin.play(file).output["state"] == "play"
    with pytest.raises(Forbidden):
        plugin.add("/etc/passwd")


def test_what_only_mpd_has(server: Mpd, make: Make, music: Path) -> None:
    plugin = make(host="localhost", port=server.port)
    version = plugin.add(FIRST).output["playlist"]
    plugin.add(LOOSE)
    assert [track["file"] for track in plugin.plchanges(version).output] == [LOOSE]
    assert plugin.stats().output["songs"] == str(len(TRACKS))
    [output] = plugin.outputs().output
    assert (output["outputname"], output["outputenabled"]) == ("nothing", "1")
    plugin.disable_output(output["outputid"])
    assert plugin.outputs().output[0]["outputenabled"] == "0"
    plugin.enable_output(0)
    assert plugin.crossfade("5").output["xfade"] == "5"
    (music / "new.flac").write_bytes((music / LOOSE).read_bytes())
    assert plugin.update().output.isdecimal()
    until(lambda: plugin.stats().output["songs"] == str(len(TRACKS) + 1))
    assert plugin.add("new.flac").output["playlistlength"] == "3"
    (music / "new.flac").unlink()
    assert plugin.update("Elbow").output.isdecimal()
    with pytest.raises(NotFound):
        plugin.browse("no such folder")
    with pytest.raises(NotFound, match="current track"):
        plugin.album_art()


def call(hub: Hub, action: str, **args: Any) -> Any:
    response = hub.execute(f"music.mpd.{action}", **args).json()["response"]
    assert not response["errors"], response["errors"]
    return response["output"]


def now_playing(hub: Hub) -> Any:
    return hub.execute("variable.get", name="now_playing").json()["response"]["output"]["now_playing"]


def event(websocket: ClientConnection, name: str) -> dict[str, Any]:
    while True:
        message = json.loads(websocket.recv(timeout=10))
        if message.get("args", {}).get("type") == f"platypush.message.event.music.{name}":
            return dict(message["args"])


def test_the_documented_configuration_and_hooks_work_in_a_hub_and_outlive_the_player(
    tmp_path: Path, server: Mpd
) -> None:
    config = configuration("music.mpd", {"port: 6600": f"port: {server.port}"})
    [hooks] = re.findall(
        r"^```python\n(.*?)^```$", (PAGES / "music.mpd.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    with (
        running_hub(tmp_path / "hub", config=config, scripts={"music.py": hooks}) as hub,
        connect(
            f"ws://127.0.0.1:{hub.websocket_port}/ws/events", additional_headers=hub.token, proxy=None
        ) as websocket,
    ):
        assert call(hub, "status")["state"] == "stop"
        assert call(hub, "play", resource=FIRST)["state"] == "play"
        told = event(websocket, "NewPlayingTrackEvent")
        assert (told["plugin_name"], told["track"]["title"], told["status"]["state"]) == (
            "music.mpd",
            "Any Day Now",
            "play",
        )
        until(lambda: now_playing(hub) == "Elbow: Any Day Now")
        answer = hub.execute("music.mpd.seek", position="soon")
        assert "number of seconds" in answer.json()["response"]["errors"][0]
        assert "'volume' is missing" in str(hub.execute("music.mpd.set_volume").json())

        server.kill()
        until(lambda: "music.mpd is away" in hub.log.read_text())
        assert "refused" in hub.execute("music.mpd.status").json()["response"]["errors"][0]
        until(lambda: "refused" in hub.command("status", check=False))
        server.stop()
        server.start()
        assert until(lambda: "music.mpd is back" in hub.log.read_text()) < 10
        assert call(hub, "status")["state"] in ("stop", "pause", "play")
        call(hub, "stop")
        until(lambda: now_playing(hub) is None)
        log = hub.log.read_text()
        assert (log.count("is away"), log.count("is back after"), log.count("Traceback")) == (1, 1, 0)
