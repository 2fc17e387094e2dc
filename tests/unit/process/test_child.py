"""The life of a supervised process, step by step, without processes and without waiting."""

from __future__ import annotations

import errno
import signal

import pytest

from platypush.process import Child, Command, Policy, State, StopStep
from tests.fakes.clock import ManualClock
from tests.fakes.system import RecordingSystem

KILLED = -signal.SIGKILL
COMMAND = Command(argv=("server",))


class World:
    """A child with its clock and its system."""

    def __init__(self, policy: Policy | None = None, stop_steps: tuple[StopStep, ...] = ()) -> None:
        self.clock = ManualClock()
        self.system = RecordingSystem()
        self.started: list[int] = []
        self.child = Child(
            "server",
            lambda: COMMAND,
            system=self.system,
            clock=self.clock,
            policy=policy,
            stop_steps=stop_steps,
            on_start=self.started.append,
        )

    def run_ready(self, seconds: float = 0.0) -> int:
        """Start, become ready, live for a while; the pid."""
        self.child.start()
        pid = self.ready()
        self.clock.advance(seconds)
        return pid

    def ready(self) -> int:
        pid = self.child.pid
        assert pid is not None
        self.child.mark_ready(pid)
        return pid

    def state(self) -> State:
        return self.child.state

    def end(self, code: int) -> None:
        pid = self.child.pid
        assert pid is not None
        self.system.end(pid, code)
        self.child.step()

    def wait_for_start(self) -> float:
        """Let time pass until the next start; how long that took."""
        if self.state() is State.STARTING:
            return 0.0
        wait = self.child.step()
        assert wait is not None
        self.clock.advance(wait)
        self.child.step()
        return wait


@pytest.fixture
def world() -> World:
    return World()


def test_a_child_is_starting_until_somebody_finds_it_ready(world: World) -> None:
    world.child.start()
    assert (world.state(), world.started) == (State.STARTING, [1])
    world.ready()
    assert world.state() is State.RUNNING


def test_readiness_of_a_process_that_is_gone_is_ignored(world: World) -> None:
    world.child.start()
    world.end(1)
    world.wait_for_start()
    world.child.mark_ready(1)
    assert world.state() is State.STARTING


def test_a_killed_child_that_lived_for_a_while_is_started_at_once(world: World) -> None:
    world.run_ready(60)
    world.end(KILLED)
    assert (world.state(), world.child.pid) == (State.STARTING, 2)


def test_what_a_dead_child_left_in_its_group_is_killed_before_it_is_reaped(world: World) -> None:
    pid = world.run_ready(60)
    world.end(KILLED)
    assert world.system.calls[-3:] == [("kill_group", pid, signal.SIGKILL), ("reap", pid), ("spawn", 2)]


def test_two_starts_are_a_second_apart(world: World) -> None:
    world.run_ready(0.25)
    world.end(KILLED)
    assert world.wait_for_start() == pytest.approx(0.75)


def test_a_child_that_is_killed_twenty_times_in_a_row_is_back_within_a_second_each_time(world: World) -> None:
    world.run_ready(1.0)
    for _ in range(20):
        world.end(KILLED)
        assert world.wait_for_start() <= 1.0
        world.ready()
        world.clock.advance(0.5)


def test_a_child_that_never_gets_ready_is_started_ever_more_rarely_but_for_ever(world: World) -> None:
    world.child.start()
    waits = []
    for _ in range(8):
        world.end(1)
        waits.append(world.wait_for_start())
    assert waits == [2, 4, 8, 16, 30, 30, 30, 30]
    assert world.state() is State.STARTING


def test_a_child_that_dies_soon_after_each_start_slows_down_after_some_patience() -> None:
    world = World(Policy(quick_deaths=3))
    world.child.start()
    waits = []
    for _ in range(6):
        world.ready()
        world.end(KILLED)
        waits.append(world.wait_for_start())
    assert waits == [1, 1, 1, 2, 4, 8]


def test_a_stable_life_clears_the_count_of_quick_deaths() -> None:
    world = World(Policy(quick_deaths=0))
    world.run_ready()
    world.end(KILLED)
    assert world.wait_for_start() == 2
    world.ready()
    world.clock.advance(10)
    world.end(KILLED)
    assert world.wait_for_start() == 0


@pytest.mark.parametrize("code", [22, 127])
def test_an_application_or_program_that_cannot_load_is_given_up_after_three_tries(world: World, code: int) -> None:
    world.child.start()
    for _ in range(2):
        world.end(code)
        world.wait_for_start()
    world.end(code)
    assert world.state() is State.FATAL
    assert world.child.status().reason == f"exit code {code}"


def test_a_child_that_was_given_up_is_tried_again_every_five_minutes(world: World) -> None:
    world.child.start()
    for _ in range(2):
        world.end(22)
        world.wait_for_start()
    world.end(22)
    assert world.wait_for_start() == 300
    assert world.state() is State.STARTING
    world.end(22)
    assert world.state() is State.FATAL


def test_another_end_in_between_is_not_counted_as_fatal(world: World) -> None:
    world.child.start()
    for code in (22, 22, 1, 22):
        world.end(code)
        assert world.state() is State.BACKOFF
        world.wait_for_start()


def test_a_reload_starts_a_child_that_was_given_up(world: World) -> None:
    world.child.start()
    for _ in range(2):
        world.end(22)
        world.wait_for_start()
    world.end(22)
    world.child.start()
    assert world.state() is State.STARTING
    world.end(22)
    assert world.state() is State.BACKOFF


def test_starting_a_child_that_is_alive_does_nothing(world: World) -> None:
    world.run_ready()
    world.child.start()
    assert len(world.system.commands) == 1


def test_a_program_that_cannot_be_started_is_tried_again(world: World) -> None:
    world.system.spawn_error = OSError(errno.ENOMEM, "Cannot allocate memory")
    world.child.start()
    assert world.state() is State.BACKOFF
    assert world.child.status().reason == "cannot be started: Cannot allocate memory"
    world.system.spawn_error = None
    assert world.wait_for_start() == 2
    assert world.state() is State.STARTING


def test_a_stop_asks_then_terminates_then_kills_the_group() -> None:
    asked: list[int] = []

    def ask(pid: int) -> bool:
        asked.append(pid)
        return True

    world = World(stop_steps=(StopStep(act=ask, patience=10),))
    pid = world.run_ready()
    world.child.stop()
    assert (world.state(), asked) == (State.STOPPING, [pid])
    world.wait_for_start()
    assert world.system.done("kill") == [("kill", pid, signal.SIGTERM)]
    world.wait_for_start()
    assert world.system.done("kill_group") == [("kill_group", pid, signal.SIGKILL)]
    world.end(KILLED)
    assert world.state() is State.STOPPED


def test_a_step_that_reaches_nobody_is_skipped_at_once() -> None:
    world = World(stop_steps=(StopStep(act=lambda _pid: False, patience=10),))
    pid = world.run_ready()
    world.child.stop()
    assert world.system.done("kill") == [("kill", pid, signal.SIGTERM)]


def test_a_child_that_ends_when_asked_gets_no_signal(world: World) -> None:
    world = World(stop_steps=(StopStep(act=lambda _pid: True, patience=10),))
    world.run_ready()
    world.child.stop()
    world.end(0)
    assert (world.state(), world.system.done("kill")) == (State.STOPPED, [])
    assert world.child.step() is None


def test_a_child_that_waits_for_its_next_start_stops_at_once(world: World) -> None:
    world.child.start()
    world.end(1)
    world.child.stop()
    assert (world.state(), world.child.step()) == (State.STOPPED, None)


def test_a_stopping_child_that_hangs_in_the_kernel_is_killed_again_and_again(world: World) -> None:
    world.run_ready()
    world.child.stop()
    for _ in range(4):
        world.wait_for_start()
    assert len(world.system.done("kill_group")) >= 3


def test_the_status_names_the_last_end_and_the_time_to_the_next_start(world: World) -> None:
    world.run_ready(0.5)
    world.end(KILLED)
    status = world.child.status().to_dict()
    assert status == {
        "name": "server",
        "state": "backoff",
        "pid": None,
        "restarts": 0,
        "last_exit": "killed by SIGKILL",
        "reason": "killed by SIGKILL",
        "retry_in": 0.5,
    }
