"""The interface of music players: every player does the same, with the same words."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platypush.errors import ActionFailed, BadRequest, Forbidden, NotFound, PlatypushError
from platypush.plugins.music import MusicPlugin
from tests.running.music import PLAYERS, Subject, subject
from tests.running.music_library import ALBUM, COVER, LOOSE, QUOTED, SECONDS, TRACKS, make_library
from tests.running.waiting import until

pytestmark = pytest.mark.live

FIRST, SECOND = f"{ALBUM}/01 Any Day Now.flac", f"{ALBUM}/02 Red.flac"
STATUS = {"state", "volume", "random", "repeat", "single", "consume", "playlist", "playlistlength"}
PLAYING = STATUS | {"song", "songid", "time", "elapsed", "duration"}
TRACK = {"file", "title", "artist", "album", "track", "date", "time", "duration", "pos", "id"}


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("library") / 'It\'s "music"')


@pytest.fixture(scope="module", params=PLAYERS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, music: Path) -> Iterator[Subject]:
    with subject(request.param, tmp_path_factory.mktemp(request.param), music) as made:
        yield made


@pytest.fixture
def hifi(running: Subject) -> Subject:
    running.clean()
    return running


@pytest.fixture
def player(hifi: Subject) -> MusicPlugin:
    return hifi.plugin


def titles(tracks: list[dict[str, str]]) -> list[str]:
    return [track.get("title", "") for track in tracks]


def refused(kind: type[Exception], *attempts: Callable[[], object], match: str | None = None) -> None:
    for attempt in attempts:
        with pytest.raises(kind, match=match):
            attempt()


def three(hifi: Subject) -> list[str]:
    """Three tracks are in the queue."""
    uris = [hifi.uri(name) for name in (FIRST, SECOND, QUOTED)]
    hifi.plugin.add(uris)
    return uris


def test_a_player_with_nothing_to_play_says_so(player: MusicPlugin) -> None:
    status = player.status().output
    assert status.keys() >= STATUS
    assert (status["state"], status["playlistlength"], status["volume"]) == ("stop", "0", "100")
    assert player.current_track().output == {}
    assert player.get_tracks().output == []


def test_all_of_status_and_track_are_texts(hifi: Subject) -> None:
    hifi.plugin.play(hifi.uri(FIRST))
    status, track = hifi.plugin.status().output, hifi.plugin.current_track().output
    assert status.keys() >= PLAYING
    assert track.keys() >= TRACK
    assert {type(value) for value in (*status.values(), *track.values())} == {str}
    assert (track["title"], track["artist"], track["album"]) == ("Any Day Now", "Elbow", "Asleep in the Back")
    assert (track["track"], track["date"], track["time"], track["pos"]) == ("1", "2001", str(SECONDS), "0")
    assert float(status["duration"]) == SECONDS
    assert status["time"].endswith(f":{SECONDS}")
    assert (status["song"], status["songid"]) == (track["pos"], track["id"])


def test_what_an_action_gives_is_the_status_after_it(hifi: Subject) -> None:
    three(hifi)
    player = hifi.plugin
    assert player.play().output["state"] == "play"
    assert player.next().output["song"] == "1"
    assert player.previous().output["song"] == "0"
    assert player.pause().output["state"] == "pause"
    assert player.pause().output["state"] == "play"
    assert player.play_pos("2").output["song"] == "2"
    assert player.playid(player.get_tracks().output[1]["id"]).output["song"] == "1"
    assert player.play(position=0).output["song"] == "0"
    assert player.stop().output["state"] == "stop"


def test_the_plays_with_a_condition(hifi: Subject) -> None:
    three(hifi)
    player = hifi.plugin
    assert player.play_if_paused().output["state"] == "stop"
    assert player.play_if_paused_or_stopped().output["state"] == "play"
    assert player.pause_if_playing().output["state"] == "pause"
    assert player.pause_if_playing().output["state"] == "pause"
    assert player.play_if_paused().output["state"] == "play"
    assert player.play_or_stop().output["state"] == "stop"
    assert player.play_or_stop().output["state"] == "play"


def test_a_resource_is_played_from_the_front_of_the_queue(hifi: Subject) -> None:
    hifi.plugin.add(hifi.uri(FIRST))
    status = hifi.plugin.play(hifi.uri(QUOTED)).output
    assert (status["state"], status["song"], status["playlistlength"]) == ("play", "0", "2")
    assert hifi.plugin.currentsong().output["title"] == TRACKS[QUOTED]["title"]


def test_seeking_goes_to_a_place_or_by_a_step(hifi: Subject) -> None:
    player = hifi.plugin
    player.play(hifi.uri(FIRST))
    player.pause()

    def place(response: Any) -> float:
        return round(float(response.output["elapsed"]), 1)

    assert place(player.seek(10)) == 10
    assert place(player.seek("12.5")) == 12.5
    assert place(player.seek("+5")) == 17.5
    assert place(player.seek(-2)) == 15.5
    assert place(player.seekcur("-0.5")) == 15
    assert place(player.back()) == 0
    assert place(player.forward()) == 15
    assert place(player.seek(-100)) == 0


def test_there_is_nothing_to_move_in_when_it_does_not_play(player: MusicPlugin) -> None:
    with pytest.raises(ActionFailed, match=r"(?i)play"):
        player.seek(10)


def test_the_volume_stays_between_0_and_100(player: MusicPlugin) -> None:
    assert player.set_volume(30).output["volume"] == "30"
    assert player.setvol("95").output["volume"] == "95"
    assert player.volup().output["volume"] == "100"
    assert player.voldown(25).output["volume"] == "75"
    assert player.voldown(100).output["volume"] == "0"
    assert player.volup(delta="5").output["volume"] == "5"
    for wrong in (-1, 101, "loud", "nan"):
        with pytest.raises(BadRequest, match="0 to 100"):
            player.set_volume(wrong)


@pytest.mark.parametrize("mode", ["random", "repeat", "single", "consume"])
def test_a_mode_is_switched_or_set(player: MusicPlugin, mode: str) -> None:
    switch = getattr(player, mode)
    assert switch().output[mode] == "1"
    assert switch().output[mode] == "0"
    assert switch(True).output[mode] == "1"
    assert switch(1).output[mode] == "1"
    assert switch(False).output[mode] == "0"


def test_folders_are_added_with_all_that_is_below_them(hifi: Subject) -> None:
    hifi.plugin.add(hifi.uri("Elbow"))
    hifi.plugin.add(hifi.uri(LOOSE), position=1)
    hifi.plugin.add([hifi.uri(QUOTED), hifi.uri(ALBUM)], position=0)
    assert [track["file"] for track in hifi.plugin.get_tracks().output] == [
        hifi.uri(name) for name in (QUOTED, FIRST, SECOND, FIRST, LOOSE, SECOND)
    ]


def test_of_several_resources_the_good_ones_are_added_and_the_others_reported(hifi: Subject) -> None:
    response = hifi.plugin.add([hifi.uri(FIRST), hifi.uri("no such.flac"), hifi.uri(SECOND)])
    assert response.output["playlistlength"] == "2"
    assert len(response.errors) == 1
    assert "no such" in response.errors[0] or "no%20such" in response.errors[0]


@pytest.mark.parametrize("missing", ["no such.flac", f"{ALBUM}/nothing.flac", "../etc/passwd", "東京"])
def test_what_is_not_in_the_library_cannot_be_added(hifi: Subject, missing: str) -> None:
    with pytest.raises((NotFound, BadRequest, ActionFailed)):
        hifi.plugin.add(hifi.uri(missing))
    assert hifi.plugin.get_tracks().output == []


@pytest.mark.parametrize(
    "outside",
    ["file:///etc/passwd", "/etc/passwd", "FILE:///etc/passwd", "file://localhost/etc/passwd", "file:/etc/passwd"],
)
def test_files_outside_of_the_library_cannot_be_opened(hifi: Subject, outside: str) -> None:
    with pytest.raises((Forbidden, NotFound, BadRequest)):
        hifi.plugin.add(outside)
    with pytest.raises((Forbidden, NotFound, BadRequest)):
        hifi.plugin.play(outside)
    with pytest.raises((Forbidden, NotFound, BadRequest)):
        hifi.plugin.add_to_playlist("list", outside)
    assert hifi.plugin.get_tracks().output == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8008/", "http://[::1]/a.mp3", "http://localhost/", "rtsp://192.168.1.1/x", "mms://0/"]
)
def test_streams_come_from_allowed_hosts_only(hifi: Subject, url: str) -> None:
    player = hifi.plugin
    refused(
        Forbidden,
        lambda: player.add(url),
        lambda: player.play(url),
        lambda: player.load(url),
        lambda: player.add_to_playlist("list", url),
        lambda: player.get_playlist(url),
        lambda: player.browse(url),
        lambda: player.album_art(url),
        match="allowed_hosts",
    )


@pytest.mark.parametrize("text", ["", "  ", "a\nkill", "a\rb", "a\0b", "x" * 5000])
def test_rubbish_is_refused_with_words(hifi: Subject, text: str) -> None:
    player = hifi.plugin
    refused(
        BadRequest,
        lambda: player.add(text),
        lambda: player.play(text),
        lambda: player.load(text),
        lambda: player.save(text),
        lambda: player.add_to_playlist(text, hifi.uri(FIRST)),
    )
    assert player.status().output["state"] == "stop"


def test_numbers_that_are_none_are_refused_with_words(hifi: Subject) -> None:
    three(hifi)
    player = hifi.plugin
    refused(
        BadRequest,
        lambda: player.play_pos("one"),
        lambda: player.play_pos(-1),
        lambda: player.play_pos(99),
        lambda: player.delete([99]),
        lambda: player.delete("x"),
        lambda: player.move(0, 99),
        lambda: player.move(99, 0),
        lambda: player.get_tracks(limit=-1),
        lambda: player.add(hifi.uri(FIRST), position=99),
    )
    with pytest.raises((NotFound, BadRequest)):
        player.playid(123456)
    with pytest.raises(BadRequest, match="number of seconds"):
        player.seek("soon")
    assert len(player.get_tracks().output) == 3


def test_the_queue_can_be_rearranged(hifi: Subject) -> None:
    three(hifi)
    player = hifi.plugin
    first, second, third = titles(player.get_tracks().output)
    player.move(0, 2)
    assert titles(player.playlistinfo().output) == [second, third, first]
    player.move("2", "0")
    assert titles(player.get_tracks().output) == [first, second, third]
    assert titles(player.delete([0, 2]).output) == [second]
    assert player.clear().output["playlistlength"] == "0"


def test_shuffling_keeps_the_tracks(hifi: Subject) -> None:
    hifi.plugin.add([hifi.uri(FIRST)] * 20 + [hifi.uri(SECOND)] * 20)
    before = [track["id"] for track in hifi.plugin.get_tracks().output]
    hifi.plugin.shuffle()
    after = [track["id"] for track in hifi.plugin.get_tracks().output]
    assert sorted(after) == sorted(before)
    assert after != before


def test_a_queue_of_10000_tracks_comes_in_pages(hifi: Subject) -> None:
    player = hifi.plugin
    for _ in range(20):
        player.add([hifi.shelf(0, FIRST)] * 500)
    assert player.status().output["playlistlength"] == "10000"
    page = player.get_tracks(offset=9990, limit=50).output
    assert [track["pos"] for track in page] == [str(number) for number in range(9990, 10000)]
    assert [track["pos"] for track in player.get_tracks(5000, 2).output] == ["5000", "5001"]
    assert player.get_tracks(offset=10000).output == []
    assert player.get_tracks(limit=0).output == []
    started = time.monotonic()
    assert len(player.get_tracks().output) == 10000
    assert time.monotonic() - started < 10
    assert len(player.delete(list(range(9000))).output) == 1000
    hifi.quiet()


def test_the_library_can_be_walked_from_the_top(hifi: Subject) -> None:
    waiting: list[str | None] = [None]
    files, names = set(), set()
    while waiting:
        for entry in hifi.plugin.browse(waiting.pop()).output:
            names.add(entry["name"])
            if "directory" in entry:
                waiting.append(entry["directory"])
            elif "file" in entry:
                files.add(entry["file"])
    assert files >= {hifi.uri(name) for name in TRACKS}
    assert names >= {"Elbow", "Asleep in the Back", "Björk + 東京", "loose.flac"}


def test_a_folder_lists_folders_first(hifi: Subject) -> None:
    top = None if hifi.kind == "mpd" else hifi.uri("").removesuffix("/")
    kinds = ["directory" in entry for entry in hifi.plugin.lsinfo(top).output]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {True, False}


def test_searching_finds_parts_and_finding_the_whole(hifi: Subject) -> None:
    player = hifi.plugin
    assert titles(player.search("ELBOW").output) == ["Any Day Now", "Red"]
    assert titles(player.search({"artist": "elb", "title": "day"}).output) == ["Any Day Now"]
    assert titles(player.search(filter=["album", "homogenic"]).output) == [TRACKS[QUOTED]["title"]]
    assert titles(player.search("東京").output) == [TRACKS[QUOTED]["title"]]
    assert titles(player.search({"title": '"it\'s"'}).output) == [TRACKS[QUOTED]["title"]]
    assert titles(player.find({"artist": "Elbow", "title": "Red"}).output) == ["Red"]
    assert player.find({"artist": "Elb"}).output == []
    assert titles(player.search("elbow", offset=1, limit=1).output) == ["Red"]
    assert player.search("elbow", limit=0).output == []
    assert player.search("nobody sings this").output == []


@pytest.mark.parametrize(
    "query", [None, "", "   ", {}, {"artist": ""}, ["artist"], {"artist": None}, {"shoe size": "9"}]
)
def test_a_search_for_nothing_is_refused_with_words(player: MusicPlugin, query: Any) -> None:
    with pytest.raises(BadRequest):
        player.search(query)


def test_what_is_found_can_be_added(hifi: Subject) -> None:
    assert hifi.plugin.searchadd({"artist": "elbow"}).output["playlistlength"] == "2"
    assert hifi.plugin.findadd({"title": "Red"}).output["playlistlength"] == "3"
    assert hifi.plugin.findadd({"title": "No such title"}).output["playlistlength"] == "3"


def test_a_queue_is_stored_as_a_playlist_and_loaded_again(hifi: Subject) -> None:
    uris = three(hifi)
    player, name = hifi.plugin, 'It\'s "mine" 東京 & 100%'
    player.save(name)
    [entry] = player.get_playlists().output
    assert (entry["playlist"], entry["name"]) == (name, name)
    assert player.listplaylists().output == [entry]
    assert player.get_playlist(name).output == player.listplaylist(name).output == uris
    assert player.get_playlist(name, offset=1, limit=1).output == uris[1:2]
    assert titles(player.get_playlist(name, with_tracks=True).output)[:2] == ["Any Day Now", "Red"]
    assert [track["file"] for track in player.listplaylistinfo(name).output] == uris
    player.clear()
    assert player.load(name, play=False).output["state"] == "stop"
    assert [track["file"] for track in player.get_tracks().output] == uris
    status = player.load(name).output
    assert (status["state"], status["playlistlength"]) == ("play", "6")
    assert player.searchaddplaylist("MINE").output == {"playlist": name}
    assert player.status().output["playlistlength"] == "3"
    assert player.searchaddplaylist("nothing like it").output is None


def test_a_playlist_is_not_overwritten_unasked(hifi: Subject) -> None:
    uris = three(hifi)
    hifi.plugin.save("mine")
    hifi.plugin.delete(0)
    with pytest.raises(PlatypushError, match=r"(?i)exist|already") as caught:
        hifi.plugin.save("mine")
    assert caught.value.http_status == 409
    assert hifi.plugin.get_playlist("mine").output == uris
    hifi.plugin.save("mine", replace=True)
    hifi.plugin.save("new", replace=True)
    assert hifi.plugin.get_playlist("mine").output == hifi.plugin.get_playlist("new").output == uris[1:]


def test_a_playlist_can_be_edited(hifi: Subject) -> None:
    player = hifi.plugin
    one, two, three = (hifi.uri(name) for name in (FIRST, SECOND, QUOTED))
    player.add_to_playlist("mine", one)
    player.add_to_playlist("mine", [two, three])
    player.playlistadd("mine", one)
    player.playlist_move("mine", 0, 2)
    assert player.get_playlist("mine").output == [two, three, one, one]
    player.playlistmove("mine", 2, 0)
    player.remove_from_playlist("mine", [1, "3"])
    assert player.get_playlist("mine").output == [one, three]
    player.playlistdelete("mine", 0)
    player.rename("mine", "yours")
    assert player.get_playlist("yours").output == [three]
    player.playlistclear("yours")
    assert player.get_playlist("yours").output == []
    player.add_to_playlist("mine", one)
    with pytest.raises(PlatypushError) as caught:
        player.rename("mine", "yours")
    assert caught.value.http_status == 409
    refused(
        BadRequest,
        lambda: player.remove_from_playlist("mine", 9),
        lambda: player.playlist_move("mine", 9, 0),
        lambda: player.playlist_move("mine", 0, 9),
    )
    player.delete_playlist(["mine", "yours"])
    assert player.get_playlists().output == []


def test_a_playlist_that_is_not_there_is_named(player: MusicPlugin) -> None:
    refused(
        NotFound,
        lambda: player.load("nothing"),
        lambda: player.rm("nothing"),
        lambda: player.rename("nothing", "other"),
        lambda: player.get_playlist("nothing"),
    )


def test_the_cover_of_an_album_is_given_with_its_type(hifi: Subject, music: Path) -> None:
    cover = (music / COVER).read_bytes()
    player, resource = hifi.plugin, hifi.shelf(0, FIRST)
    art = player.album_art(resource).output
    assert (art["file"], art["type"], art["size"]) == (resource, "image/jpeg", len(cover))
    assert base64.b64decode(art["data"]) == cover
    player.play(resource)
    assert player.album_art().output == art
    other = hifi.uri(LOOSE)
    assert player.get_images([resource, other]).output == {resource: art, other: None}
    with pytest.raises(BadRequest, match="50"):
        player.get_images([resource] * 51)
    player.stop()
    player.clear()
    with pytest.raises(NotFound, match="current track"):
        player.album_art()


def test_everything_that_happens_is_an_event(hifi: Subject) -> None:
    player = hifi.plugin
    three(hifi)
    assert hifi.heard("PlaylistChangeEvent").changes is None
    player.play()
    event = hifi.heard("NewPlayingTrackEvent")
    assert (event.plugin_name, event.track["title"]) == (player.name, "Any Day Now")
    assert (event.status["state"], event.status["song"]) == ("play", "0")
    assert hifi.heard("MusicPlayEvent").track["artist"] == "Elbow"
    player.next()
    until(lambda: hifi.recorder.names().count("NewPlayingTrackEvent") == 2)
    assert hifi.heard("NewPlayingTrackEvent").track["title"] == "Red"
    player.seek(20)
    assert 20 <= hifi.heard("SeekChangeEvent").position < 22
    player.pause()
    assert hifi.heard("MusicPauseEvent").status["state"] == "pause"
    player.pause()
    until(lambda: hifi.recorder.names().count("MusicPlayEvent") == 2)
    player.set_volume(40)
    assert hifi.heard("VolumeChangeEvent").volume == 40
    player.stop()
    assert hifi.heard("MusicStopEvent").status["state"] == "stop"
    for mode in ("random", "repeat", "single", "consume"):
        for state in (True, False):
            hifi.recorder.events.clear()
            getattr(player, mode)(state)
            assert hifi.heard(f"Playback{mode.capitalize()}ModeChangeEvent").state is state


def test_nothing_is_an_event_that_did_not_happen(hifi: Subject) -> None:
    three(hifi)
    hifi.plugin.play()
    hifi.heard("NewPlayingTrackEvent")
    hifi.plugin.move(2, 1)
    hifi.plugin.set_volume(50)
    hifi.heard("VolumeChangeEvent")
    hifi.plugin.pause()
    hifi.plugin.pause()
    hifi.plugin.stop()
    hifi.heard("MusicStopEvent")
    names = hifi.recorder.names()
    assert names.count("NewPlayingTrackEvent") == 1
    assert "SeekChangeEvent" not in names
    assert names.count("VolumeChangeEvent") == 1


def test_the_next_track_begins_by_itself(hifi: Subject) -> None:
    three(hifi)
    hifi.plugin.play()
    hifi.heard("NewPlayingTrackEvent")
    hifi.plugin.seek(SECONDS - 1)
    until(lambda: hifi.recorder.names().count("NewPlayingTrackEvent") == 2)
    assert hifi.plugin.status().output["song"] == "1"


def test_many_threads_may_use_it_at_once(hifi: Subject) -> None:
    three(hifi)
    failures: list[BaseException] = []

    def use(number: int) -> None:
        try:
            for _ in range(10):
                assert hifi.plugin.status().output["playlistlength"] == "3"
                hifi.plugin.set_volume(number)
                assert len(hifi.plugin.get_tracks().output) == 3
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
