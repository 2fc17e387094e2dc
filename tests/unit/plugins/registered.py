"""Plugins for the tests of the registry."""

from __future__ import annotations

from typing import Any

from platypush.errors import ActionFailed
from platypush.plugins import Plugin, RunnablePlugin, action

__all__ = ["FAILURES", "Broken", "Lamp", "Worker"]

FAILURES = {"RuntimeError": RuntimeError, "KeyError": KeyError, "Exit": SystemExit, "Own": ActionFailed}


class Lamp(Plugin):
    """A lamp."""

    def __init__(self, host: str = "here", token: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.host = host
        self.token = token
        self.calls = 0

    @action
    def on(self, level: int = 100) -> str:
        """Switch it on.

        :param level: How bright.
        """
        self.calls += 1
        return f"{self.host} at {level}"

    @action
    def fail(self, error: str = "RuntimeError") -> None:
        self.calls += 1
        raise FAILURES[error]("boom")

    @action
    def half(self) -> tuple[int, str]:
        return 1, "only half"

    def secret(self) -> None:
        """No action."""


class Broken(Plugin):
    def __init__(self) -> None:
        super().__init__()
        raise RuntimeError("no device")


class Worker(RunnablePlugin):
    def __init__(self, step: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step

    def main(self) -> None:
        if self.step == "raise":
            raise OSError("unplugged")
        self.wait_stop()
