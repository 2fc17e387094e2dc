"""Which lights, groups and scenes are meant."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest, NotFound
from platypush.plugins.light.hue._targets import Command, find, find_scene, listed, plan, visible

LIGHTS: dict[str, dict[str, Any]] = {
    "1": {"name": "Hall"},
    "2": {"name": "Kitchen, left"},
    "3": {"name": "desk"},
    "4": {"name": "Desk"},
    "5": {"name": "7"},
    "6": {"name": "Twin"},
    "7": {"name": "Twin"},
}
GROUPS: dict[str, dict[str, Any]] = {
    "1": {"name": "Up", "lights": ["1", "2"]},
    "2": {"name": "Down", "lights": ["1", "2", "3", "4", "5", "6"]},
}
SCENES: dict[str, dict[str, Any]] = {
    "a": {"name": "Relax", "group": "1", "lights": ["1"]},
    "b": {"name": "Bright", "group": "1"},
    "c": {"name": "Bright", "group": "2"},
    "d": {"name": "Old", "lights": ["3"]},
    "e": {"name": "Recycled", "recycle": True, "group": "1"},
}


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        ("Hall", ["1"]),
        ("hall", ["1"]),
        ("desk", ["3"]),
        ("Desk", ["4"]),
        (["Hall", "Desk", "Hall"], ["1", "4"]),
        ("Hall, Desk", ["1", "4"]),
        ("Kitchen, left", ["2"]),
        ("6", ["6"]),
        (4, ["4"]),
        ([1, 2], ["1", "2"]),
        # A name counts before an id.
        ("7", ["5"]),
        (None, []),
        ("", []),
        ([], []),
    ],
)
def test_lights_are_found_by_name_and_by_id(names: Any, ids: list[str]) -> None:
    assert find(listed(names), LIGHTS, "light") == ids


def test_a_name_that_nothing_has_is_an_error_with_a_hint() -> None:
    with pytest.raises(NotFound, match=r"There is no light 'Hal'\. Did you mean 'Hall'\? There are: 7, Desk, Hall"):
        find(["Hal"], LIGHTS, "light")
    with pytest.raises(NotFound, match=r"There is no group 'x'\. There are: none\."):
        find(["x"], {}, "group")


def test_a_name_that_two_have_needs_an_id() -> None:
    with pytest.raises(BadRequest, match=r"2 lights called 'Twin': use an id \(6, 7\)"):
        find(["Twin"], LIGHTS, "light")


def lights(*ids: str) -> list[Command]:
    return [Command("lights", number) for number in ids]


def test_few_lights_are_told_one_by_one_and_groups_as_such() -> None:
    assert plan(["2", "1"], ["1"], LIGHTS, GROUPS) == [Command("groups", "1"), *lights("1", "2")]


def test_many_lights_are_told_by_the_group_that_has_exactly_them() -> None:
    assert plan(GROUPS["2"]["lights"], [], LIGHTS, GROUPS) == [Command("groups", "2")]
    assert plan(LIGHTS, [], LIGHTS, GROUPS) == [Command("groups", "0")]
    others = ["1", "2", "3", "4", "5", "7"]
    assert plan(others, [], LIGHTS, GROUPS) == lights(*others)


def test_a_command_goes_to_the_resource_of_its_kind() -> None:
    assert Command("lights", "1").path == "/lights/1/state"
    assert Command("groups", "0").path == "/groups/0/action"


@pytest.mark.parametrize(
    ("name", "groups", "pairs"),
    [
        ("Relax", [], [("1", "a")]),
        ("relax", ["1"], [("1", "a")]),
        ("Bright", ["2"], [("2", "c")]),
        ("Bright", ["1", "2"], [("1", "b"), ("2", "c")]),
        ("c", [], [("2", "c")]),
        ("e", [], [("1", "e")]),
        ("Old", [], [("0", "d")]),
        ("Old", ["2"], [("2", "d")]),
        ("Old", ["0"], [("0", "d")]),
    ],
)
def test_a_scene_is_found_where_it_belongs(name: str, groups: list[str], pairs: list[tuple[str, str]]) -> None:
    assert find_scene(name, groups, SCENES, GROUPS) == pairs


@pytest.mark.parametrize(
    ("name", "groups", "error", "words"),
    [
        ("Relx", [], NotFound, r"no scene 'Relx'\. Did you mean 'Relax'\? There are: Bright, Old, Relax\."),
        ("Recycled", [], NotFound, "no scene"),
        ("Bright", [], BadRequest, r"2 scenes called 'Bright' \(Up, Down\): say which with 'groups'"),
        ("Relax", ["2"], NotFound, r"Down has no scene 'Relax'; it is one of Up\."),
        ("Old", ["1"], NotFound, r"Up has no scene 'Old'; it is one of lights of several groups\."),
    ],
)
def test_a_scene_that_is_not_there_or_not_one_is_an_error(
    name: str, groups: list[str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        find_scene(name, groups, SCENES, GROUPS)


def test_what_the_bridge_made_for_its_own_use_is_not_shown() -> None:
    assert visible({"1": {"name": "x"}, "2": {"name": "y", "recycle": True}}) == {"1": {"id": "1", "name": "x"}}
