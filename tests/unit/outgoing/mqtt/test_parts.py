"""Payloads, rates, receipts, and who says that a broker is away."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from platypush.errors import ActionFailed, Busy, Forbidden, TimeLimit, TooLarge, Unavailable
from platypush.message.event.custom import CustomEvent
from platypush.outgoing.hosts import AllowedHosts
from platypush.outgoing.mqtt.broker import Broker
from platypush.outgoing.mqtt.fleet import Fleet, _Broker, _Member, running
from platypush.outgoing.mqtt.link import Link, Received
from platypush.outgoing.mqtt.payload import content_of, event_of, payload_of, without_token
from platypush.outgoing.mqtt.rate import Bucket
from platypush.outgoing.mqtt.receipts import MOST_WAITING, Receipts
from tests.fakes.clock import ManualClock
from tests.running.processes import free_port
from tests.running.waiting import until

BROKER = Broker(host="broker.lan")


@pytest.mark.parametrize(
    ("payload", "content"),
    [(b"7", 7), (b'{"a": null}', {"a": None}), (b"ON", "ON"), (b"", ""), (b"\xff", b"\xff"), (b"NaN", "NaN")],
)
def test_a_payload_is_json_else_text_else_bytes(payload: bytes, content: Any) -> None:
    assert content_of(payload) == content


@pytest.mark.parametrize(
    ("message", "payload"),
    [(None, b""), ("é", "é".encode()), (b"\xff", b"\xff"), ({"a": 1}, b'{"a":1}'), (True, b"true"), ("\ud800", b"?")],
)
def test_what_is_published_is_text_as_it_is_and_else_json(message: Any, payload: bytes) -> None:
    assert payload_of(message) == payload


def test_a_message_of_the_hub_is_published_as_its_json() -> None:
    assert b'"subtype":"bell"' in payload_of(CustomEvent("bell"))


def test_only_messages_for_hubs_lose_their_token() -> None:
    assert without_token({"type": "event", "token": "t"}) == {"type": "event", "token": "***"}
    device = {"type": "lamp", "token": "t"}
    assert without_token(device) == device
    assert without_token("token") == "token"


@pytest.mark.parametrize("topic", ["hubs", "hubs/kitchen", "hubs/kitchen/responses/1"])
def test_what_is_between_hubs_is_no_event(topic: str) -> None:
    assert event_of(Received(topic, b"1"), BROKER, "hubs") is None


def test_everything_else_is_an_event() -> None:
    event = event_of(Received("hubsters", b"1", retain=True), BROKER, "hubs")
    assert event is not None
    assert event.args == {"msg": 1, "host": "broker.lan", "port": 1883, "topic": "hubsters", "retain": True}


def test_a_bucket_lets_a_burst_and_then_its_rate_through() -> None:
    clock = ManualClock()
    bucket = Bucket(2, 5, clock)
    assert [bucket.take() for _ in range(7)] == [True] * 5 + [False] * 2
    clock.advance(1)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    assert bucket.untold() == 3
    assert not bucket.take()
    assert bucket.untold() == 0, "once a minute is enough"
    clock.advance(60)
    assert bucket.untold() == 1


def test_a_receipt_may_come_before_anybody_waits_for_it() -> None:
    receipts = Receipts("the broker")
    receipts.reserve(10)
    receipts.confirm(1, "")
    receipts.wait(1, 10, 0)
    receipts.reserve(10)
    receipts.confirm(2, "Not authorized")
    with pytest.raises(ActionFailed, match="the broker refuses the message: Not authorized"):
        receipts.wait(2, 10, 0)


def test_what_is_not_confirmed_keeps_its_room_until_it_has_left() -> None:
    receipts = Receipts("the broker")
    size = 9 * 1024 * 1024
    receipts.reserve(size)
    with pytest.raises(TimeLimit, match="may have arrived or not"):
        receipts.wait(1, size, 0)
    with pytest.raises(Busy, match="was not sent"):
        receipts.reserve(size)
    receipts.confirm(1, "")
    receipts.reserve(size)


def test_no_more_than_so_many_messages_wait() -> None:
    receipts = Receipts("the broker")
    for _ in range(MOST_WAITING):
        receipts.reserve(0)
    with pytest.raises(Busy):
        receipts.reserve(0)
    receipts.release(0)
    receipts.reserve(0)
    with pytest.raises(TooLarge):
        receipts.reserve(17 * 1024 * 1024)


def test_without_a_connection_nothing_is_confirmed() -> None:
    receipts = Receipts("the broker")
    receipts.reserve(1)
    receipts.close()
    with pytest.raises(Unavailable, match="went away before it confirmed"):
        receipts.wait(1, 1, 5)


def link_to(port: int, **options: Any) -> Link:
    return Link(Broker(host="127.0.0.1", port=port), "x", deliver=print, refused=print, timeout=1, **options)


def test_two_links_to_a_broker_that_is_away_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet(logging.getLogger("platypush.test"), "test")
    port = free_port()
    links = [link_to(port), link_to(port)]
    for link in links:
        fleet.start(link)
    until(lambda: len(fleet._brokers[f"127.0.0.1:{port}"]._without) == 2)
    assert fleet.reason == f"127.0.0.1:{port}: Connection refused."
    fleet.end(links[0], 2)
    fleet.end(links[0], 2)
    fleet.stop(2)
    fleet.start(link_to(port))
    assert len([line for line in caplog.messages if "is away" in line]) == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_a_broker_is_back_when_all_links_are(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("platypush.test")
    broker = _Broker(logger, "the broker")
    one, other = _Member(logger, "x", broker), _Member(logger, "x", broker)
    one.lost("gone")
    other.broke("gone too")
    one.found()
    one.lost("gone again")
    one.found()
    assert broker.presence.reason == "gone again"
    other.found()
    assert [line.split(" ")[3].strip(":") for line in caplog.messages] == ["away", "back"]


def test_a_host_that_is_not_allowed_is_forbidden_to_whoever_waits() -> None:
    link = link_to(free_port(), allowed=AllowedHosts(["elsewhere.lan"]), owner="mqtt")
    with pytest.raises(Forbidden, match="allowed_hosts in the section mqtt"), running(link):
        pass
    with pytest.raises(Forbidden):
        link.publish("a", b"")


def test_a_link_that_was_stopped_does_not_connect() -> None:
    link = link_to(free_port())
    link.stop()
    link.run()
    with pytest.raises(Unavailable, match="connection was closed"):
        link.wait_connected()


def test_a_link_that_is_stopped_while_somebody_waits_lets_him_go() -> None:
    link = link_to(free_port())
    threading.Timer(0.05, link.stop).start()
    with pytest.raises(Unavailable, match="being stopped"):
        link.wait_connected(10)
    with pytest.raises(Unavailable, match="does not answer"):
        link_to(free_port()).wait_connected(0)
