"""Music players that go away and come back, that answer no more, or that were never there."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.errors import Unavailable
from platypush.plugins.music import MusicPlugin
from platypush.plugins.music.mopidy import MusicMopidyPlugin
from platypush.plugins.music.mpd import MusicMpdPlugin
from tests.running.music import PLAYERS, leaves_nothing, subject
from tests.running.music_library import ALBUM, make_library
from tests.running.waiting import until

pytestmark = pytest.mark.live

FIRST, SECOND = f"{ALBUM}/01 Any Day Now.flac", f"{ALBUM}/02 Red.flac"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("library") / "music")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the hub's own code and its libraries have logged."""
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("kind", PLAYERS)
def test_a_player_that_is_killed_while_it_plays_is_used_again_when_it_is_back(
    kind: str, tmp_path: Path, music: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with leaves_nothing(), subject(kind, tmp_path / kind, music) as hifi:
        player = hifi.plugin
        player.play(hifi.uri(FIRST))
        hifi.heard("NewPlayingTrackEvent")
        assert lines(caplog) == []
        hifi.server.kill()
        until(lambda: player.failure)
        for attempt in (player.status, player.play, player.get_tracks, lambda: player.add(hifi.uri(FIRST))):
            started = time.monotonic()
            with pytest.raises(Unavailable, match=rf"{hifi.server.port}.*refused"):
                attempt()
            assert time.monotonic() - started < 5
        assert not player.wait_stop(4)
        hifi.server.stop()
        hifi.server.start()
        started = time.monotonic()
        assert player.status().output["state"] in ("stop", "play", "pause")
        took = until(lambda: player.failure is None)
        print(f"{kind}: actions after {time.monotonic() - started - took:.2f} s, events after {took:.2f} s")
        hifi.recorder.events.clear()
        player.clear()
        player.play(hifi.uri(SECOND))
        assert hifi.heard("NewPlayingTrackEvent").track["title"] == "Red"
        gone, back = lines(caplog)
        assert gone.startswith(f"{player.name} is away: ")
        assert back.startswith(f"{player.name} is back after ")
        assert not player.wait_stop(0.5)
        started = time.monotonic()
        player.on_stop()
        assert time.monotonic() - started < 1
        assert len(lines(caplog)) == 2


@pytest.mark.parametrize("kind", PLAYERS)
def test_a_player_that_answers_no_more_is_noticed(
    kind: str, tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mpd._listener._PROOF", "mopidy._listener._PROOF", "mopidy._listener._PATIENCE"):
        monkeypatch.setattr(f"platypush.plugins.music.{name}", 2.0)
    with leaves_nothing(), subject(kind, tmp_path / kind, music, timeout=1) as hifi:
        player = hifi.plugin
        player.status()
        hifi.server.freeze(True)
        try:
            started = time.monotonic()
            with pytest.raises(Unavailable, match=r"did not answer within 1 s\.$"):
                player.status()
            with pytest.raises(
                Unavailable, match=r"did not answer within 1 s: what it was told may have happened|cannot be reached"
            ):
                player.stop()
            assert time.monotonic() - started < 5
            until(lambda: player.failure, seconds=30)
            started = time.monotonic()
            player.on_stop()
            assert time.monotonic() - started < 2
        finally:
            hifi.server.freeze(False)


@contextlib.contextmanager
def silent_port(*, accepts: bool) -> Iterator[int]:
    """A port of loopback where nothing is ever said; without ``accepts`` connections do not even come about."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64 if accepts else 0))
        for _ in range(0 if accepts else 4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("cls", [MusicMpdPlugin, MusicMopidyPlugin])
def test_it_stops_at_once_while_it_connects_to_nobody(cls: type[MusicPlugin], accepts: bool) -> None:
    with leaves_nothing(), silent_port(accepts=accepts) as port:
        plugin = cls(host="127.0.0.1", port=port, timeout=3)
        plugin.on_start()
        started = time.monotonic()
        with pytest.raises(Unavailable, match=f"{port}"):
            plugin.status()
        assert 2 < time.monotonic() - started < 5
        started = time.monotonic()
        plugin.on_stop()
        assert time.monotonic() - started < 2
