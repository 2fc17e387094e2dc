"""The supervisor's single steps, and its thread."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from platypush._lib.clock import SystemClock
from platypush.process import Child, Command, PosixSystem, State, Supervisor
from tests.fakes.clock import ManualClock
from tests.fakes.system import RecordingSystem


def make_child(system: RecordingSystem, clock: ManualClock, name: str = "server") -> Child:
    return Child(name, lambda: Command(argv=(name,)), system=system, clock=clock)


def test_a_step_takes_over_and_starts_what_was_added() -> None:
    system, clock = RecordingSystem(), ManualClock()
    supervisor = Supervisor(system)
    child = make_child(system, clock)
    supervisor.add(child)
    assert not system.commands
    supervisor.step()
    assert child.state is State.STARTING


def test_a_step_tells_when_the_next_thing_is_due() -> None:
    system, clock = RecordingSystem(), ManualClock()
    supervisor = Supervisor(system)
    supervisor.add(make_child(system, clock, "slow"))
    supervisor.add(make_child(system, clock, "quick"))
    supervisor.step()
    assert supervisor.step() is None
    system.end(1, 1)
    clock.advance(0.5)
    assert supervisor.step() == 1.5


def test_a_stop_ends_all_children_the_youngest_first() -> None:
    system, clock = RecordingSystem(), ManualClock()
    supervisor = Supervisor(system)
    for name in ("first", "second"):
        supervisor.add(make_child(system, clock, name))
    supervisor.step()
    supervisor.stop(0)
    supervisor.step()
    assert system.done("kill") == [("kill", 2, signal.SIGTERM), ("kill", 1, signal.SIGTERM)]
    assert not supervisor.finished
    system.end(1, 0)
    system.end(2, 0)
    supervisor.step()
    assert supervisor.finished


def test_a_retired_child_is_forgotten_when_it_has_ended() -> None:
    system, clock = RecordingSystem(), ManualClock()
    supervisor = Supervisor(system)
    child = make_child(system, clock)
    supervisor.add(child)
    supervisor.step()
    supervisor.retire(child)
    supervisor.step()
    system.end(1, 0)
    supervisor.step()
    clock.advance(1000)
    assert supervisor.step() is None
    assert len(system.commands) == 1


def test_what_a_submitted_function_raises_reaches_the_caller_only() -> None:
    supervisor = Supervisor(RecordingSystem())

    def fail() -> None:
        raise LookupError("no")

    future = supervisor.submit(fail)
    supervisor.step()
    with pytest.raises(LookupError):
        future.result(0)


@pytest.fixture
def real() -> Iterator[tuple[Supervisor, PosixSystem]]:
    system = PosixSystem()
    supervisor = Supervisor(system)
    supervisor.start()
    yield supervisor, system
    assert supervisor.stop(20)


def python(code: str) -> Command:
    return Command(argv=(sys.executable, "-I", "-S", "-c", code), env={})


def eventually(condition: object, timeout: float = 10.0) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


def test_a_real_process_that_is_killed_comes_back(real: tuple[Supervisor, PosixSystem]) -> None:
    supervisor, system = real
    child = Child("sleeper", lambda: python("import time; time.sleep(60)"), system=system, clock=SystemClock())
    supervisor.add(child)
    assert eventually(lambda: child.pid is not None)
    first = child.pid
    assert first is not None
    supervisor.submit(lambda: system.kill(first, signal.SIGKILL)).result(5)
    assert eventually(lambda: child.pid not in (None, first))
    assert child.status().last_exit == "killed by SIGKILL"


def test_a_missing_program_ends_with_127(real: tuple[Supervisor, PosixSystem]) -> None:
    supervisor, system = real
    command = Command(argv=("/nonexistent/program",), env={})
    child = Child("missing", lambda: command, system=system, clock=SystemClock())
    supervisor.add(child)
    assert eventually(lambda: child.state is State.BACKOFF)
    assert child.status().last_exit == "exit code 127"


def test_nothing_can_be_submitted_after_the_end() -> None:
    supervisor = Supervisor(PosixSystem())
    supervisor.start()
    assert supervisor.stop(5)
    with pytest.raises(RuntimeError):
        supervisor.submit(lambda: None)
