"""Messages of a queue: how old they are, where their answer goes, and what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platypush.backend.redis import RedisBackend
from platypush.backend.redis._messages import RESPONSES, age_of, outgoing, reply_queue, response_for
from platypush.bus.replies import error_reply
from platypush.errors import BadRequest, Forbidden
from platypush.message.envelope import Reply
from platypush.message.event.custom import CustomEvent
from platypush.message.request import Request


@pytest.mark.parametrize(
    ("made", "age"), [(900, 100), (1000, 0), (1e9, 0), (None, 0), ("900", 0), (True, 0), (999.5, 0.5)]
)
def test_the_age_is_counted_from_the_timestamp_and_never_negative(made: Any, age: float) -> None:
    assert age_of({"_timestamp": made}, 1000) == age


def test_without_a_timestamp_a_message_is_new() -> None:
    assert age_of({}, 1000) == 0


@pytest.mark.parametrize(
    ("message", "queue"),
    [
        ({"id": "7"}, f"{RESPONSES}7"),
        ({"id": 7}, f"{RESPONSES}7"),
        ({}, None),
        ({"id": ""}, None),
        ({"id": "x" * 500}, None),
        ({"id": "a\nb"}, None),
        ({"id": "7", "reply_queue": "mine/7"}, "mine/7"),
    ],
)
def test_an_answer_goes_to_the_queue_that_clients_look_at(message: dict[str, Any], queue: str | None) -> None:
    assert reply_queue(message, "mine/") == queue


@pytest.mark.parametrize("named", ["other", "", 7, "mine/" + "x" * 500, "mine/\n"])
def test_no_other_key_is_written_to(named: object) -> None:
    with pytest.raises(BadRequest, match="has to begin with 'mine/'"):
        reply_queue({"id": "7", "reply_queue": named}, "mine/")


def test_what_was_refused_is_a_response_with_the_reason() -> None:
    raw = response_for({"id": 7, "origin": "attic"}, error_reply(Forbidden("No.")), device_id="here")
    response = json.loads(raw)
    assert response["response"] == {"output": None, "errors": ["No."]}
    assert (response["id"], response["target"], response["origin"]) == ("7", "attic", "here")


def test_an_answer_goes_back_as_it_is() -> None:
    assert response_for({}, Reply(200, b"{}"), device_id="here") == b"{}"


def test_what_is_sent_has_a_token_and_a_place_for_the_answer() -> None:
    sent = outgoing(Request(action="a.b", id="7"), token="secret", reply_to="r", device_id="here")
    data = json.loads(sent)
    assert (data["token"], data["reply_queue"], data["origin"], data["action"]) == ("secret", "r", "here", "a.b")


def test_a_token_of_its_own_stays() -> None:
    sent = outgoing({"type": "event", "token": "own"}, token="secret", reply_to=None, device_id=None)
    assert json.loads(sent) == {"type": "event", "token": "own"}


def test_text_and_other_messages_are_sent_as_they_are() -> None:
    assert outgoing("plain", token="secret", reply_to=None, device_id="here") == b"plain"
    assert json.loads(outgoing({"x": 1}, token="secret", reply_to="r", device_id="here")) == {"x": 1}


def test_an_event_is_sent_with_its_arguments() -> None:
    data = json.loads(outgoing(CustomEvent("bell"), token=None, reply_to=None, device_id="here"))
    assert data["args"]["subtype"] == "bell"
    assert "token" not in data


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"trusted_queues": "platypush/x"}, "a list of names"),
        ({"trusted_queues": [7]}, "a list of names"),
        ({"max_calls": 0}, "max_calls"),
        ({"reply_prefix": ""}, "any key"),
        ({"redis_args": {"hots": "x"}}, "no setting 'hots'.*'host'"),
        ({"redis_args": {"url": "http://x"}}, "URL of Redis"),
        ({"redis_args": {"decode_responses": True}}, "no setting 'decode_responses'"),
    ],
)
def test_a_section_that_cannot_be_right_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RedisBackend(**options)
