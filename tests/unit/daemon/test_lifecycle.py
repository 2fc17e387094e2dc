"""What was started is stopped in the opposite order."""

from __future__ import annotations

import logging
from functools import partial

import pytest

from platypush.daemon.lifecycle import Lifecycle


def test_the_last_started_is_stopped_first_and_only_once() -> None:
    stopped: list[str] = []
    life = Lifecycle()
    for name in ("database", "bus", "web"):
        life.started(name, partial(stopped.append, name))
    life.stop_all()
    life.stop_all()
    assert stopped == ["web", "bus", "database"]


def test_a_part_that_fails_to_stop_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    stopped: list[str] = []

    def fail() -> None:
        raise OSError("stuck")

    life = Lifecycle()
    life.started("first", lambda: stopped.append("first"))
    life.started("second", fail)
    with caplog.at_level(logging.ERROR):
        life.stop_all()
    assert stopped == ["first"]
    assert "second" in caplog.text


def test_one_part_can_be_stopped_before_its_turn() -> None:
    stopped: list[str] = []
    life = Lifecycle()
    for name in ("web", "bus"):
        life.started(name, partial(stopped.append, name))
    life.stop_first("web")
    life.stop_first("nothing")
    life.stop_all()
    assert stopped == ["web", "bus"]
