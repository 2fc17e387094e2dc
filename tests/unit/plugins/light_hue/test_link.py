"""The connection, with a bridge in memory: what happens when it fails in the middle."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from platypush.errors import ActionFailed, PlatypushError, Unavailable
from platypush.outgoing.exchange import Answer, Exchange
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.light.hue._bridge import Bridge
from platypush.plugins.light.hue._link import Link

LIGHTS = b'{"1": {"name": "Hall", "state": {"on": true}}, "2": {"name": "Desk", "state": {"on": true}}}'


class Wire(Exchange):
    """Answers, as long as there is no ``failure`` and ``commands_left``."""

    def __init__(self) -> None:
        super().__init__(AllowedHosts([]), owner="light.hue")
        self.failure: PlatypushError | None = None
        self.commands_left = 100
        self.held = threading.Event()
        self.held.set()
        self.asked = threading.Event()

    def request(self, method: str, url: str, **options: Any) -> Answer:
        self.asked.set()
        self.held.wait(10)
        if self.failure is not None:
            raise self.failure
        if method == "GET":
            return Answer(200, {}, LIGHTS if url.endswith("/lights") else b"{}", url)
        if not self.commands_left:
            raise Unavailable("gone")
        self.commands_left -= 1
        return Answer(200, {}, b'[{"success": {"/x": true}}]', url)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def troubles() -> list[bool]:
    return []


@pytest.fixture
def link(wire: Wire, troubles: list[bool]) -> Link:
    def nothing(change: Mapping[str, Any]) -> None:
        """No event is looked at here."""

    return Link(
        lambda: Bridge("http://10.0.0.2", wire, "user"),
        timeout=0.2,
        wait=lambda seconds: False,
        changed=nothing,
        quiet=tuple,
        trouble=lambda: troubles.append(True),
    )


def test_callers_wait_for_the_first_connection_and_then_get_the_reason(link: Link) -> None:
    with pytest.raises(Unavailable, match="has not been found yet"):
        link.lights()
    link.look()
    assert set(link.lights()) == {"1", "2"}
    link.reset()
    with pytest.raises(Unavailable, match="paired anew"):
        link.lights()


def test_what_was_done_before_the_bridge_went_away_is_told(link: Link, wire: Wire, troubles: list[bool]) -> None:
    link.look()
    link.tell(["1", "2"], [], {"on": True})
    assert troubles == []
    wire.commands_left = 1
    with pytest.raises(Unavailable, match=r"gone 1 of 2 commands were carried out\.") as caught:
        link.tell(["1", "2"], [], {"on": True})
    assert caught.value.message == str(caught.value)
    with pytest.raises(Unavailable, match=r"gone$"):
        link.tell(["1", "2"], [], {"on": True})
    assert troubles == [True, True]


def test_an_answer_that_makes_no_sense_is_a_bridge_that_is_not_ready(link: Link, wire: Wire) -> None:
    wire.failure = ActionFailed("answered 500")
    with pytest.raises(Unavailable, match="answered 500"):
        link.look()
    with pytest.raises(Unavailable, match="answered 500"):
        link.bridge()


def test_a_connection_that_is_reset_while_somebody_asks_is_made_anew(link: Link, wire: Wire) -> None:
    link.look()
    wire.asked.clear()
    wire.held.clear()
    failed: list[Exception] = []

    def ask() -> None:
        try:
            link.lights()
        except Unavailable as error:
            failed.append(error)

    first = threading.Thread(target=ask)
    first.start()
    assert wire.asked.wait(10)
    link.reset()
    wire.failure = Unavailable("old")
    wire.held.set()
    first.join(10)
    assert len(failed) == 1
    wire.failure = None
    link.look()
    assert set(link.lights()) == {"1", "2"}


def test_nobody_waits_behind_a_slow_answer_for_ever(link: Link, wire: Wire) -> None:
    link.look()
    wire.asked.clear()
    wire.held.clear()
    first = threading.Thread(target=link.lights)
    first.start()
    assert wire.asked.wait(10)
    try:
        with pytest.raises(Unavailable, match="is slow"):
            link.lights()
    finally:
        wire.held.set()
        first.join(10)
