"""JSON as the hub speaks it."""

from __future__ import annotations

import datetime as dt
import logging
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from platypush.config.model import Secret
from platypush.errors import BadRequest
from platypush.message import decode, encode


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", b'"7"'),
        (7, b"7"),
        (None, b"null"),
        ("grüße", '"grüße"'.encode()),
        (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), b'"2026-01-02T03:04:05+00:00"'),
        ({1}, b"[1]"),
        (frozenset(["a"]), b'["a"]'),
        ((1, "a"), b'[1,"a"]'),
        (b"text", b'"text"'),
        (b"\xff\x00", b'"ff00"'),
        (Path("/tmp/x"), b'"/tmp/x"'),
        (OrderedDict(a=1), b'{"a":1}'),
        ({1: "a", None: "b"}, b'{"1":"a","null":"b"}'),
        ((n for n in (1, 2)), b"[1,2]"),
        (Secret("swordfish"), b'"********"'),
        (len, b'"<function at builtins.len>"'),
    ],
)
def test_a_value_has_one_json_form(value: Any, expected: bytes) -> None:
    assert encode(value) == expected


def test_what_has_no_json_form_is_null_with_a_warning_and_loses_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert encode({"odd": object(), "good": 1}) == b'{"odd":null,"good":1}'
    assert "object" in caplog.text


def test_numbers_and_texts_that_json_cannot_hold_are_made_to_fit() -> None:
    assert decode(encode({"big": 2**70, "text": "a\ud800b"})) == {"big": float(2**70), "text": "a?b"}
    assert isinstance(decode(encode(10**400)), str)


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff", b"NaN"])
def test_what_is_not_json_is_refused_with_the_parsers_reason(body: bytes) -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        decode(body)
