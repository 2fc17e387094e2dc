"""Where the request for a feed may go."""

from __future__ import annotations

import pytest

from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins.rss._reader import reachable
from platypush.plugins.rss._subscriptions import Source, Subscription

URL = "http://nas.lan:8080/feed"


def feed(source: str = Source.RSS, **facts: object) -> Subscription:
    return Subscription(url=URL, poll_seconds=60, source=source, **facts)  # type: ignore[arg-type]


def public(allowed: AllowedHosts) -> bool:
    return allowed.allows("example.org", "93.184.215.14", 80)


def itself(allowed: AllowedHosts) -> bool:
    return allowed.allows("nas.lan", "192.168.1.5", 8080)


@pytest.mark.parametrize(
    ("subscription", "allowed_hosts", "reaches_public", "reaches_itself"),
    [
        (feed(), None, True, True),
        (feed(), ["nas2.lan"], False, True),
        (feed(headers={"Token": "x"}), None, False, True),
        (feed(headers={"Token": "x"}), ["public"], True, True),
        (feed(Source.POLL), ["nas2.lan"], True, True),
        (feed(Source.POLL, allowed_hosts=()), None, False, True),
        (feed(Source.RUN_TIME), None, True, False),
        (feed(Source.RUN_TIME), ["192.168.1.0/24"], False, True),
    ],
)
def test_a_feed_reaches_its_own_host_when_configured_and_others_as_allowed(
    subscription: Subscription, allowed_hosts: list[str] | None, reaches_public: bool, reaches_itself: bool
) -> None:
    allowed = reachable(subscription, allowed_hosts)
    assert public(allowed) is reaches_public
    assert itself(allowed) is reaches_itself


def test_another_port_of_the_same_host_is_not_reached() -> None:
    assert not reachable(feed(), None).allows("nas.lan", "192.168.1.5", 22)
