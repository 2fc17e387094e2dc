"""What all plugins that say texts have in common."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from platypush._lib.files import private_dir
from platypush.errors import BadRequest, Forbidden
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin
from platypush.plugins.tts._player import find_player
from platypush.plugins.tts._speaker import SPEAKER, Said, Speaker, Speech

__all__ = ["SpeechPlugin", "checked_volume"]


class SpeechPlugin(ServicePlugin):
    """Base of the engines. They share one queue: one text is said after the other, never two at once."""

    longest = 20_000
    """Characters of one text."""

    def __init__(
        self,
        *,
        volume: int | None = None,
        player: list[str] | None = None,
        output_dir: Path | None = None,
        max_queue: int = 32,
        **kwargs: Any,
    ) -> None:
        """
        :param volume: Default loudness: 100 is normal, 0 to 200.
        :param player: Program and arguments that play a WAV file, whose path is added. Default: the first found of
            pw-play, paplay, aplay, mpv, ffplay, mplayer, play.
        :param output_dir: Folder that `output_file` is in. Default: `tts` in the hub's workdir.
        :param max_queue: How many texts may wait, those of all engines together.
        """
        super().__init__(**kwargs)
        self._volume = checked_volume(volume)
        self._player = player
        self._output_dir = output_dir
        self._max_queue = max_queue
        self._speaker: Speaker = SPEAKER

    @action
    def stop(self) -> int:
        """Be quiet: stop what is being said, and forget what waits, whatever engine it is of.

        :return: How many texts were stopped or forgotten.
        """
        return self._speaker.clear()

    @action
    def get_queue(self) -> list[dict[str, Any]]:
        """What is being said and what waits, of all engines, in order.

        :return: A list of `{plugin, engine, text, language, speaking}`.
        """
        return [
            {
                "plugin": said.plugin,
                "engine": said.engine,
                "text": said.text,
                "language": said.language,
                "speaking": speaking,
            }
            for said, speaking in self._speaker.queue()
        ]

    @action
    def get_volume(self) -> int:
        """The loudness of texts that name none.

        :return: 0 to 200, with 100 for normal.
        """
        return 100 if self._volume is None else self._volume

    @action
    def set_volume(self, volume: int) -> int:
        """Set the loudness of texts that name none, until the hub restarts.

        :param volume: 0 to 200, with 100 for normal.
        :return: The same.
        """
        self._volume = checked_volume(volume)
        return volume

    def on_start(self) -> None:
        """Have the texts of this engine said."""
        self._speaker.join(self)

    def on_stop(self) -> None:
        """Fall silent; other engines go on."""
        self._speaker.leave(self)

    def _say(
        self,
        said: Said,
        synthesize: Callable[[Path], None],
        output_file: str | None,
        wait: bool,
    ) -> dict[str, Any]:
        """Put a text into the queue, or write it to a file. ``synthesize`` writes the sound to the path it is given."""
        if output_file is not None:
            path = self._path(output_file)
            _write(synthesize, path)
            return {"engine": said.engine, "output_file": str(path)}
        player = find_player(self._player)
        handle, name = tempfile.mkstemp(prefix="platypush-tts-", suffix=".wav")
        os.close(handle)
        speech = Speech(Path(name), player, said, self)
        try:
            synthesize(speech.file)
            self._speaker.put(speech, self._max_queue)
        except BaseException:
            speech.file.unlink(missing_ok=True)
            raise
        if wait:
            speech.wait()
        return {"engine": said.engine, "player": player.name}

    def _checked(self, text: str) -> str:
        if not text.strip():
            raise BadRequest(f"{self.name}.say needs a text: it is empty.")
        if len(text) > self.longest:
            raise BadRequest(f"{self.name}.say takes {self.longest} characters at once, not {len(text)}.")
        return text

    def _path(self, name: str) -> Path:
        folder = private_dir((self._output_dir or self.services.config.workdir / "tts").expanduser()).resolve()
        path = (folder / Path(name).expanduser()).resolve()
        if path.parent != folder:
            raise Forbidden(
                f"{name} is outside of {folder}. Give a name without a folder, or set output_dir in the section "
                f"{self.name}."
            )
        return path


def checked_volume(volume: int | None) -> int | None:
    """``volume``, when it is one. Raises BadRequest."""
    if volume is not None and not 0 <= volume <= 200:
        raise BadRequest(f"volume is from 0 to 200, with 100 for normal, not {volume}.")
    return volume


def _write(synthesize: Callable[[Path], None], path: Path) -> None:
    # The name stays at the end: some programs tell the format by it.
    temporary = path.with_name(f".part-{path.name}")
    try:
        synthesize(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
