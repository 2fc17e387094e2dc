"""Small values by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from platypush.user.service import Users


def test_a_value_comes_back_as_it_was(empty: Users) -> None:
    values = {"text": "7", "number": 7, "nothing": None, "list": [1, {"a": "ü"}], "false": False}
    empty.values.set("variable", values)
    assert empty.values.all("variable") == values
    for name, value in values.items():
        assert empty.values.get("variable", name, "default") == value


def test_a_missing_value_is_the_default(empty: Users) -> None:
    assert empty.values.get("variable", "x") is None
    assert empty.values.get("variable", "x", 3) == 3


def test_namespaces_do_not_see_each_other(empty: Users) -> None:
    empty.values.set("a", {"x": 1})
    assert empty.values.all("b") == {}


def test_a_value_is_replaced(empty: Users) -> None:
    empty.values.set("a", {"x": 1})
    empty.values.set("a", {"x": 2})
    assert empty.values.all("a") == {"x": 2}


def test_values_are_forgotten_by_name(empty: Users) -> None:
    empty.values.set("a", {"x": 1, "y": 2, "z": 3})
    assert empty.values.delete("a", "x", "z", "unknown") == 2
    assert empty.values.all("a") == {"y": 2}


def test_values_that_are_no_json_are_refused_all_together(empty: Users) -> None:
    with pytest.raises(TypeError):
        empty.values.set("a", {"good": 1, "bad": object()})
    assert empty.values.all("a") == {}


def test_no_update_is_lost_among_many_at_once(empty: Users) -> None:
    empty.values.set("a", {"x": 0})

    def add(_: int) -> None:
        empty.values.update("a", "x", lambda value: value + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert empty.values.get("a", "x") == 80
