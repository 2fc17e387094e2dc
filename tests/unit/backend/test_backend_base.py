"""The base class of backends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from platypush.backend import Backend
from platypush.context import clear_runtime, set_runtime
from platypush.errors import Unavailable, UnknownAction
from platypush.message.event import Event
from platypush.message.event.custom import CustomEvent
from platypush.message.request import Request
from platypush.message.response import Response


class Counter(Backend):
    """Counts its rounds and ends after three."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rounds = 0
        self.done = threading.Event()

    def loop(self) -> None:
        self.rounds += 1
        if self.rounds == 3:
            self.done.set()
            self.wait_stop()


class Hub:
    """A runtime with or without a Redis backend."""

    def __init__(self, redis: Backend | None = None) -> None:
        self.redis = redis
        self.posted: list[Event] = []

    def get_plugin(self, name: str) -> Any:
        raise UnknownAction(name)

    def get_backend(self, name: str) -> Backend:
        if name == "redis" and self.redis is not None:
            return self.redis
        raise UnknownAction(name)

    def run_request(self, request: Request) -> Response:
        raise UnknownAction(request.action)

    def get_bus(self) -> Hub:
        return self

    def post(self, event: Event) -> None:
        self.posted.append(event)


class Redis(Backend):
    """Remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[object, dict[str, Any]]] = []

    def send_message(self, msg: object, **kwargs: Any) -> None:
        self.sent.append((msg, kwargs))


@pytest.fixture(autouse=True)
def _no_runtime() -> Iterator[None]:
    yield
    clear_runtime()


def test_a_backend_loops_until_it_is_stopped() -> None:
    backend = Counter(poll_seconds=0.001)
    backend.start()
    assert backend.done.wait(10)
    backend.stop()
    assert (backend.rounds, backend.should_stop()) == (3, True)


def test_unknown_parameters_are_kept() -> None:
    assert Counter(colour="red").extra == {"colour": "red"}


def test_a_backend_that_fails_is_logged_and_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    backend = Backend()
    with caplog.at_level(logging.ERROR):
        backend.start()
        backend.stop()
    assert "has neither run() nor loop()" in caplog.text


def test_a_backend_that_fails_to_stop_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(Counter):
        def on_stop(self) -> None:
            raise OSError("no")

    Stubborn().stop()
    assert "failed to stop cleanly" in caplog.text


def test_a_message_goes_to_the_redis_backend_where_there_is_one() -> None:
    redis = Redis()
    set_runtime(Hub(redis))
    event = CustomEvent("doorbell")
    Counter().send_message(event, queue_name="other")
    assert redis.sent == [(event, {"queue_name": "other"})]


def test_without_redis_an_event_goes_to_the_hubs_own_bus() -> None:
    hub = Hub()
    set_runtime(hub)
    event = CustomEvent("doorbell")
    Counter().send_message(event)
    assert hub.posted == [event]


def test_without_redis_a_request_to_another_node_is_a_clear_error() -> None:
    set_runtime(Hub())
    with pytest.raises(Unavailable, match=r"backend\.redis"):
        Counter().send_message(Request(action="shell.exec"))
