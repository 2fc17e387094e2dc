"""Which lights have changed."""

from __future__ import annotations

from typing import Any

from platypush.plugins.light.hue._changes import Changes


def lights(**states: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {light: {"name": light.upper(), "state": state} for light, state in states.items()}


def test_nothing_has_changed_when_the_lights_are_seen_first() -> None:
    assert Changes().note(lights(a={"on": True})) == []


def test_each_light_that_changed_is_told_once_with_what_changed() -> None:
    changes = Changes()
    changes.note(lights(a={"on": True, "bri": 3, "mode": "x"}, b={"on": False}))
    after = lights(a={"on": True, "bri": 4, "mode": "y"}, b={"on": True})
    assert changes.note(after) == [
        {"light_id": "a", "light_name": "A", "bri": 4},
        {"light_id": "b", "light_name": "B", "on": True},
    ]
    assert changes.note(after) == []


def test_a_light_that_comes_or_goes_has_not_changed() -> None:
    changes = Changes()
    changes.note(lights(a={"on": True}))
    assert changes.note(lights(b={"on": True})) == []
    assert changes.note(lights(a={"on": False}, b={"on": True})) == []


def test_a_quiet_light_is_told_when_it_is_quiet_no_longer() -> None:
    changes = Changes()
    changes.note(lights(a={"hue": 1}))
    assert changes.note(lights(a={"hue": 2}), quiet=["a"]) == []
    assert changes.note(lights(a={"hue": 3})) == [{"light_id": "a", "light_name": "A", "hue": 3}]
