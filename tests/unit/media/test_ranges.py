"""Which part of a file a request gets. nginx's answers are compared with these in tests/nginx/test_media.py."""

from __future__ import annotations

import pytest

from platypush.backend.http.app.media.ranges import Selection, Version, is_plain, select

VERSION = Version(100, 1_700_000_000)
TAG = '"6553f100-64"'
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
WHOLE = Selection(200, 0, 100)


def chosen(**headers: str) -> Selection:
    return chosen_of(VERSION, "GET", headers)


def chosen_of(version: Version, method: str, headers: dict[str, str]) -> Selection:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return select(named.get, version, method=method)


def test_a_version_is_named_as_nginx_names_it() -> None:
    assert f'"{VERSION.etag}"' == TAG
    assert VERSION.last_modified == DATE


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("bytes=0-9", Selection(206, 0, 10)),
        ("bytes=0-0", Selection(206, 0, 1)),
        ("bytes=90-", Selection(206, 90, 10)),
        ("bytes=-5", Selection(206, 95, 5)),
        ("bytes=-500", Selection(206, 0, 100)),
        ("bytes=50-1000", Selection(206, 50, 50)),
        ("bytes=99-99", Selection(206, 99, 1)),
        ("bytes = 0-9 ", Selection(206, 0, 10)),
        ("BYTES=0-9,", Selection(206, 0, 10)),
        ("bytes=000000000000000000000000000000-00000000000000000000000000000009", Selection(206, 0, 10)),
        ("bytes=0-" + "9" * 5000, Selection(206, 0, 100)),
        ("bytes=-" + "9" * 5000, Selection(206, 0, 100)),
        ("bytes=100-", Selection(416)),
        ("bytes=100-200", Selection(416)),
        ("bytes=-0", Selection(416)),
        ("bytes=" + "9" * 5000 + "-", Selection(416)),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=9-1", WHOLE),
        ("bytes=x-y", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=", WHOLE),
        ("bytes", WHOLE),
        ("", WHOLE),
        ("items=0-1", WHOLE),
        ("bytes=+1-2", WHOLE),
        ("bytes=1-2-3", WHOLE),
        ("bytes=--5", WHOLE),
    ],
)
def test_one_range_gives_a_part_and_whatever_is_none_the_whole(wanted: str, expected: Selection) -> None:
    assert chosen(Range=wanted) == expected


def test_of_an_empty_file_there_is_no_part() -> None:
    empty = Version(0, 1)
    assert chosen_of(empty, "GET", {}) == Selection(200, 0, 0)
    for wanted in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        assert chosen_of(empty, "GET", {"Range": wanted}) == Selection(416)


def test_ranges_are_for_get_alone() -> None:
    assert chosen_of(VERSION, "HEAD", {"Range": "bytes=0-9"}) == WHOLE


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (TAG, True),
        (f" {TAG} ", True),
        (f"W/{TAG}", False),
        ('"other"', False),
        (DATE, True),
        ("Tue, 14 Nov 2023 22:13:21 GMT", False),
        ("Tue, 14 Nov 2023 22:13:19 GMT", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_a_range_counts_only_while_the_file_is_the_same(condition: str, holds: bool) -> None:
    assert chosen(Range="bytes=0-9", If_Range=condition) == (Selection(206, 0, 10) if holds else WHOLE)
    assert chosen(Range="bytes=100-", If_Range=condition) == (Selection(416) if holds else WHOLE)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": TAG}, 304),
        ({"If_None_Match": f"W/{TAG}"}, 304),
        ({"If_None_Match": f'"a", {TAG}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"a"'}, 200),
        ({"If_None_Match": '"a"', "If_Modified_Since": DATE}, 200),
        ({"If_Modified_Since": DATE}, 304),
        ({"If_Modified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200),
        ({"If_Modified_Since": "nonsense"}, 200),
        ({"If_Match": TAG}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": f"W/{TAG}"}, 412),
        ({"If_Match": '"a"', "If_None_Match": TAG}, 412),
        ({"If_Unmodified_Since": DATE}, 200),
        ({"If_Unmodified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 412),
        ({"If_Match": TAG, "If_Unmodified_Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200),
        ({"If_None_Match": TAG, "Range": "bytes=100-"}, 304),
    ],
)
def test_conditions_are_looked_at_in_their_order_and_before_ranges(headers: dict[str, str], status: int) -> None:
    assert chosen(**headers).status == status
    assert chosen_of(VERSION, "HEAD", headers).status == status


def test_a_part_says_which_it_is() -> None:
    assert Selection(206, 95, 5).content_range(100) == "bytes 95-99/100"


@pytest.mark.parametrize(
    ("wanted", "plain"),
    [
        ("bytes=0-9", True),
        ("bytes=5-", True),
        ("bytes=-5", True),
        ("bytes=0-1,2-3", False),
        ("bytes= 0-9", False),
        ("bytes=0-" + "9" * 19, False),
        ("", False),
    ],
)
def test_ranges_that_every_server_understands_are_known(wanted: str, plain: bool) -> None:
    assert is_plain(wanted) is plain
