"""A camera plugin outside of a hub."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platypush.message.event import Event
from platypush.plugins.camera.ffmpeg import CameraFfmpegPlugin
from platypush.plugins.services import PluginServices
from platypush.streams import Opener
from tests.running.waiting import open_descriptors, until


class Offers:
    """Where the plugin offers its stream."""

    def __init__(self) -> None:
        self.openers: dict[str, Opener] = {}

    def offer(self, name: str, opener: Opener) -> None:
        self.openers[name] = opener

    def withdraw(self, name: str) -> None:
        self.openers.pop(name, None)


class Events:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.posted: list[Event] = []

    def post(self, event: Event) -> None:
        self.posted.append(event)

    def names(self) -> list[str]:
        return [type(event).__name__.removeprefix("Camera").removesuffix("Event") for event in self.posted]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def offers() -> Offers:
    return Offers()


@pytest.fixture
def make_camera(
    tmp_path: Path, events: Events, offers: Offers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CameraFfmpegPlugin]]:
    """Makes a started camera; a test picture by default. Nothing is left of it at the end."""
    threads, descriptors = threading.active_count(), len(open_descriptors())
    made: list[CameraFfmpegPlugin] = []
    monkeypatch.setattr(CameraFfmpegPlugin, "get_bus", lambda _: events)

    def make(**section: Any) -> CameraFfmpegPlugin:
        test_picture = {"device": "testsrc", "input_format": "lavfi", "resolution": [64, 48], "fps": 20}
        plugin = CameraFfmpegPlugin(
            **{"stop_capture_after": 0.1, **({} if "device" in section else test_picture), **section}
        )
        plugin.bind(PluginServices(config=SimpleNamespace(workdir=tmp_path / "work"), streams=offers))  # type: ignore[arg-type]
        plugin.start()
        made.append(plugin)
        return plugin

    yield make
    for plugin in made:
        plugin.stop()
    until(lambda: threading.active_count() <= threads)
    until(lambda: len(open_descriptors()) <= descriptors)
