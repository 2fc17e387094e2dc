"""Errors as replies."""

from __future__ import annotations

import json

from platypush.bus.replies import error_reply
from platypush.errors import Busy, NotFound


def test_an_error_becomes_its_status_and_the_one_error_shape() -> None:
    reply = error_reply(NotFound("No hook has that name."), "r1")
    assert (reply.status, dict(reply.headers)) == (404, {"Content-Type": "application/json"})
    assert json.loads(reply.body) == {
        "error": {"code": "not_found", "message": "No hook has that name.", "request_id": "r1"}
    }


def test_retry_after_is_whole_seconds_and_at_least_one() -> None:
    assert dict(error_reply(Busy(retry_after=0.2)).headers)["Retry-After"] == "1"
    assert dict(error_reply(Busy(retry_after=4.1)).headers)["Retry-After"] == "5"
