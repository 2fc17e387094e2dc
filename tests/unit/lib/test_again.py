"""Calling something again and again, and saying once that what it needs is away."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from platypush._lib.again import again
from platypush._lib.presence import Presence


class Away(Exception):
    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


def run(steps: list[Exception | float | None]) -> tuple[list[float], Presence]:
    """Do ``steps`` one after the other; the pauses between them."""
    pauses: list[float] = []
    logger = logging.getLogger("tests.again")
    presence = Presence(logger, "The lamp")
    left = iter(steps)

    def step() -> float | None:
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == len(steps)

    again(step, wait=wait, away=(Away,), presence=presence, logger=logger, name="lamp")
    return pauses, presence


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_what_is_away_is_said_once_each_way_and_looked_for_every_few_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        pauses, presence = run([Away("No answer")] * 5 + [None])
    assert pauses == [1, 2, 4, 5, 5]
    assert presence.reason is None
    assert lines(caplog) == [
        ("WARNING", "The lamp is away: No answer. Trying again until it is back."),
        ("INFO", "The lamp is back after 0 s."),
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_a_server_that_says_when_to_come_back_is_believed() -> None:
    assert run([Away("Slow down", retry_after=90), None])[0] == [90]


def test_an_unexpected_failure_is_logged_with_its_traceback_and_the_pauses_grow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses, presence = run([ValueError("no number")] * 8)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert presence.reason == "no number"
    assert all(record.exc_info for record in caplog.records)


def test_after_a_good_step_the_pauses_begin_anew() -> None:
    assert run([Away("x"), Away("x"), 7.0, Away("x"), None])[0] == [1, 2, 7, 1]


@pytest.mark.parametrize("note", [Presence.lost, Presence.broke])
def test_the_last_reason_is_known(note: Callable[[Presence, str], None]) -> None:
    presence = Presence(logging.getLogger("tests.again"), "The lamp")
    note(presence, "one")
    note(presence, "two")
    assert presence.reason == "two"
    presence.found()
    assert presence.reason is None


def test_a_step_that_had_what_it_needs_before_it_failed_begins_with_short_pauses() -> None:
    pauses: list[float] = []
    logger = logging.getLogger("tests.again")
    presence = Presence(logger, "The lamp")

    def step() -> None:
        if len(pauses) != 2:
            # As a loop of its own does it, once it is connected.
            presence.found()
        raise Away("gone")

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == 4

    again(step, wait=wait, away=(Away,), presence=presence, logger=logger, name="lamp")
    assert pauses == [1, 1, 2, 1]
