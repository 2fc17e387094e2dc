"""What animated lights are told, step by step."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from platypush.errors import BadRequest, Unavailable
from platypush.plugins.light.hue._animation import Animation, Animator, Kind, Settings, first, following
from platypush.plugins.light.hue._state import State

COLOUR = {"on": True, "bri": 1, "hue": 1, "sat": 1}


def settings(kind: Kind = "color_transition", **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "type": kind,
        "duration": None,
        "hue_range": (100, 300),
        "sat_range": (0, 255),
        "bri_range": (0, 255),
        "hue_step": 150,
        "sat_step": 2,
        "bri_step": 1,
        "transition_seconds": 0.0,
    }
    return Settings(**(values | changes))


def test_a_light_starts_anywhere_in_the_ranges_with_what_it_has() -> None:
    assert first(settings(), {"1": COLOUR, "2": {"on": True, "bri": 1}}, lambda low, high: high) == {
        "1": {"on": True, "hue": 300, "sat": 254, "bri": 254},
        "2": {"on": True, "bri": 254},
    }


def test_a_transition_walks_through_its_range_and_begins_again() -> None:
    states = first(settings(), {"1": COLOUR}, lambda low, high: low)
    assert states["1"] == {"on": True, "hue": 100, "sat": 0, "bri": 1}
    hues = []
    for _ in range(4):
        states = following(settings(), states)
        hues.append(states["1"]["hue"])
    assert hues == [250, 199, 148, 298]
    assert states["1"] == {"hue": 298, "sat": 8, "bri": 5}


def test_blinking_lights_go_on_and_off_at_once() -> None:
    states = first(settings("blink"), {"1": COLOUR}, lambda low, high: low)
    assert states == {"1": {"on": True, "transitiontime": 0}}
    states = following(settings("blink"), states)
    assert states == {"1": {"on": False, "transitiontime": 0}}
    assert following(settings("blink"), states)["1"]["on"] is True


@pytest.mark.parametrize(
    "odd",
    [
        {"hue_range": (300, 100)},
        {"hue_range": (0, 65536)},
        {"bri_range": (-1, 3)},
        {"sat_range": (0, 256)},
        {"transition_seconds": -1.0},
        {"duration": 0.0},
    ],
)
def test_odd_ranges_and_times_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="animate: '"):
        settings(**odd).check()


class Stage:
    """Lights that note what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[list[str], State]] = []
        self.enough = threading.Event()
        self.fail = False
        self.ended: list[Animation] = []

    def tell(self, lights: Sequence[str], state: State) -> None:
        self.told.append((list(lights), dict(state)))
        if len(self.told) >= 3:
            self.enough.set()
        if self.fail:
            raise Unavailable("no bridge")

    def animation(self, **changes: Any) -> Animation:
        lights = {"1": {"state": COLOUR}, "2": {"state": COLOUR}}
        return Animation(settings("blink", **changes), lights, (), self.tell)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def animator() -> Animator:
    return Animator(logging.getLogger("lights"))


def test_lights_that_are_told_the_same_are_told_together(stage: Stage, animator: Animator) -> None:
    animator.start(stage.animation(), stage.ended.append)
    assert stage.enough.wait(10)
    assert animator.stop()
    assert stage.told[:2] == [(["1", "2"], {"on": on, "transitiontime": 0}) for on in (True, False)]
    assert len(stage.ended) == 1
    assert not animator.stop()


def test_it_ends_by_itself_when_its_time_is_over(stage: Stage, animator: Animator) -> None:
    over = threading.Event()
    animator.start(stage.animation(duration=0.05, transition_seconds=600.0), lambda animation: over.set())
    assert over.wait(10)
    assert animator.current is None


def test_it_stops_in_the_middle_of_a_long_pause(stage: Stage, animator: Animator) -> None:
    animator.start(stage.animation(transition_seconds=600.0), stage.ended.append)
    assert animator.stop(grace=10)
    assert len(stage.ended) == 1


def test_a_new_one_takes_the_place_of_the_old_one(stage: Stage, animator: Animator) -> None:
    old, new = stage.animation(), stage.animation(transition_seconds=600.0)
    animator.start(old, stage.ended.append)
    animator.start(new, stage.ended.append)
    assert animator.current is new
    assert stage.ended == [old]
    animator.stop(grace=10)


def test_a_bridge_that_is_away_stops_no_animation_and_is_told_once(
    stage: Stage, animator: Animator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platypush.plugins.light.hue._animation._AFTER_FAILURE", 0.01)
    stage.fail = True
    animator.start(stage.animation(), stage.ended.append)
    assert stage.enough.wait(10)
    assert animator.current is not None
    animator.stop(grace=10)
    assert [record.getMessage() for record in caplog.records] == ["The animation waits: no bridge"]
