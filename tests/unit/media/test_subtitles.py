"""SubRip as it is found in the world, made into WebVTT."""

from __future__ import annotations

import pytest

from platypush.errors import BadRequest
from platypush.media.subtitles import LARGEST, to_webvtt

ONE = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:01:02,003 --> 01:00:00,000\nWorld\nagain\n"
ONE_AS_VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n\n00:01:02.003 --> 01:00:00.000\nWorld\nagain\n"


def converted(text: str) -> str:
    return to_webvtt(text.encode()).decode()


def cue(text: str) -> str:
    """What becomes of the text of one cue."""
    return converted(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n").split("\n", 3)[3].rstrip("\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_line_ends_and_usual_encodings_are_read(line_end: str, encoding: str) -> None:
    assert to_webvtt(ONE.replace("\n", line_end).encode(encoding)).decode() == ONE_AS_VTT


def test_letters_beyond_ascii_survive_in_every_encoding() -> None:
    text = ONE.replace("Hello", "Grüße, où, «ça» €")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert "Grüße, où, «ça» €" in to_webvtt(text.encode(encoding)).decode(), encoding


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("00:00:01,000 --> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01.000 --> 00:00:02.000", "00:00:01.000 --> 00:00:02.000"),
        ("0:0:1,5-->0:0:2", "00:00:01.500 --> 00:00:02.000"),
        ("00:01,250 --> 00:02,75", "00:00:01.250 --> 00:00:02.750"),
        ("100:00:01,000 --> 100:00:02,000", "100:00:01.000 --> 100:00:02.000"),
        ("00:00:01,000 --> 00:00:02,000  X1:100 X2:200 Y1:10 Y2:20", "00:00:01.000 --> 00:00:02.000"),
        ("  00:00:01,000   -->   00:00:02,000  ", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01,0009 --> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
    ],
)
def test_times_are_read_as_people_write_them(times: str, expected: str) -> None:
    assert converted(f"1\n{times}\nx\n").split("\n")[2] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<i>soft</i> and <B>loud</B> and <u>low</u>", "<i>soft</i> and <b>loud</b> and <u>low</u>"),
        ('<font color="#ff0000">red</font>', "red"),
        ("{\\an2}below {\\i1}x{\\i0}", "below x"),
        ("{i}slanted{/i}", "slanted"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("AT&amp;T &lt;3 &nbsp;", "AT&amp;T &lt;3 &nbsp;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<i onclick='x'>y</i>", "<i>y</i>"),
        ("x --> y", "x --&gt; y"),
        ("<", "&lt;"),
        ("- One\n- Two", "- One\n- Two"),
        ("42", "42"),
    ],
)
def test_tags_that_webvtt_knows_stay_and_the_rest_stands_for_itself(text: str, expected: str) -> None:
    assert cue(text) == expected


def test_what_belongs_to_the_top_is_shown_there() -> None:
    assert "00:00:01.000 --> 00:00:02.000 line:5%\nup" in converted("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}up\n")


@pytest.mark.parametrize(
    "broken",
    [
        "2\nno times at all\nLost",
        "2\n00:00:99,000 --> 00:01:00,000\nLost",
        "2\n00:61:00,000 --> 01:61:00,000\nLost",
        "2\n00:00:05,000 --> 00:00:04,000\nLost",
        "2\n00:00:05,000 -> 00:00:06,000\nLost",
        "2\n00:00:05,000 -->\nLost",
        "2\n00:00:05,000 --> 00:00:06,000",
        "2\n00:00:05,000 --> 00:00:06,000\n{\\an8}",
        "Lost",
    ],
)
def test_a_broken_block_is_left_out_and_its_neighbours_stay(broken: str) -> None:
    text = converted(ONE.replace("\n\n2\n", f"\n\n{broken}\n\n3\n"))
    assert text == ONE_AS_VTT


def test_blocks_without_a_line_between_them_or_without_numbers_are_told_apart() -> None:
    assert converted(ONE.replace("\n\n2\n", "\n2\n")) == ONE_AS_VTT
    assert converted(ONE.replace("\n\n2\n", "\n\n")) == ONE_AS_VTT
    assert converted(ONE.replace("\n\n", "\n \n\t\n\n")) == ONE_AS_VTT
    assert converted(f"\n\n\n{ONE}\n\n\n") == ONE_AS_VTT


def test_webvtt_stays_as_it_is_but_for_its_encoding() -> None:
    text = "WEBVTT - a title\n\nNOTE hi\n\nid\n00:01.000 --> 00:02.000 align:start\n<v Bob>Hi &amp; bye\n"
    assert converted(text) == text
    assert to_webvtt(text.encode("utf-8-sig")).decode() == text
    assert to_webvtt(text.replace("\n", "\r\n").encode("utf-16")).decode() == text


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"Hello\n", b"\0" * 50, b"\xff\xfe", b"WEBVTTX\n", bytes(range(256)) * 9]
)
def test_what_has_no_subtitles_in_it_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest, match="no subtitles"):
        to_webvtt(data)


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(BadRequest, match="the limit"):
        to_webvtt(b"x" * (LARGEST + 1))


@pytest.mark.parametrize("piece", ["<", "{\\", "&", "<i", "1\n", "x \n", "00:", "1 --> ", "a" * 99])
def test_a_text_made_to_waste_time_is_read_before_the_tests_time_is_over(piece: str) -> None:
    long = piece * (LARGEST // len(piece) // 2)
    assert converted(f"1\n00:00:01,000 --> 00:00:02,000\n.{long}\n").startswith("WEBVTT\n\n00:00:01.000 -->")
