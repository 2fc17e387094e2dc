"""Commands take their turns."""

from __future__ import annotations

import pytest

from platypush.errors import Busy
from platypush.plugins.light.hue._pace import Pace


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stop = False

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.stop

    def pace(self, interval: float, **options: float) -> Pace:
        burst = int(options.pop("burst", 1))
        return Pace(interval, what="Commands", burst=burst, wait=self.wait, clock=lambda: self.now, **options)


def test_turns_are_an_interval_apart() -> None:
    time = Time()
    pace = time.pace(0.5)
    for _ in range(5):
        pace.take()
    assert time.now == pytest.approx(102)


def test_after_a_pause_a_few_go_at_once() -> None:
    time = Time()
    pace = time.pace(0.5, burst=3)
    for _ in range(3):
        pace.take()
    assert time.now == 100
    pace.take()
    assert time.now == pytest.approx(100.5)
    time.now += 60
    for _ in range(3):
        pace.take()
    assert time.now == pytest.approx(160.5)


def test_nobody_waits_for_ever() -> None:
    time = Time()
    pace = Pace(1, what="Commands", longest=2, wait=lambda seconds: False, clock=lambda: time.now)
    for _ in range(3):
        pace.take()
    with pytest.raises(Busy, match=r"Commands wait for 3 s already: the bridge takes one every 1 s") as caught:
        pace.take()
    assert caught.value.retry_after == 3


def test_whoever_waits_when_the_hub_stops_is_told_so() -> None:
    time = Time()
    pace = time.pace(1)
    pace.take()
    time.stop = True
    with pytest.raises(Busy, match="The hub stops"):
        pace.take()
