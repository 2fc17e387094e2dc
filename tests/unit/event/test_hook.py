"""The decorator, and which arguments a function gets."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.event.hook import hook, hook_marks
from platypush.event.registered import HookIndex
from platypush.message.event.custom import CustomEvent
from platypush.message.event.http.hook import WebhookEvent
from tests.unit.event.conftest import hooks_of


def test_the_decorated_function_stays_the_same_function() -> None:
    def double(x: int) -> int:
        return 2 * x

    assert hook(CustomEvent)(double) is double
    assert double(4) == 8


def test_one_function_may_have_several_hooks() -> None:
    @hook(CustomEvent, subtype="a")
    @hook(WebhookEvent, hook="b", priority=3, durable=True)
    def both() -> None: ...

    inner, outer = hook_marks(both)
    assert (inner.event_type, inner.conditions, inner.priority, inner.durable) == (WebhookEvent, {"hook": "b"}, 3, True)
    assert (outer.event_type, outer.conditions) == (CustomEvent, {"subtype": "a"})


def test_forgetting_the_event_type_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="needs an event class"):
        hook(lambda: None)  # type: ignore[arg-type]


def test_a_function_gets_what_it_names() -> None:
    got: dict[str, Any] = {}

    @hook(CustomEvent)
    def everything(event: CustomEvent, **context: Any) -> None:
        got["everything"] = (event.subtype, context)

    @hook(CustomEvent)
    def only_event(event: CustomEvent) -> None:
        got["only_event"] = event.subtype

    @hook(CustomEvent)
    def other_name(happened: CustomEvent, **_: Any) -> None:
        got["other_name"] = happened.subtype

    @hook(CustomEvent)
    def positional(event: CustomEvent, /, level: int = 0) -> None:
        got["positional"] = (event.subtype, level)

    @hook(CustomEvent)
    def one_argument(level: int) -> None:
        got["one_argument"] = level

    @hook(CustomEvent)
    def nothing() -> None:
        got["nothing"] = True

    @hook(CustomEvent)
    async def waits(level: int) -> None:
        got["waits"] = level

    event = CustomEvent("bell", level=5)
    for found in hooks_of(everything, only_event, other_name, positional, one_argument, nothing, waits):
        found.run(event, {})
    assert got == {
        "everything": ("bell", {"subtype": "bell", "level": 5}),
        "only_event": "bell",
        "other_name": "bell",
        "positional": ("bell", 5),
        "one_argument": 5,
        "nothing": True,
        "waits": 5,
    }


def test_hooks_on_a_class_see_its_subclasses() -> None:
    class Special(CustomEvent): ...

    @hook(CustomEvent)
    def general() -> None: ...

    @hook(Special)
    def special() -> None: ...

    index = HookIndex(hooks_of(general, special))
    assert [found.hook.name for found in index.matching(Special("x"))] == ["general", "special"]
    assert [found.hook.name for found in index.matching(CustomEvent("x"))] == ["general"]


def test_a_webhook_looks_at_hooks_of_its_own_name_only() -> None:
    compared: set[str] = set()

    class Watched(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            compared.add(str(self))
            return str(self) == other

        __hash__ = str.__hash__

    def make(name: str) -> Any:
        @hook(WebhookEvent, hook=Watched(name))
        def function() -> None: ...

        return function

    index = HookIndex(hooks_of(*(make(f"hook{number}") for number in range(1000))))
    assert len(index.matching(WebhookEvent(hook="hook7", method="POST"))) == 1
    assert compared == {"hook7"}
