"""``platypush.utils.run``, as scripts use it."""

from __future__ import annotations

import pytest

from platypush.errors import ActionFailed
from platypush.utils import run
from tests.unit.scripts.conftest import FakeRuntime


def test_run_gives_the_output(runtime: FakeRuntime) -> None:
    assert run("light.hue.on", level=3) == {"level": 3}
    assert run("light.hue.on", 3) == [3]
    assert run("procedure.evening") == {}
    assert [request.action for request in runtime.requests] == ["light.hue.on", "light.hue.on", "procedure.evening"]


def test_run_takes_both_kinds_of_arguments_at_once(runtime: FakeRuntime) -> None:
    assert run("light.hue.toggle", "hall", level=3) == {"args": ("hall",), "kwargs": {"level": 3}}


def test_run_raises_a_runtime_error_with_the_actions_errors(runtime: FakeRuntime) -> None:
    with pytest.raises(RuntimeError, match="lamp broken") as caught:
        run("light.hue.fail")
    assert isinstance(caught.value, ActionFailed)


def test_without_a_hub_run_says_so() -> None:
    with pytest.raises(RuntimeError, match="No hub runs"):
        run("light.hue.on")
