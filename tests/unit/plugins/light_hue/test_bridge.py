"""The bridge's answers, and what errors say."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import ActionFailed, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.exchange import Answer, Exchange
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.light.hue._bridge import Bridge, Fault, NotPaired, Outcome
from platypush.plugins.light.hue._link import judge

SECRET = "user-name-of-the-hub"


class Canned(Exchange):
    """Gives one answer, or raises it."""

    def __init__(self, answer: bytes | PlatypushError) -> None:
        super().__init__(AllowedHosts([]), owner="light.hue")
        self.answer = answer

    def request(self, method: str, url: str, **options: Any) -> Answer:
        if isinstance(self.answer, PlatypushError):
            raise self.answer
        return Answer(200, {}, self.answer, url)


def bridge(answer: bytes | PlatypushError) -> Bridge:
    return Bridge("http://10.0.0.2", Canned(answer), SECRET)


def test_an_error_inside_of_an_answer_is_raised() -> None:
    refusal = b'[{"error": {"type": 3, "address": "/x", "description": "resource, /x, not available"}}]'
    with pytest.raises(ActionFailed, match=r"The Hue bridge at 10\.0\.0\.2 refused: resource, /x, not .* \(error 3\)"):
        bridge(refusal).get("/x")


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_user_name_that_the_bridge_does_not_know_has_an_error_of_its_own(method: str) -> None:
    there = bridge(b'[{"error": {"type": 1, "address": "/lights", "description": "unauthorized user"}}]')
    with pytest.raises(NotPaired, match="does not know this hub"):
        there.get("/lights") if method == "get" else there.put("/lights/1/state", {"on": True})


@pytest.mark.parametrize("answer", [b"7", b'"x"', b'[{"x": 1}]', b"[7]"])
def test_an_answer_that_the_api_does_not_have_is_a_failure(answer: bytes) -> None:
    with pytest.raises(ActionFailed):
        bridge(answer).get("/lights")
    with pytest.raises(ActionFailed, match="that its API does not have"):
        bridge(answer).put("/lights/1/state", {})
    with pytest.raises(ActionFailed):
        bridge(answer).create_user("platypush#x")


def test_what_was_taken_and_what_was_not_comes_out_of_a_command() -> None:
    answer = b'[{"success": {"/a/on": true}}, {"error": {"type": 201, "address": "/a/bri", "description": "off"}}]'
    assert bridge(answer).put("/a", {}) == Outcome(("/a/on",), (Fault(201, "/a/bri", "off"),))


def test_the_user_name_is_in_no_error_and_no_repr() -> None:
    failures = [
        Unavailable(f"GET http://10.0.0.2/api/{SECRET}/lights failed: refused", retry_after=3),
        TimeLimit(f"http://10.0.0.2/api/{SECRET}/lights did not answer in time."),
        ActionFailed(f"http://10.0.0.2/api/{SECRET}/lights answered 500"),
    ]
    for failure in failures:
        with pytest.raises(PlatypushError) as caught:
            bridge(failure).get("/lights")
        assert SECRET not in str(caught.value)
        assert caught.value.__suppress_context__
        assert caught.value.retry_after == failure.retry_after
    assert SECRET not in repr(bridge(b""))


def test_a_command_whose_answer_is_missing_may_have_been_carried_out() -> None:
    with pytest.raises(Unavailable, match=r"in time\. Whether it did what it was told is not known"):
        bridge(TimeLimit("late")).put("/lights/1/state", {"on": True})


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"<html>", ActionFailed("answered 404")])
def test_what_is_no_bridge_is_said_to_be_none(answer: bytes | PlatypushError) -> None:
    with pytest.raises(Unavailable, match="is no Hue bridge"):
        bridge(answer).describe()


def test_a_bridge_that_refuses_to_pair_says_why() -> None:
    refusal = b'[{"error": {"type": 7, "address": "/devicetype", "description": "invalid value"}}]'
    with pytest.raises(ActionFailed, match="invalid value"):
        bridge(refusal).create_user("x")


OFF = Outcome((), (Fault(201, "/lights/1/state/bri", "parameter, bri, is not modifiable. Device is set to off."),))
NO_COLOUR = Outcome((), (Fault(6, "/lights/1/state/xy", "parameter, xy, not available"),))
WRONG = Outcome(("/x",), (Fault(7, "/x", "invalid value, 9, for parameter, x"),))
DONE = Outcome(("/lights/2/state/bri",))


def test_a_light_that_is_off_is_no_failure_while_another_one_took_the_command() -> None:
    judge([("Hall", OFF), ("Desk", DONE)])
    judge([("Hall", NO_COLOUR), ("Desk", DONE)])
    judge([])


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([("Hall", OFF), ("Desk", OFF)], r"Hall: it is off; switch it on first, or add on=true; Desk: it is off"),
        ([("Hall", NO_COLOUR)], r"Hall: it cannot do that \(parameter, xy, not available\)\."),
        ([("Hall", WRONG), ("Desk", DONE)], r"Hall: invalid value, 9, for parameter, x \(error 7\)\."),
    ],
)
def test_what_nobody_took_or_what_is_wrong_is_a_failure(outcomes: list[tuple[str, Outcome]], words: str) -> None:
    with pytest.raises(ActionFailed, match=words):
        judge(outcomes)
