"""A music plugin under test, with its real player."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platypush.context import clear_runtime, set_runtime
from platypush.message.event import Event
from platypush.message.event.music import MusicEvent
from platypush.plugins.music import MusicPlugin
from platypush.plugins.music.mopidy import MusicMopidyPlugin
from platypush.plugins.music.mpd import MusicMpdPlugin
from tests.running.mopidy import Mopidy
from tests.running.mpd import Mpd
from tests.running.waiting import open_descriptors, until

__all__ = ["PLAYERS", "Recorder", "Subject", "leaves_nothing", "recording", "subject"]

PLAYERS = ("mpd", "mopidy")


@dataclass
class Recorder:
    """A hub as far as a plugin needs one: it notes the events."""

    events: list[MusicEvent] = field(default_factory=list)

    def get_bus(self) -> Recorder:
        return self

    def post(self, event: Event) -> None:
        assert isinstance(event, MusicEvent)
        self.events.append(event)

    def names(self) -> list[str]:
        """The names of the events' classes, in order."""
        return [type(event).__name__ for event in self.events]


@dataclass
class Subject:
    """A running plugin and its player."""

    kind: str
    server: Mpd | Mopidy
    plugin: MusicPlugin
    recorder: Recorder

    def uri(self, name: str) -> str:
        """The URI of a file of the library."""
        return self.server.uri(name) if isinstance(self.server, Mopidy) else name

    def shelf(self, number: int, name: str) -> str:
        """The URI of a track of the library that can be searched."""
        return f"shelf:{number}" if isinstance(self.server, Mopidy) else name

    def clean(self) -> None:
        """Stopped, nothing queued, no playlists, no modes, and no event of that to come."""
        plugin = self.plugin
        plugin.stop()
        plugin.clear()
        for mode in ("random", "repeat", "single", "consume"):
            getattr(plugin, mode)(False)
        plugin.set_volume(100)
        for playlist in plugin.get_playlists().output:
            plugin.rm(playlist["playlist"])
        self.quiet()

    def quiet(self) -> None:
        """Wait until the plugin knows of all that has happened, and forget its events."""
        status = self.plugin.status().output
        try:
            until(lambda: same(self.plugin._last.status if self.plugin._last else {}, status))
        except AssertionError as error:
            raise AssertionError(
                f"{self.plugin.failure or ''} The plugin knows {self.plugin._last}, the player says {status}."
            ) from error
        self.recorder.events.clear()

    def heard(self, name: str, seconds: float = 10) -> Any:
        """The last event of that name, as soon as there is one."""
        until(lambda: name in self.recorder.names(), seconds)
        return [event for event in self.recorder.events if type(event).__name__ == name][-1]


def same(one: dict[str, str], other: dict[str, str]) -> bool:
    moving = {"elapsed", "time", "bitrate", "audio"}
    return {k: v for k, v in one.items() if k not in moving} == {k: v for k, v in other.items() if k not in moving}


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """A hub that notes events, for the time of the block."""
    made: Any = Recorder()
    set_runtime(made)
    try:
        yield made
    finally:
        clear_runtime()


@contextlib.contextmanager
def subject(kind: str, folder: Path, music: Path, **options: Any) -> Iterator[Subject]:
    """A player and its plugin, connected, for the time of the block."""
    server = Mpd(folder, music) if kind == "mpd" else Mopidy(folder, music)
    cls = MusicMpdPlugin if kind == "mpd" else MusicMopidyPlugin
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        recorder = stack.enter_context(recording())
        plugin = cls(port=server.port, **options)
        stack.callback(plugin.on_stop)
        plugin.on_start()
        until(lambda: plugin._last is not None)
        yield Subject(kind, server, plugin, recorder)


@contextlib.contextmanager
def leaves_nothing() -> Iterator[None]:
    """The block leaves neither a thread nor a descriptor behind."""
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    yield
    until(lambda: not set(threading.enumerate()) - threads)
    left = {name: what for name, what in open_descriptors().items() if descriptors.get(name) != what}
    assert not {what for what in left.values() if re.match("socket|pipe", what)}, left
