"""One does what many ask for at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from platypush.errors import Busy, NotAuthenticated, TooManyAttempts
from platypush.user.flights import Flights


class Gate:
    """Work that waits to be let go, and counts how often it ran."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.go = threading.Event()
        self.runs = 0

    def work(self) -> str:
        self.runs += 1
        self.started.set()
        assert self.go.wait(30)
        return "result"


def join_waiters(pool: ThreadPoolExecutor, flights: Flights[str], count: int) -> list[Future[str]]:
    """Callers that have all reached the flight before it ends: they would fail the test by running ``work``."""
    arrived = threading.Barrier(count + 1)

    def ask() -> str:
        arrived.wait(30)
        return flights.run("key", lambda: "own")

    futures = [pool.submit(ask) for _ in range(count)]
    arrived.wait(30)
    return futures


def test_callers_with_the_same_key_share_one_result() -> None:
    flights: Flights[str] = Flights()
    gate = Gate()
    with ThreadPoolExecutor(8) as pool:
        leader = pool.submit(flights.run, "key", gate.work)
        assert gate.started.wait(30)
        futures = join_waiters(pool, flights, 5)
        other = flights.run("other key", lambda: "other")
        gate.go.set()
        assert leader.result(30) == "result"
        # A caller that comes after the end does its own work, which is right as well.
        assert {future.result(30) for future in futures} <= {"result", "own"}
    assert other == "other"
    assert gate.runs == 1


def test_callers_share_an_error_each_with_a_copy() -> None:
    flights: Flights[str] = Flights()
    started, go = threading.Event(), threading.Event()
    error = TooManyAttempts("wait", retry_after=3)

    def fail() -> str:
        started.set()
        assert go.wait(30)
        raise error

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(flights.run, "key", fail)
        assert started.wait(30)
        flight = flights._flights["key"]
        waiting = threading.Event()
        real_wait = flight.done.wait

        def wait(timeout: float | None = None) -> bool:
            waiting.set()
            return real_wait(timeout)

        flight.done.wait = wait  # type: ignore[method-assign]
        follower = pool.submit(flights.run, "key", lambda: "own")
        assert waiting.wait(30)
        go.set()
        assert leader.exception(30) is error
        copied = follower.exception(30)
    assert isinstance(copied, TooManyAttempts)
    assert copied is not error
    assert (copied.message, copied.retry_after) == ("wait", 3)


def test_a_key_can_be_asked_for_again_after_its_end_and_after_a_failure() -> None:
    flights: Flights[str] = Flights()

    def fail() -> str:
        raise NotAuthenticated

    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            flights.run("key", fail)
    assert flights.run("key", lambda: "fine") == "fine"


def test_whoever_waits_too_long_is_told() -> None:
    flights: Flights[str] = Flights(wait=0.01)
    gate = Gate()
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(flights.run, "key", gate.work)
        assert gate.started.wait(30)
        with pytest.raises(Busy):
            flights.run("key", lambda: "own")
        gate.go.set()
        assert leader.result(30) == "result"


def test_an_unexpected_error_of_the_first_leaves_nobody_waiting() -> None:
    flights: Flights[str] = Flights()

    def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flights.run("key", fail)
    assert flights.run("key", lambda: "fine") == "fine"
