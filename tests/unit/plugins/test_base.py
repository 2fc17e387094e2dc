"""``Plugin``, ``RunnablePlugin`` and ``action``."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
import threading
from typing import Any

import pytest

from platypush.message.response import Response
from platypush.plugins import Plugin, RunnablePlugin, action, is_action
from platypush.plugins._docstrings import parse


class Lamp(Plugin):
    @action
    def plain(self, value: Any = None) -> Any:
        """Give it back."""
        return value

    @action
    def broken(self) -> None:
        raise ValueError("no bulb")

    def helper(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("returned", "output", "errors"),
    [
        (None, None, []),
        ("text", "text", []),
        ((1, None), 1, []),
        ((1, "late"), 1, ["late"]),
        ((None, ["a", "b"]), None, ["a", "b"]),
        ((1, 2, 3), (1, 2, 3), []),
        ([1, 2], [1, 2], []),
    ],
)
def test_an_action_called_directly_returns_a_response(returned: Any, output: Any, errors: list[str]) -> None:
    response = Lamp().plain(returned)
    assert (response.output, response.errors) == (output, errors)


def test_a_response_passes_through() -> None:
    response = Response(output=1, errors=["x"])
    assert Lamp().plain(response) is response


def test_exceptions_propagate_to_a_direct_caller() -> None:
    with pytest.raises(ValueError, match="no bulb"):
        Lamp().broken()


def test_an_action_keeps_its_signature_and_docstring() -> None:
    assert list(inspect.signature(Lamp.plain).parameters) == ["self", "value"]
    assert Lamp.plain.__doc__ == "Give it back."
    assert is_action(Lamp.plain)
    assert is_action(Lamp().plain)
    assert not is_action(Lamp.helper)


def test_a_plugin_of_the_old_style_works_and_is_named_by_its_class() -> None:
    class DoorBellPlugin(Plugin):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.rings = 0

    plugin = DoorBellPlugin()
    assert plugin.name == "doorbell"
    assert plugin.logger.name == "platypush.plugins.doorbell"


def test_options_that_nobody_takes_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Lamp(colour="red")
    assert "does not know: colour" in caplog.text


class Counter(RunnablePlugin):
    """Counts the calls of main and fails in those listed."""

    def __init__(self, failing: tuple[int, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.calls = 0
        self.failing = failing
        self.pauses: list[float | None] = []
        self.finished = threading.Event()

    def main(self) -> None:
        self.calls += 1
        if self.calls in self.failing:
            raise RuntimeError(f"call {self.calls} failed")

    def wait_stop(self, seconds: float | None = None) -> bool:
        self.pauses.append(seconds)
        if len(self.pauses) == 4:
            self.finished.set()
            return super().wait_stop(None)
        return super().wait_stop(0)


def test_main_runs_once_without_an_interval() -> None:
    plugin = Counter()
    plugin.start()
    plugin.stop()
    assert plugin.calls == 1
    assert not plugin.is_running()


def test_main_runs_again_after_each_interval_until_stop() -> None:
    plugin = Counter(poll_interval=7)
    plugin.start()
    assert plugin.finished.wait(10)
    assert plugin.is_running()
    plugin.stop()
    assert (plugin.calls, plugin.pauses) == (4, [7, 7, 7, 7])
    assert not plugin.is_running()


def test_a_failing_main_is_called_again_after_growing_pauses_and_shows_why() -> None:
    plugin = Counter(failing=(1, 2, 4), poll_interval=7)
    plugin.start()
    assert plugin.finished.wait(10)
    assert plugin.failure == "call 4 failed"
    plugin.stop()
    assert plugin.pauses == [1, 2, 7, 1]


def test_own_set_up_and_clean_up_are_called_whether_by_one_name_or_the_other() -> None:
    class Device(Counter):
        def on_start(self) -> None:
            self.done = ["start"]
            super().on_start()

        def on_stop(self) -> None:
            super().on_stop()
            self.done.append("stop")

    plugin = Device()
    plugin.start()
    plugin.stop()
    assert plugin.done == ["start", "stop"]


def test_an_argument_alone_is_read_with_all_of_its_lines() -> None:
    class Device(Plugin):
        @action
        def ring(self, times: int = 1) -> None:
            """
            :param times: How often,
                in one go.
            """

    assert parse(inspect.getdoc(Device.ring)).parameters == {"times": "How often, in one go."}


def test_stop_ends_a_main_that_waits() -> None:
    class Waiter(RunnablePlugin):
        def main(self) -> None:
            while not self.should_stop():
                self.wait_stop()

    plugin = Waiter()
    plugin.start()
    assert plugin.is_running()
    plugin.stop()
    assert not plugin.is_running()


def test_the_base_imports_without_any_third_party_package_but_the_codec() -> None:
    code = (
        "import sys, platypush.plugins\n"
        "heavy = {'pydantic', 'sqlalchemy', 'flask', 'redis', 'yaml', 'requests'} & set(sys.modules)\n"
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
