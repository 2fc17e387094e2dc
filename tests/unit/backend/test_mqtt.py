"""What ``backend.mqtt`` takes in its section, and where it answers."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.backend.mqtt import MqttBackend
from platypush.backend.mqtt._requests import reply_topic, response_for
from platypush.errors import Unavailable
from platypush.message import decode
from platypush.message.envelope import Reply
from platypush.plugins.mqtt import MqttPlugin

OWN, BASE = "hubs/kitchen", "hubs"


@pytest.mark.parametrize(
    ("message", "wanted", "topic"),
    [
        ({"id": "42"}, None, "hubs/kitchen/responses/42"),
        ({"id": 42}, None, "hubs/kitchen/responses/42"),
        ({}, None, None),
        ({"id": ""}, None, None),
        ({"id": True}, None, None),
        ({"id": {"a": 1}}, None, None),
        ({"id": "a/b"}, None, None),
        ({"id": "#"}, None, None),
        ({"id": "a\0"}, None, None),
        ({"id": "x" * 201}, None, None),
        ({"id": "42"}, "answers/me", "answers/me"),
        ({}, "hubs/kitchen/responses/me", "hubs/kitchen/responses/me"),
        ({"id": "42"}, "hubs/kitchen", None),
        ({"id": "42"}, "hubs/bedroom", None),
        ({"id": "42"}, "hubs", None),
        ({"id": "42"}, "$SYS/x", None),
        ({"id": "42"}, "a/#", None),
    ],
)
def test_answers_go_where_somebody_waits_and_never_where_hubs_take_requests(
    message: dict[str, Any], wanted: str | None, topic: str | None
) -> None:
    assert reply_topic(message, wanted, own=OWN, base=BASE) == topic


def test_a_refusal_is_a_response_with_errors() -> None:
    reply = Reply(401, b'{"error": {"code": "unauthorized", "message": "no"}}')
    response = decode(response_for({"id": 5}, reply, device_id="kitchen"))
    assert (response["id"], response["origin"], response["response"]) == (
        "5",
        "kitchen",
        {"output": None, "errors": ["no"]},
    )
    assert response_for({}, Reply(200, b"{}"), device_id="kitchen") == b"{}"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"listeners": ["home/#"]}, "number 1 is no object"),
        ({"listeners": [{"topics": ["a"]}, {}]}, "number 2 needs topics"),
        ({"listeners": [{"topics": [7]}]}, "number 1 needs topics"),
        ({"listeners": [{"topics": ["a#"]}]}, "number 1: 'a#' is no topic"),
        ({"listeners": [{"topics": ["a"], "hots": "x"}]}, "not known: hots"),
        ({"listeners": [{"topics": ["a"], "port": "x"}]}, "port has to be"),
        ({"keepalive": 0}, "more than 0"),
        ({"max_rate": 0}, "more than 0"),
        ({"version": "7"}, "neither"),
    ],
)
def test_a_section_that_cannot_work_is_refused_when_it_is_read(section: dict[str, Any], words: str) -> None:
    values: dict[str, Any] = {"host": "broker.lan", **section}
    with pytest.raises(ValueError, match=words):
        MqttBackend(**values)


@pytest.mark.parametrize(
    ("section", "words"), [({"topics": ["a"]}, "need the host"), ({"host": "x", "keepalive": 0}, "1 s at least")]
)
def test_a_section_of_the_plugin_too(section: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MqttPlugin(**section)


def test_before_the_start_nothing_is_sent() -> None:
    with pytest.raises(Unavailable, match="not connected"):
        MqttBackend(host="broker.lan").send_message("x")
