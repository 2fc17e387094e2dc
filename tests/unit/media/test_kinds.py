"""What a medium is."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from platypush.errors import BadRequest, Unavailable
from platypush.media import kinds
from platypush.media.kinds import ending, is_media, is_media_name, kind_by_name, kind_of

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (PNG, "a.txt", "image/png"),
        (MP4, "a", "video/mp4"),
        (b"ID3\4\0\0\0\0\0\0", "a.mp3", "audio/mpeg"),
        (b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead\1\2\0\0\0\0\0\0\0\0\0", "a.bin", "audio/ogg"),
        (
            b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm",
            "a",
            "video/webm",
        ),
        (b"\1\2\3\4" * 9, "b.MP3", "audio/mpeg"),
        (b"\1\2\3\4" * 9, "b.mkv", "video/x-matroska"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "c.svg", "image/svg+xml"),
    ],
)
def test_the_first_bytes_decide_and_the_name_only_where_they_say_nothing(head: bytes, name: str, kind: str) -> None:
    assert kind_of(head, name) == kind


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"root:x:0:0:root:/root:/bin/bash\n", "passwd.mp4"),
        (b"<html><body>x</body></html>", "a.mp4"),
        (b"%PDF-1.7\n", "a.jpg"),
        (b"\1\2\3\4" * 9, "a.bin"),
        (b"\1\2\3\4" * 9, "key"),
        (b"", "empty.mp4"),
    ],
)
def test_what_is_no_medium_is_refused_whatever_it_is_called(head: bytes, name: str) -> None:
    with pytest.raises(BadRequest, match="no medium"):
        kind_of(head, name)


def test_without_libmagic_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError("failed to find libmagic.  Check your installation")

    monkeypatch.setattr(kinds, "import_module", absent)
    with pytest.raises(Unavailable, match=r"pip install 'platypush\[media\]', and on Debian: apt install libmagic1"):
        kind_of(PNG, "a.png")
    assert importlib.import_module("magic")


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("a.mp4", "video/mp4", ".mp4"),
        ("A.MKV", "video/x-matroska", ".mkv"),
        ("a", "video/webm", ".webm"),
        ("a.x/y", "audio/mpeg", ".mp2"),
        ("a.txt", "image/png", ".png"),
        ("a.tar.gz", "image/gif", ".gif"),
        ("a", "video/x-unheard-of", ""),
    ],
)
def test_an_address_ends_as_players_expect(name: str, kind: str, expected: str) -> None:
    assert ending(name, kind) == expected


def test_types_and_names_of_media_are_known() -> None:
    assert is_media("video/mp4")
    for kind in ("text/plain", "video", "video/", "video/x\r\ny", "videos/mp4", "VIDEO/MP4", ""):
        assert not is_media(kind)
    assert is_media_name("a.b.Mp4")
    assert not is_media_name("mp4.txt")
    assert kind_by_name("a.txt") is None
    assert kind_by_name("a") is None
