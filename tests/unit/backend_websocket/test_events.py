"""Which events a client gets, and in which bytes."""

from __future__ import annotations

import json

import pytest

from platypush.backend.http.websocket_events import View, event_frame, patterns_of_query, read_patterns
from platypush.errors import BadRequest
from platypush.message.event.custom import CustomEvent

CUSTOM = "platypush.message.event.custom.CustomEvent"


@pytest.mark.parametrize(
    ("patterns", "scopes", "wanted"),
    [
        (None, None, True),
        (("custom.*",), None, True),
        ((CUSTOM,), None, True),
        (("platypush.message.event.*",), None, True),
        (("light.*", "custom.CustomEvent"), None, True),
        (("light.*",), None, False),
        (("Custom",), None, False),
        ((), None, False),
        (None, ("light.*",), False),
        (None, ("custom.*",), False),
        (None, ("events:light.*",), False),
        (None, ("events:custom.*",), True),
        (None, (f"events:{CUSTOM}",), True),
        (("light.*",), ("events:custom.*",), False),
        (("custom.*",), ("light.*", "events:custom.*"), True),
    ],
)
def test_an_event_is_wanted_when_filter_and_token_both_let_it_pass(
    patterns: tuple[str, ...] | None, scopes: tuple[str, ...] | None, wanted: bool
) -> None:
    view = View(patterns, scopes)
    assert [view.wants(CUSTOM), view.wants(CUSTOM)] == [wanted, wanted]


def test_equal_views_are_one_key_whatever_they_were_asked_before() -> None:
    first, second = View(("a",), None), View(("a",), None)
    first.wants("a")
    assert len({first, second}) == 1


@pytest.mark.parametrize(
    ("query", "patterns"),
    [
        ("", None),
        ("token=x", None),
        ("events=light.*,custom.CustomEvent", ("light.*", "custom.CustomEvent")),
        ("events=a&token=x&events=b,%20a", ("a", "b")),
    ],
)
def test_the_query_names_the_filter(query: str, patterns: tuple[str, ...] | None) -> None:
    assert patterns_of_query(query) == patterns


@pytest.mark.parametrize("items", [[1], [None], [["a"]], ["x" * 201], ["x"] * 101])
def test_a_filter_that_is_none_is_refused(items: list[object]) -> None:
    with pytest.raises(BadRequest):
        read_patterns(items)


@pytest.mark.parametrize(("size", "prefix"), [(10, 2), (1000, 4), (70_000, 10)])
def test_the_frame_is_one_unmasked_text_frame_around_the_events_json(size: int, prefix: int) -> None:
    event = CustomEvent("x" * size)
    if size == 10:
        # Even the smallest event has more than 125 bytes: its length takes two more.
        prefix = 4
    frame = event_frame(event)
    assert frame.type == CUSTOM
    assert frame.data[0] == 0x81
    assert not frame.data[1] & 0x80
    assert json.loads(frame.data[prefix:]) == event.to_dict()
