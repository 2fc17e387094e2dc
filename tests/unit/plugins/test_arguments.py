"""Arguments from outside against signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from platypush.errors import ArgumentError
from platypush.plugins import Plugin, action
from platypush.plugins.arguments import ActionArguments, for_constructor, for_function

if TYPE_CHECKING:
    from nowhere import Unknown  # type: ignore[import-not-found]


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: int = 0


def number(x: int) -> None: ...
def real(x: float) -> None: ...
def text(x: str) -> None: ...
def truth(x: bool) -> None: ...
def optional(x: str = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013
def union(x: int | str) -> None: ...
def words(x: list[str]) -> None: ...
def numbers(x: tuple[int, ...]) -> None: ...
def unique(x: set[str]) -> None: ...
def path(x: Path) -> None: ...
def moment(x: datetime) -> None: ...
def day(x: date) -> None: ...
def choice(x: Literal["a", "b"]) -> None: ...
def colour(x: Colour) -> None: ...
def table(x: dict[str, int]) -> None: ...
def point(x: Point) -> None: ...
def anything(x) -> None: ...  # type: ignore[no-untyped-def]
def unreadable(x: Unknown, y: int = 0) -> None: ...
def odd(x: Callable[[], int]) -> None: ...


def bind(function: Callable[..., Any], arguments: Any) -> Any:
    return for_function("test.run", function).bind(arguments)


@pytest.mark.parametrize(
    ("function", "given", "taken"),
    [
        (number, 7, 7),
        (real, 7, 7.0),
        (real, 0.5, 0.5),
        (text, "7", "7"),
        (text, "", ""),
        (truth, True, True),
        (optional, None, None),
        (optional, "a", "a"),
        (union, 7, 7),
        (union, "7", "7"),
        (words, ["a"], ["a"]),
        (numbers, [1, 2], (1, 2)),
        (unique, ["a", "a"], {"a"}),
        (path, "/tmp/x", Path("/tmp/x")),
        (moment, "2026-02-03T04:05:06", datetime(2026, 2, 3, 4, 5, 6)),  # noqa: DTZ001 - as given: without a zone
        (day, "2026-02-03", date(2026, 2, 3)),
        (choice, "b", "b"),
        (colour, "red", Colour.RED),
        (table, {"a": 1}, {"a": 1}),
        (point, {"x": 1}, Point(1)),
        (anything, [object], [object]),
        (unreadable, "x", "x"),
    ],
)
def test_what_fits_is_taken_in_the_type_of_the_signature(function: Any, given: Any, taken: Any) -> None:
    positional, keywords = bind(function, {"x": given})
    assert positional == ()
    assert keywords == {"x": taken}
    assert type(keywords["x"]) is type(taken)


@pytest.mark.parametrize(
    ("function", "given", "reason"),
    [
        (number, "7", "must be int, not str"),
        (number, 7.5, "must be int, not float"),
        (number, True, "must be int, not bool"),
        (number, None, "must be int, not None"),
        (real, "7", "must be float, not str"),
        (text, 7, "must be str, not int"),
        (text, None, "must be str, not None"),
        (truth, "yes", "must be bool, not str"),
        (truth, 1, "must be bool, not int"),
        (optional, 7, "must be str or None, not int"),
        (union, 1.5, "must be int or str, not float"),
        (words, "a", "must be list[str], not str"),
        (words, ["a", 7], "must have str, not int, at [1]"),
        (numbers, ["a"], "must have int, not str, at [0]"),
        (path, 7, "must be Path, not int"),
        (choice, "c", "must be one of 'a', 'b'"),
        (table, {"a": "1"}, "must have int, not str, at ['a']"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_types(function: Any, given: Any, reason: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        bind(function, {"x": given})
    assert str(caught.value) == f"test.run: 'x' {reason}."
    assert caught.value.details == {"action": "test.run", "arguments": {"x": reason}}


def say(words: str, volume: int = 50, *, loud: bool = False) -> None:
    """Say something.

    In one of many voices.

    :param words: What to say,
        in any language.
    :param volume: How loud.
    :return: Nothing.
    """


def test_all_errors_come_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        bind(say, {"word": "hi", "volume": "7", "loud": 1})
    assert caught.value.details["arguments"] == {
        "words": "is missing",
        "volume": "must be int, not str",
        "loud": "must be bool, not int",
        "word": "is unknown. Did you mean 'words'?",
    }
    assert str(caught.value).startswith("test.run: 'words' is missing; ")


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(ArgumentError) as caught:
        bind(number, {"x": "hunter2"})
    assert "hunter2" not in str(caught.value.to_dict())


def test_a_list_goes_by_position() -> None:
    assert bind(say, ["hi", 7]) == ((), {"words": "hi", "volume": 7})
    with pytest.raises(ArgumentError, match=r"takes 2 positional argument\(s\) \(words, volume\), not 3"):
        bind(say, ["hi", 7, True])
    with pytest.raises(ArgumentError, match="'volume' must be int, not str"):
        bind(say, ["hi", "7"])


def test_positional_only_and_surplus_arguments_stay_in_place() -> None:
    def first(a: int, /, b: int = 2, *rest: Any, **more: Any) -> tuple[Any, ...]:
        return a, b, rest, more

    checked = for_function("test.first", first)
    for given, result in (
        ([1], (1, 2, (), {})),
        ([1, 5, 6, 7], (1, 5, (6, 7), {})),
        ({"a": 1, "c": 3}, (1, 2, (), {"c": 3})),
    ):
        positional, keywords = checked.bind(given)
        assert first(*positional, **keywords) == result


def test_parameters_may_be_called_like_methods_of_a_model() -> None:
    def send(json: Any, copy: int, schema: str = "", _private: int = 1) -> None: ...

    assert bind(send, {"json": 1, "copy": 2, "_private": 3})[1] == {"json": 1, "copy": 2, "_private": 3}


def test_an_annotation_that_cannot_be_read_leaves_the_others_checked() -> None:
    with pytest.raises(ArgumentError, match="'y' must be int"):
        bind(unreadable, {"x": 1, "y": "a"})
    assert bind(odd, {"x": max}) == ((), {"x": max})


def test_an_action_without_arguments_compiles_nothing() -> None:
    checked = for_function("test.nothing", lambda: None)
    assert checked.bind({}) == ((), {})
    assert checked.bind([]) == ((), {})
    assert checked._adapter is None


def test_the_methods_own_self_is_left_out() -> None:
    class Lamp(Plugin):
        @action
        def on(self, level: int) -> None: ...

    assert for_function("lamp.on", Lamp.on, method=True).bind([3]) == ((), {"level": 3})


def test_the_schema_has_types_defaults_and_docs() -> None:
    checked: ActionArguments = for_function("test.say", say)
    assert checked.schema() == {
        "type": "object",
        "additionalProperties": False,
        "required": ["words"],
        "properties": {
            "words": {"type": "string", "description": "What to say, in any language."},
            "volume": {"type": "integer", "default": 50, "description": "How loud."},
            "loud": {"type": "boolean", "default": False},
        },
    }
    assert checked.documentation.summary == "Say something."
    assert checked.documentation.text == "Say something.\n\nIn one of many voices."
    assert checked.documentation.returns == "Nothing."


def test_a_schema_needs_no_other_document() -> None:
    schema = for_function("test.point", point).schema()
    assert "$defs" not in schema
    assert schema["properties"]["x"]["properties"]["y"]["type"] == "integer"
    assert for_function("test.odd", odd).schema()["properties"]["x"] == {}


def test_a_constructor_takes_what_its_bases_take_as_far_as_it_hands_it_on() -> None:
    class Base(Plugin):
        def __init__(self, host: str, port: int = 80, **kwargs: Any) -> None: ...

    class Open(Base):
        def __init__(self, room: str, **kwargs: Any) -> None: ...

    class Closed(Base):
        def __init__(self, room: str) -> None: ...

    with pytest.raises(ArgumentError) as caught:
        for_constructor("lamp", Open).bind({"room": "x", "port": "80"})
    assert caught.value.details["arguments"] == {"host": "is missing", "port": "must be int, not str"}
    assert for_constructor("lamp", Closed).bind({"room": "x"}) == ((), {"room": "x"})
    with pytest.raises(ArgumentError, match="'host' is unknown"):
        for_constructor("lamp", Closed).bind({"room": "x", "host": "y"})
