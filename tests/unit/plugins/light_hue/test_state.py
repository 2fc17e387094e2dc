"""What lights can be told."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest
from platypush.plugins.light.hue._state import checked, colour_state, percent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"bri": 255}, {"bri": 254}),
        ({"bri": 0}, {"bri": 1}),
        ({"sat": 255, "hue": 65535}, {"sat": 254, "hue": 65535}),
        ({"bri": 99.7, "on": True}, {"bri": 100, "on": True}),
        ({"xy": (0.3, 1)}, {"xy": [0.3, 1.0]}),
        ({"effect": "colorloop", "alert": "lselect"}, {"effect": "colorloop", "alert": "lselect"}),
        ({"bri_inc": -254, "transitiontime": 0}, {"bri_inc": -254, "transitiontime": 0}),
        ({"scene": "AB34EF5"}, {"scene": "AB34EF5"}),
    ],
)
def test_what_callers_give_is_sent_as_the_bridge_takes_it(given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert checked(given, action="set_light") == sent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bri": 256}, r"set_light: 'bri' must be an integer of 0 to 255, not 256\."),
        ({"bri": -1}, "0 to 255"),
        ({"bri": "7"}, "an integer of 0 to 255, not '7'"),
        ({"bri": True}, "an integer of 0 to 255, not True"),
        ({"bri": 300.0}, r"0 to 255, not 300\."),
        ({"bri": float("nan")}, "an integer"),
        ({"ct": 100}, "153 to 500 mired"),
        ({"on": 1}, "true or false, not 1"),
        ({"xy": [0.1]}, "two numbers of 0 to 1"),
        ({"xy": [0.1, 1.1]}, "two numbers of 0 to 1"),
        ({"xy": [0.1, True]}, "two numbers of 0 to 1"),
        ({"xy_inc": [0.6, 0]}, "two numbers of -0.5 to 0.5"),
        ({"effect": "party"}, "one of none, colorloop"),
        ({"scene": ""}, "a text"),
        ({"brightness": 3}, "no parameter 'brightness'"),
        ({"efect": "none"}, "Did you mean 'effect'"),
        ({"light": "Hall"}, "Did you mean 'lights'"),
    ],
)
def test_what_no_light_takes_is_refused_before_the_bridge_sees_it(given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        checked(given, action="set_light")


@pytest.mark.parametrize(
    ("colour", "state"),
    [
        # The corners of the gamut, and white, as Philips' guide to colour conversion gives them.
        ("#ff0000", {"xy": [0.7006, 0.2993], "bri": 254}),
        ("00FF00", {"xy": [0.1724, 0.7468], "bri": 254}),
        ("#00f", {"xy": [0.1355, 0.0399], "bri": 254}),
        ([255, 255, 255], {"xy": [0.3227, 0.329], "bri": 254}),
        ("#800000", {"xy": [0.7006, 0.2993], "bri": 127}),
        ("#000001", {"xy": [0.1355, 0.0399], "bri": 1}),
        ("#000", {"on": False}),
    ],
)
def test_a_colour_becomes_its_place_in_the_diagram_and_its_brightness(
    colour: str | list[int], state: dict[str, Any]
) -> None:
    assert colour_state(colour) == state


@pytest.mark.parametrize(
    "colour", ["red", "#12345", "", [1, 2], [1, 2, 256], [1, 2, True], [0.5, 0, 0], None, {"r": 1}]
)
def test_what_is_no_colour_is_refused(colour: Any) -> None:
    with pytest.raises(BadRequest, match="is no colour"):
        colour_state(colour)


@pytest.mark.parametrize(("delta", "steps"), [(100, 254), (-50, -127), (0, 0), (0.1, 1), (-0.1, -1)])
def test_a_delta_is_a_part_of_the_whole_range(delta: float, steps: int) -> None:
    assert percent(delta, 254) == steps


def test_a_delta_of_more_than_everything_is_refused() -> None:
    with pytest.raises(BadRequest, match="-100 to 100, not 101"):
        percent(101, 254)
