"""Several buses as one."""

from __future__ import annotations

import pytest

from platypush.bus import Handler
from platypush.bus.several import SeveralBuses
from platypush.message.envelope import Reply


class Bus:
    """A bus that notes what is done to it."""

    def __init__(self, reason: str | None = None, *, broken: bool = False) -> None:
        self.calls, self.connections, self.reason = 1, 2, reason
        self.broken = broken
        self.done: list[object] = []

    def start(self, handler: Handler) -> None:
        if self.broken:
            raise OSError("taken")
        self.done.append("started")

    def stop(self, grace: float) -> None:
        self.done.append(grace)


def handler(_: object) -> Reply:
    return Reply()


def test_what_they_do_is_added_up_and_the_first_reason_counts() -> None:
    buses = SeveralBuses(Bus(), Bus("away"), Bus("gone"))
    assert (buses.calls, buses.connections, buses.reason) == (3, 6, "away")
    assert SeveralBuses(Bus(), Bus()).reason is None


def test_all_are_started_and_stopped() -> None:
    first, second = Bus(), Bus()
    buses = SeveralBuses(first, second)
    buses.start(handler)
    buses.stop(3)
    assert first.done == second.done == ["started", 3]


def test_when_one_cannot_start_none_runs() -> None:
    first, last = Bus(), Bus()
    with pytest.raises(OSError, match="taken"):
        SeveralBuses(first, Bus(broken=True), last).start(handler)
    assert (first.done, last.done) == (["started", 0], [])
