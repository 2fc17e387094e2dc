"""Asking again and again: when, and what becomes of failures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from platypush.errors import ActionFailed, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.polling import Poll, Polling, pause_after
from tests.running.waiting import until

LOGGER = logging.getLogger("tests.polling")
Start = Callable[[dict[str, Poll]], "Polling[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """``start(polls)``: a polling that runs, until the end of the test."""
    made: list[tuple[Polling[str], threading.Thread]] = []

    def begin(polls: dict[str, Poll]) -> Polling[str]:
        polling: Polling[str] = Polling(lambda: polls, LOGGER, "tests")
        thread = threading.Thread(target=polling.run)
        thread.start()
        made.append((polling, thread))
        return polling

    yield begin
    for polling, thread in made:
        polling.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("error", "failures", "pause"),
    [
        (Unavailable("no connection"), 1, 1),
        (Unavailable("no connection"), 3, 4),
        (TimeLimit("late"), 10, 5),
        (Unavailable("no connection"), 200, 60),
        (Unavailable("429", details={"status": 429}, retry_after=120), 1, 120),
        (Unavailable("429", details={"status": 429}, retry_after=0), 1, 1),
        (Unavailable("503", details={"status": 503}, retry_after=10**9), 1, 86_400),
        (Unavailable("503", details={"status": 503}), 1, 300),
        (ActionFailed("404", details={"status": 404}), 1, 300),
        (ActionFailed("no feed"), 9, 300),
    ],
)
def test_when_a_server_is_asked_again_that_failed(error: PlatypushError, failures: int, pause: float) -> None:
    assert pause_after(error, failures, 300) == pause


def test_a_server_that_hangs_holds_up_no_other_one(start: Start) -> None:
    asked, release = threading.Event(), threading.Event()
    start(
        {
            "slow": Poll("slow", 60, lambda _: release.wait(20)),
            "quick": Poll("quick", 60, lambda _: asked.set(), lambda: 0.05),
        }
    )
    try:
        assert asked.wait(10)
    finally:
        release.set()


def test_one_line_when_a_server_goes_and_one_when_it_is_back(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answers: list[PlatypushError | None] = [None, Unavailable("gone"), TimeLimit("gone"), None]
    turns: list[int] = []

    def ask(stopped: Callable[[], bool]) -> None:
        turns.append(1)
        answer = answers[min(len(turns), len(answers)) - 1]
        if answer is not None:
            raise answer

    polling = start({"a": Poll("Server a", 0.01, ask)})
    until(lambda: polling.failure("a"), 20)
    assert polling.reason == "gone"
    until(lambda: len(turns) > 4, 20)
    until(lambda: polling.failure("a") is None)
    lines = [record.getMessage() for record in caplog.records if "Server a" in record.getMessage()]
    assert len(lines) == 2
    assert lines[0].startswith("Server a is away: gone")
    assert lines[1].startswith("Server a is back")


def test_a_server_that_is_away_is_one_line_for_all_that_is_asked_of_it(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    away = threading.Event()
    away.set()

    def ask(stopped: Callable[[], bool]) -> None:
        if away.is_set():
            raise Unavailable("no connection")

    def missing(stopped: Callable[[], bool]) -> None:
        ask(stopped)
        raise ActionFailed("404", details={"status": 404})

    polls = {name: Poll(f"Feed {name}", 0.01, ask, server="x.example:80") for name in "abc"}
    polls["d"] = Poll("Feed d", 0.01, missing, server="x.example:80")
    polling = start(polls)
    until(lambda: [polling.failure(name) for name in "abcd"] == ["no connection"] * 4)
    assert polling.reason
    away.clear()
    until(lambda: [polling.failure(name) for name in "abcd"] == [None, None, None, "404"])
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(":80 ")[2][:7] for line in lines if "x.example" in line] == ["is away", "is back"]
    assert [line for line in lines if "Feed" in line] == ["Feed d is away: 404. Trying again until it is back."]


def test_a_server_that_is_back_with_nothing_but_errors_is_back(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    errors: list[PlatypushError] = [Unavailable("no connection")]

    def ask(stopped: Callable[[], bool]) -> None:
        raise errors[0]

    polling = start({"a": Poll("Feed a", 0.01, ask, server="x.example:80")})
    until(lambda: polling.failure("a"))
    errors[0] = ActionFailed("404", details={"status": 404})
    until(lambda: polling.failure("a") == "404")
    assert [record.getMessage().partition(" is ")[2][:4] for record in caplog.records] == ["away", "back", "away"]


def test_the_reason_of_all_is_there_only_when_none_answers(start: Start) -> None:
    def fail(stopped: Callable[[], bool]) -> None:
        raise ActionFailed("no")

    polls = {"a": Poll("a", 60, fail), "b": Poll("b", 60, fail)}
    polling = start(polls)
    until(lambda: polling.failure("a") and polling.failure("b"))
    reason: str | None = polling.reason
    assert reason == "None of 2 addresses answers. no"
    assert polling.failure("unknown") is None
    polls["c"] = Poll("c", 60, lambda _: None)
    assert polling.hasten([], 1)
    polling.renew()
    assert polling.hasten(["c"], 10)
    assert polling.reason is None
    del polls["a"], polls["b"]
    polling.renew()
    assert polling.failure("a") is None


def test_an_error_of_the_program_is_logged_and_ends_nothing(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    turns: list[int] = []

    def ask(stopped: Callable[[], bool]) -> None:
        turns.append(1)
        if len(turns) == 1:
            raise KeyError("x")

    polling = start({"a": Poll("Server a", 0.01, ask)})
    until(lambda: len(turns) > 2 and polling.failure("a") is None)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["Server a cannot be read"]


def test_what_is_under_way_learns_that_nobody_wants_it(start: Start) -> None:
    began, seen = threading.Event(), threading.Event()

    def ask(stopped: Callable[[], bool]) -> None:
        began.set()
        until(stopped)
        seen.set()
        raise Unavailable("not worth a line")

    polling = start({"a": Poll("a", 60, ask)})
    assert began.wait(10)
    polling.stop()
    assert seen.wait(10)
    assert polling.failure("a") is None
