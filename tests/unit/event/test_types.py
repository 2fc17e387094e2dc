"""Event classes by name, and events from JSON."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from platypush.errors import BadRequest
from platypush.event.types import EventTypes
from platypush.message.event.custom import CustomEvent
from platypush.message.event.http.hook import WebhookEvent


@pytest.mark.parametrize(
    "name", ["platypush.message.event.http.hook.WebhookEvent", "http.hook.WebhookEvent", "WebhookEvent"]
)
def test_an_event_class_has_a_full_and_two_short_names(name: str) -> None:
    assert EventTypes().resolve(name) is WebhookEvent


@pytest.mark.parametrize(
    "name", ["antigravity.X", "platypush.message.event.http.hook.Headers", "os", "../x", "", "a b"]
)
def test_a_name_from_outside_never_imports_anything_else(name: str) -> None:
    with pytest.raises(BadRequest):
        EventTypes().resolve(name)
    assert "antigravity" not in sys.modules


def test_a_mistyped_class_gets_a_suggestion() -> None:
    with pytest.raises(BadRequest, match="Did you mean 'CustomEvent'"):
        EventTypes().resolve("CustmEvent")


def test_the_wire_form_of_an_event_leads_back_to_it() -> None:
    event = CustomEvent("bell", level=3)
    again = EventTypes().from_dict(event.to_dict())
    assert (type(again), again.args, again.id) == (CustomEvent, event.args, event.id)


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (None, "needs 'args'"),
        ({"subtype": "x"}, "'type'"),
        ({"type": "CustomEvent"}, "subtype"),
        ({"type": "CustomEvent", "subtype": "x", "id": "y"}, "no arguments called id"),
    ],
)
def test_what_is_no_event_says_why(args: Any, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        EventTypes().from_dict({"type": "event", "args": args})
