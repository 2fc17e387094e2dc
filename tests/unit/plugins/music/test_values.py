"""Arguments of the actions of music players."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest, Forbidden
from platypush.plugins.music._pictures import image_type
from platypush.plugins.music._resources import Resources, parse
from platypush.plugins.music._values import percent, pieces, place, terms, whole, wholes, with_stream_title


def test_numbers_may_be_texts() -> None:
    assert (whole("7", "x"), whole(7, "x"), percent("49.6"), wholes(["3", 1, 1], "x")) == (7, 7, 50, [1, 3])
    for wrong in ("", "seven", "-1", -1, 2**40):
        with pytest.raises(BadRequest, match="pos has to be"):
            whole(wrong, "pos")
    with pytest.raises(BadRequest, match="positions is empty"):
        wholes([], "positions")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(90, (90, False)), ("1.5", (1.5, False)), ("+15", (15, True)), ("-15", (-15, True)), (-3, (-3, True))],
)
def test_a_sign_makes_a_step(value: Any, expected: tuple[float, bool]) -> None:
    assert place(value) == expected


@pytest.mark.parametrize("value", ["", "inf", "nan", "1:30", 1e12])
def test_what_is_no_place_is_refused(value: Any) -> None:
    with pytest.raises(BadRequest):
        place(value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("elbow", (("any", "elbow"),)),
        ({"Artist": "Elbow", "track": 1}, (("artist", "Elbow"), ("track", "1"))),
        ({"artist": ["a", "b"], "title": " "}, (("artist", "a"), ("artist", "b"))),
        (["artist", "Elbow", "album", "IV"], (("artist", "Elbow"), ("album", "IV"))),
    ],
)
def test_a_search_is_pairs(query: Any, expected: Any) -> None:
    assert terms(query) == expected


def test_one_or_several() -> None:
    assert (pieces("a", "x"), pieces(["a", "b"], "x")) == (["a"], ["a", "b"])
    for wrong in ([], "", ["a", " "]):
        with pytest.raises(BadRequest, match="x is empty"):
            pieces(wrong, "x")


def test_a_station_says_artist_and_title_in_one() -> None:
    station = {"file": "https://radio.example/a.mp3", "title": "Elbow - Red - live", "artist": "Radio"}
    assert with_stream_title(station) == {**station, "artist": "Elbow", "title": "Red - live"}
    assert with_stream_title({"file": "a.mp3", "title": "Elbow - Red"})["artist"] == "Elbow"
    for kept in ({"file": "a.mp3", "title": "A - B", "artist": "C"}, {"file": "http://x/y", "title": "News"}, {}):
        assert with_stream_title(kept) == kept


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xd8\xff\xe0..", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM....", "image/bmp"),
        (b"<svg onload=alert(1)>", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_an_image_is_what_begins_like_one(data: bytes, expected: str | None) -> None:
    assert image_type(data) == expected


def test_pages_of_spotify_become_uris() -> None:
    assert parse("https://open.spotify.com/track/7CO5?si=1") == "spotify:track:7CO5"
    assert parse("https://open.spotify.com/intl-de/album/6q5K") == "spotify:album:6q5K"
    assert parse("Elbow/Red.flac") == "Elbow/Red.flac"


@pytest.mark.parametrize(
    "uri", ["Elbow/It's.flac", "spotify:track:1", "m3u:Mine.m3u8", "cdda:///dev/sr0", "a: b/c", "local:track:a//b"]
)
def test_what_is_the_players_own_is_open(uri: str) -> None:
    assert Resources(["nowhere.example"], owner="music.test").check(uri) == uri


def test_streams_are_checked_by_host_and_port() -> None:
    resources = Resources(["radio.invalid:8000", "127.0.0.0/8"], owner="music.test")
    for good in ("http://radio.invalid:8000/a.mp3", "rtsp://127.1.2.3/x", "http://localhost/"):
        assert resources.check(good) == good
    for bad in ("http://8.8.8.8/", "https://[2001:4860:4860::8888]/"):
        with pytest.raises(Forbidden, match="allowed_hosts in the section"):
            resources.check(bad)
    for wrong in (
        "http://radio.invalid/",
        "http:///x",
        "http://[::1/",
        "http://host:99999/",
        "http://no.such.invalid/",
    ):
        with pytest.raises(BadRequest):
            resources.check(wrong)
    assert Resources(None, owner="x").check("http://8.8.8.8/a.mp3")


def test_files_are_checked_by_folder() -> None:
    resources = Resources(None, ["/srv/music", "/mnt/it's"], owner="music.test")
    for good in ("/srv/music/a.flac", "file:///srv/music/a%20b.flac", "/mnt/it's/x", "file:///srv/music"):
        assert resources.check(good) == good
    for bad in ("/srv/musical/a", "/srv/music/../x", "file:///srv/music/%2e%2e/x", "file:/etc/passwd", "/", "//etc"):
        with pytest.raises(Forbidden, match="media_dirs"):
            resources.check(bad)
    assert Resources(None, None, owner="x").check("file:///anything") == "file:///anything"
