"""A folder of scripts, and a runtime with a light that only counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from platypush.context import clear_runtime, set_runtime
from platypush.event.types import EventTypes
from platypush.message.request import Request
from platypush.message.response import Response
from platypush.scripts import LoadedScripts, load_scripts


class FakeLights:
    """Stands in for ``light.hue``."""

    def __init__(self) -> None:
        self.toggled = 0

    def toggle(self, *args: Any, **kwargs: Any) -> Response:
        self.toggled += 1
        return Response(output={"args": args, "kwargs": kwargs})


class FakeRuntime:
    """A hub with one plugin; requests are answered by what they ask."""

    def __init__(self) -> None:
        self.lights = FakeLights()
        self.requests: list[Request] = []

    def get_plugin(self, name: str) -> FakeLights:
        assert name == "light.hue"
        return self.lights

    def get_backend(self, name: str) -> NoReturn:
        raise AssertionError(name)

    def get_bus(self) -> NoReturn:
        raise AssertionError

    def run_request(self, request: Request) -> Response:
        self.requests.append(request)
        if request.action.endswith("fail"):
            return Response(errors=["lamp broken"])
        return Response(output=request.args)


@pytest.fixture
def runtime() -> Iterator[FakeRuntime]:
    """The process's runtime for the time of the test."""
    made = FakeRuntime()
    set_runtime(made)
    yield made
    clear_runtime()


ScriptLoader = Callable[..., LoadedScripts]


@pytest.fixture
def load(tmp_path: Path) -> ScriptLoader:
    """Writes the given files and loads the folder anew: ``load(hooks='…')``."""

    def run(**files: str) -> LoadedScripts:
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load_scripts(tmp_path, EventTypes())

    return run
