"""What players answer, in the one shape."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest
from platypush.plugins.music.mopidy import _shape as mopidy
from platypush.plugins.music.mpd import _shape as mpd

TRACK = {
    "uri": "local:track:a",
    "name": "Red",
    "artists": [{"name": "Guy"}, {"name": "Elbow"}, {}],
    "album": {"name": "Asleep", "artists": [{"name": "Elbow"}], "date": "2001", "uri": "local:album:1"},
    "length": 61500,
    "track_no": 2,
    "comment": "",
}


def test_a_track_of_mopidy_looks_like_one_of_mpd() -> None:
    assert mopidy.track(TRACK) == {
        "file": "local:track:a",
        "title": "Red",
        "artist": "Elbow, Guy",
        "album": "Asleep",
        "albumartist": "Elbow",
        "date": "2001",
        "track": "2",
        "time": "62",
        "duration": "61.500",
        "x-albumuri": "local:album:1",
    }
    assert mopidy.track({"uri": "x:y"}) == {"file": "x:y"}


def answers(**changed: Any) -> dict[str, Any]:
    base: dict[str, Any] = dict.fromkeys(mopidy.STATUS)
    return {**base, **{f"core.{key.replace('__', '.')}": value for key, value in changed.items()}}


def test_a_mopidy_without_mixer_and_tracks_has_a_status_too() -> None:
    status, track = mopidy.status(answers(tracklist__get_version=3, tracklist__get_length=0))
    assert status == {
        "state": "stop",
        "random": "0",
        "repeat": "0",
        "single": "0",
        "consume": "0",
        "playlist": "3",
        "playlistlength": "0",
    }
    assert track == {}


def test_a_station_without_length_plays_its_stream_title() -> None:
    status, track = mopidy.status(
        answers(
            playback__get_state="playing",
            playback__get_time_position=12345,
            playback__get_current_tl_track={"tlid": 4, "track": {"uri": "http://radio/x", "name": "Radio"}},
            playback__get_stream_title="Elbow - Red",
            tracklist__get_random=True,
            mixer__get_mute=True,
        )
    )
    assert (status["time"], status["elapsed"], status["songid"], status["random"], status["mute"]) == (
        "12:0",
        "12.345",
        "4",
        "1",
        "1",
    )
    assert not {"song", "duration"} & status.keys()
    assert track == {"file": "http://radio/x", "title": "Elbow - Red", "id": "4"}


def test_fields_of_a_search_have_mopidys_names() -> None:
    assert mopidy.query((("title", "a"), ("title", "b"), ("track", "1"))) == {
        "track_name": ["a", "b"],
        "track_no": ["1"],
    }
    with pytest.raises(BadRequest, match=r"'mood'.*albumartist"):
        mopidy.query((("mood", "good"),))


def test_folders_come_first_and_have_names() -> None:
    references = [
        {"type": "track", "uri": "x:1", "name": "One"},
        {"type": "playlist", "uri": "m3u:a"},
        {"type": "album", "uri": "x:2", "name": "Two"},
    ]
    assert mopidy.entries(references) == [
        {"directory": "x:2", "name": "Two"},
        {"playlist": "m3u:a", "name": "m3u:a"},
        {"file": "x:1", "name": "One"},
    ]
    items = [{"file": "a/b.flac"}, {"file": "a/c.flac", "title": "C"}, {"directory": "a/d"}, {"playlist": "e.m3u"}]
    assert [entry["name"] for entry in mpd.entries(items)] == ["d", "e.m3u", "b.flac", "C"]


def test_tags_that_a_track_has_twice_are_one_text() -> None:
    assert mpd.texts({"artist": ["A", "B"], "track": 1}) == {"artist": "A, B", "track": "1"}
