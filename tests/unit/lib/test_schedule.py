"""Which of several things is due."""

from __future__ import annotations

import threading

from platypush._lib.schedule import Schedule
from tests.running.waiting import until


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_has_its_turn_at_its_own_pace() -> None:
    clock = Clock()
    schedule: Schedule[str] = Schedule(clock)
    schedule.keep({"a": lambda: 0.0, "b": lambda: 5.0})
    assert schedule.take() == ["a"]
    assert schedule.take() == []
    schedule.done("a", 10.0)
    clock.now += 6
    assert schedule.take() == ["b"]
    clock.now += 5
    assert schedule.take() == ["a"]


def test_a_known_key_keeps_its_turn_and_one_that_is_gone_has_none() -> None:
    clock = Clock()
    schedule: Schedule[str] = Schedule(clock)
    schedule.keep({"a": lambda: 3.0})
    schedule.keep({"a": lambda: 0.0, "b": lambda: 0.0})
    assert schedule.take() == ["b"]
    schedule.keep({"a": lambda: 0.0})
    schedule.done("b", 0.0)
    clock.now += 3
    assert schedule.take() == ["a"]


def test_what_is_hastened_is_due_now_and_waited_for() -> None:
    schedule: Schedule[str] = Schedule(Clock())
    schedule.keep({"a": lambda: 50.0, "b": lambda: 50.0})
    outcome: list[bool] = []
    caller = threading.Thread(target=lambda: outcome.append(schedule.hasten(["a", "unknown"], 10)))
    caller.start()
    taken: list[str] = []

    def take() -> bool:
        taken.extend(schedule.take())
        return bool(taken)

    until(take)
    assert taken == ["a"]
    schedule.done("a", 5.0)
    caller.join(10)
    assert outcome == [True]


def test_what_is_hastened_while_it_runs_has_another_turn() -> None:
    schedule: Schedule[str] = Schedule(Clock())
    schedule.keep({"a": lambda: 0.0})
    schedule.take()
    assert not schedule.hasten(["a"], 0)
    schedule.done("a", 600)
    assert schedule.take() == ["a"]
    schedule.done("a", 600)
    assert schedule.take() == []


def test_hastening_gives_up_after_its_time() -> None:
    schedule: Schedule[str] = Schedule(Clock())
    schedule.keep({"a": lambda: 50.0})
    assert not schedule.hasten(["a"], 0.01)


def test_waiting_ends_when_something_is_due_or_everything_ends() -> None:
    schedule: Schedule[str] = Schedule(Clock())
    schedule.keep({"a": lambda: 0.0})
    schedule.wait(600)
    schedule.take()
    waiter = threading.Thread(target=lambda: schedule.wait(600))
    hastened = threading.Thread(target=lambda: schedule.hasten(["a"], 600))
    waiter.start()
    hastened.start()
    schedule.close()
    waiter.join(10)
    hastened.join(10)
    assert not waiter.is_alive()
    assert not hastened.is_alive()
