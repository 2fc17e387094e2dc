"""Requests that nobody waits for any more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from platypush.errors import Unavailable
from platypush.outgoing.exchange import Exchange
from platypush.outgoing.hosts import AllowedHosts
from tests.running.waiting import until


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_a_request_that_is_not_answered_ends_when_its_owner_stops(silent: str) -> None:
    exchange = Exchange(AllowedHosts(urls=[silent]), owner="weather")
    failures: list[Exception] = []

    def ask() -> None:
        try:
            exchange.request("GET", silent)
        except Unavailable as error:
            failures.append(error)

    before = set(threading.enumerate())
    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: exchange.under_way == 1)
    exchange.interrupt()
    thread.join(10)
    assert [str(error) for error in failures] == [f"{silent} was left before it answered: weather stops."]
    until(lambda: set(threading.enumerate()) <= before)
    with pytest.raises(Unavailable, match="is not asked any more"):
        exchange.request("GET", silent)
