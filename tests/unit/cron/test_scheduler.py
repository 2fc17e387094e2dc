"""Crons at work, with a clock that stands until it is set."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from platypush.config.model import CronSettings
from platypush.cron import cron, cron_marks
from platypush.cron.configured import configured_crons
from platypush.cron.schedule import Schedule
from platypush.cron.scheduler import CronJob, CronScheduler
from platypush.errors import Unavailable
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.procedure.interpreter import Interpreter


class ManualClock:
    """Both clocks go together, by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


def job(name: str, run: Callable[[], Any]) -> CronJob:
    return CronJob(name=name, schedule=Schedule("* * * * *"), run=run, source=f"{name}.py:1")


def test_the_decorator_leaves_the_function_as_it_is_and_takes_several_times() -> None:
    @cron("@daily")
    @cron("*/5 * * * *")
    def tidy() -> int:
        return 3

    assert tidy() == 3
    assert cron_marks(tidy) == ("*/5 * * * *", "@daily")
    with pytest.raises(TypeError, match="needs an expression"):
        cron(tidy)  # type: ignore[arg-type]


def test_due_jobs_run_and_a_failing_one_hurts_no_other(caplog: pytest.LogCaptureFixture) -> None:
    clock, ran = ManualClock(), threading.Event()

    def broken() -> None:
        raise ValueError("no lamp")

    scheduler = CronScheduler([job("broken", broken), job("fine", ran.set)], clock=clock)
    assert scheduler.step() == 10
    clock.now = 60
    scheduler.step()
    assert ran.wait(10)
    assert scheduler.stop(10)
    states = {status.name: status for status in scheduler.status()}
    assert states["broken"].last_error == "ValueError: no lamp"
    assert states["fine"].last_error is None
    assert states["fine"].next_run.timestamp() == 120
    assert "The cron broken (broken.py:1) failed" in caplog.text


def test_a_job_that_still_runs_is_not_started_again(caplog: pytest.LogCaptureFixture) -> None:
    clock, gate, started = ManualClock(), threading.Event(), threading.Semaphore(0)

    def slow() -> None:
        started.release()
        gate.wait(10)

    scheduler = CronScheduler([job("slow", slow)], clock=clock)
    for clock.now in (60.0, 120.0):
        scheduler.step()
    assert started.acquire(timeout=10)
    assert [status.running for status in scheduler.status()] == [True]
    assert "still runs" in caplog.text
    gate.set()
    assert scheduler.stop(10)
    assert not started.acquire(blocking=False)


def test_the_thread_starts_what_is_due_and_notices_new_jobs() -> None:
    clock, ran = ManualClock(), threading.Event()
    scheduler = CronScheduler(clock=clock)
    scheduler.start()
    scheduler.set_jobs([job("new", ran.set)])
    clock.now = 60
    scheduler.set_jobs([job("new", ran.set)])
    assert ran.wait(10)
    assert scheduler.stop(10)


def test_the_configurations_crons_run_their_actions_and_wrong_ones_are_told() -> None:
    asked: list[str] = []

    def run_request(request: Request) -> Response:
        asked.append(request.action)
        return Response()

    steps = ({"action": "light.hue.on"},)
    jobs, problems = configured_crons(
        [
            CronSettings(name="good", cron_expression="* * * * *", steps=steps, source="c.yaml:3"),
            CronSettings(name="bad", cron_expression="* *", steps=steps, source="c.yaml:9"),
            CronSettings(name="worse", cron_expression="* * * * *", steps=("breka",), source="c.yaml:12"),
        ],
        Interpreter(run_request),
    )
    jobs[0].run()
    assert asked == ["light.hue.on"]
    assert [settings.name for settings, _ in problems] == ["bad", "worse"]
    assert "Did you mean 'break'" in str(problems[1][1])


def test_steps_that_fail_leave_one_line_that_says_where_and_why(caplog: pytest.LogCaptureFixture) -> None:
    steps = ({"action": "light.hue.on"}, {"return": "${1 / 0}"})
    jobs, _ = configured_crons(
        [CronSettings(name="night", cron_expression="* * * * *", steps=steps, source="c.yaml:3")],
        Interpreter(lambda _: Response()),
    )
    clock = ManualClock()
    scheduler = CronScheduler(jobs, clock=clock)
    scheduler.step()
    clock.now = 60
    scheduler.step()
    assert scheduler.stop(10)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "cron.night (c.yaml:3), step 2" in record.getMessage()
    assert not record.exc_info


def test_a_cron_whose_device_is_away_leaves_one_line_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def lights() -> None:
        raise Unavailable("The bridge does not answer.")

    clock = ManualClock()
    scheduler = CronScheduler([job("lights", lights)], clock=clock)
    scheduler.step()
    clock.now = 60
    scheduler.step()
    assert scheduler.stop(10)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().endswith("failed: The bridge does not answer.")
    assert not record.exc_info
