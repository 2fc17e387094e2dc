"""What fires a hook: conditions by value, phrases by word."""

from __future__ import annotations

import re
from typing import Any

import pytest

from platypush.event.matching import match_conditions, match_phrase, match_value


@pytest.mark.parametrize(
    ("wanted", "value", "fits"),
    [
        ("on", "on", True),
        ("on", "On", False),
        ("part", "partial", False),
        (7, "7", False),
        (7, 7.0, True),
        (None, None, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2], "c": 3}}, True),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2, 3]}}, False),
        ({"a": 1}, {}, False),
        ({"a": 1}, "a", False),
        (["POST", "PUT"], "PUT", True),
        (["POST", "PUT"], "GET", False),
        ([1, {"x": 2}], [1, {"x": 2, "y": 3}], True),
        ([1], [1, 2], False),
        ({1, 2}, {2, 1}, True),
        (re.compile("^light"), "light.hue", True),
        (re.compile("^light"), 3, False),
    ],
)
def test_a_condition_is_compared_by_value(wanted: Any, value: Any, fits: bool) -> None:
    assert match_value(wanted, value) is fits


def test_an_argument_that_the_event_lacks_meets_no_condition_not_even_none() -> None:
    assert match_conditions({"x": None}, {}) is None


def test_text_is_a_phrase_only_where_the_event_says_so() -> None:
    conditions, args = {"phrase": "turn on ${what}"}, {"phrase": "Turn on the lights"}
    assert match_conditions(conditions, args) is None
    assert match_conditions(conditions, args, frozenset({"phrase"})) == {"what": "the lights"}


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (
            "play ${title} by ${artist}",
            "Play Feel Good Inc by Gorillaz",
            {"title": "Feel Good Inc", "artist": "Gorillaz"},
        ),
        ("turn on lights", "please turn on the lights!", {}),
        ("turn on lights", "turn off the lights", None),
        ("lights on", "turn on the lights", None),
        ("play ${title}", "play", None),
        ("play ${title} by ${artist}", "play by Gorillaz", None),
        ("call ${first} ${last}", "call Ada Lovelace King", {"first": "Ada", "last": "Lovelace King"}),
        ("call ${first} ${last}", "call Ada", None),
        ("", "anything", {}),
        ("what's up", "What's up?", {}),
    ],
)
def test_a_phrase_matches_words_in_order_and_extracts_names(
    pattern: str, text: str, found: dict[str, str] | None
) -> None:
    assert match_phrase(pattern, text) == found


def test_a_long_text_cannot_make_the_phrase_matcher_slow() -> None:
    assert match_phrase("${a} x ${b} x ${c} y", "x " * 50_000) is None
