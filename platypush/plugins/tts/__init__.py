"""Text to speech."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from platypush._lib.files import private_dir
from platypush.errors import ActionFailed, BadRequest, Forbidden
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.services import ServicePlugin
from platypush.plugins.tts._espeak import Espeak, Voice
from platypush.plugins.tts._player import find_player
from platypush.plugins.tts._queue import Speech, SpeechQueue

__plugin__ = "TtsPlugin"
__all__ = ["TtsPlugin"]

_LONGEST = 20_000


class TtsPlugin(ServicePlugin, RunnablePlugin):
    """Say things, with espeak-ng (or espeak) and whatever plays sound here.

    One text is spoken after the other, never two at once.
    """

    def __init__(
        self,
        *,
        language: str | None = None,
        voice: str | None = None,
        speed: int | None = None,
        volume: int | None = None,
        player: list[str] | None = None,
        output_dir: Path | None = None,
        max_queue: int = 32,
        **kwargs: Any,
    ) -> None:
        """
        :param language: Default language, such as ``en-gb``.
        :param voice: Default voice; ``tts.get_voices`` lists them.
        :param speed: Default words a minute, 80 to 450.
        :param volume: Default loudness: 100 is normal, 0 to 200.
        :param player: Program and arguments that play a WAV file, whose path is added. Default: the first found of
            pw-play, paplay, aplay, mpv, ffplay, mplayer, play.
        :param output_dir: Folder that ``output_file`` is in. Default: ``tts`` in the hub's workdir.
        :param max_queue: How many texts may wait.
        """
        super().__init__(**kwargs)
        self._defaults = Voice(language, voice, speed, volume)
        self._player = player
        self._output_dir = output_dir
        self._queue = SpeechQueue(max_queue)

    @action
    def say(
        self,
        text: str,
        language: str | None = None,
        voice: str | None = None,
        speed: int | None = None,
        volume: int | None = None,
        output_file: str | None = None,
        wait: bool = True,
    ) -> dict[str, Any]:
        """Say a text, after those that are still being said.

        :param text: What to say.
        :param language: Language, such as ``en-gb`` or ``de``.
        :param voice: Voice; counts before ``language``.
        :param speed: Words a minute, 80 to 450.
        :param volume: Loudness: 100 is normal, 0 to 200.
        :param output_file: Write a WAV file of this name, inside of the configured ``output_dir``, instead of playing.
        :param wait: Return when the text has been said; without it at once.
        :return: ``{engine, player}``, or ``{engine, output_file}``.
        """
        if not text.strip():
            raise BadRequest("tts.say needs a text: it is empty.")
        if len(text) > _LONGEST:
            raise BadRequest(f"tts.say takes {_LONGEST} characters at once, not {len(text)}.")
        engine = Espeak.find()
        chosen = self._defaults.with_changes(language, voice, speed, volume)
        if output_file is not None:
            path = self._path(output_file)
            self._write(engine, text, chosen, path)
            return {"engine": engine.name, "output_file": str(path)}
        player = find_player(self._player)
        handle, name = tempfile.mkstemp(prefix="platypush-tts-", suffix=".wav")
        os.close(handle)
        speech = Speech(Path(name), player)
        try:
            engine.synthesize(text, chosen, speech.file)
            self._queue.put(speech)
        except BaseException:
            speech.file.unlink(missing_ok=True)
            raise
        if wait:
            speech.wait()
        return {"engine": engine.name, "player": player.name}

    @action
    def stop(self) -> int:
        """Be quiet: stop what is being said, and forget what waits.

        :return: How many texts were stopped or forgotten.
        """
        return self._queue.clear()

    @action
    def get_voices(self, language: str | None = None) -> list[dict[str, str]]:
        """The voices that there are.

        :param language: Only those for this language.
        :return: A list of ``{name, language, gender}``.
        """
        return Espeak.find().voices(language)

    def main(self) -> None:
        """Say what is in the queue, one after the other, until the hub stops."""
        while (speech := self._queue.next()) is not None:
            self._speak(speech)

    def on_stop(self) -> None:
        """Fall silent."""
        self._queue.close()
        super().on_stop()

    def _speak(self, speech: Speech) -> None:
        error: Exception | None = None
        try:
            speech.player.play(speech.file, speech.started)
        except (ActionFailed, OSError) as failure:
            self.logger.warning("A text could not be said: %s", failure)
            error = failure
        # Before the caller goes on: nothing is left behind then.
        speech.file.unlink(missing_ok=True)
        speech.finish(error)

    def _write(self, engine: Espeak, text: str, voice: Voice, path: Path) -> None:
        temporary = path.with_name(f".{path.name}.part")
        try:
            engine.synthesize(text, voice, temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        folder = private_dir((self._output_dir or self.services.config.workdir / "tts").expanduser()).resolve()
        path = (folder / Path(name).expanduser()).resolve()
        if path.parent != folder:
            raise Forbidden(
                f"{name} is outside of {folder}. Give a name without a folder, or set output_dir in the section tts."
            )
        return path
