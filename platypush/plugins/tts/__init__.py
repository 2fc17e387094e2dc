"""Text to speech."""

from __future__ import annotations

from typing import Any

from platypush.plugins import action
from platypush.plugins.tts._engine import SpeechPlugin
from platypush.plugins.tts._espeak import Espeak, Voice
from platypush.plugins.tts._speaker import Said

__plugin__ = "TtsPlugin"
__all__ = ["TtsPlugin"]


class TtsPlugin(SpeechPlugin):
    """Say things, with espeak-ng (or espeak) and whatever plays sound here.

    One text is spoken after the other, never two at once.
    """

    def __init__(
        self,
        *,
        language: str | None = None,
        voice: str | None = None,
        speed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param language: Default language, such as `en-gb`.
        :param voice: Default voice; `tts.get_voices` lists them.
        :param speed: Default words a minute, 80 to 450.
        """
        super().__init__(**kwargs)
        self._defaults = Voice(language, voice, speed)

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
        :param language: Language, such as `en-gb` or `de`.
        :param voice: Voice; counts before `language`.
        :param speed: Words a minute, 80 to 450.
        :param volume: Loudness: 100 is normal, 0 to 200.
        :param output_file: Write a WAV file of this name, inside of the configured `output_dir`, instead of playing.
        :param wait: Return when the text has been said; without it at once.
        :return: `{engine, player}`, or `{engine, output_file}`.
        """
        self._checked(text)
        engine = Espeak.find()
        chosen = self._defaults.with_changes(language, voice, speed, self._volume if volume is None else volume)
        return self._say(
            Said(self.name, engine.name, text, chosen.language),
            lambda file: engine.synthesize(text, chosen, file),
            output_file,
            wait,
        )

    @action
    def get_voices(self, language: str | None = None) -> list[dict[str, str]]:
        """The voices that there are.

        :param language: Only those for this language.
        :return: A list of `{name, language, gender}`.
        """
        return Espeak.find().voices(language)

    @action
    def get_languages(self) -> list[dict[str, str]]:
        """The languages that there are.

        :return: A list of `{language, name}`.
        """
        return Espeak.find().languages()
