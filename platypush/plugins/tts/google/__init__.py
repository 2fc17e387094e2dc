"""Text to speech by Google."""

from __future__ import annotations

from typing import Any

from platypush.outgoing.exchange import Exchange, Limits
from platypush.outgoing.hosts import AllowedHosts
from platypush.plugins import action
from platypush.plugins.tts._engine import SpeechPlugin, checked_volume
from platypush.plugins.tts._sound import write_sound
from platypush.plugins.tts._speaker import Said
from platypush.plugins.tts.google._translate import Translate, language_code, languages

__plugin__ = "TtsGooglePlugin"
__all__ = ["TtsGooglePlugin"]

_LARGEST = 4 * 1024 * 1024
_MOST_REDIRECTS = 3
_ENGINE = "google"


class TtsGooglePlugin(SpeechPlugin):
    """Say things with the voices of Google Translate: each text is sent to Google.

    It shares the queue with `tts`: two engines never talk at once.
    """

    longest = 2_000

    def __init__(
        self,
        *,
        language: str = "en",
        slow: bool = False,
        base_url: str = "https://translate.google.com",
        timeout: float = 5,
        voice: str | None = None,
        gender: str | None = None,
        credentials_file: str | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param language: Default language; `tts.google.get_languages` lists them.
        :param slow: Whether to speak slowly by default.
        :param base_url: Where Google Translate is. Nothing else is ever connected to.
        :param timeout: Seconds for one request; a long text takes several.
        :param voice: Counts before `language`; of the name of a voice (`en-US-Wavenet-C`) only its language.
        :param gender: Of earlier versions, which used another service of Google; it has no effect.
        :param credentials_file: The same.
        """
        super().__init__(**kwargs)
        if gender or credentials_file:
            self.logger.warning("tts.google: gender and credentials_file have no effect: it needs no account.")
        self._language = language_code(voice or language)
        self._slow = slow
        exchange = Exchange(
            AllowedHosts([], urls=[base_url]), Limits(timeout, _LARGEST, _MOST_REDIRECTS), owner="tts.google"
        )
        self._translate = Translate(exchange, base_url)

    @action
    def say(
        self,
        text: str,
        language: str | None = None,
        voice: str | None = None,
        slow: bool | None = None,
        volume: int | None = None,
        output_file: str | None = None,
        wait: bool = True,
    ) -> dict[str, Any]:
        """Say a text, after those that are still being said.

        :param text: What to say, 2000 characters at most.
        :param language: Language, such as `en` or `pt-PT`.
        :param voice: The same: Google has one voice for each language.
        :param slow: Whether to speak slowly.
        :param volume: Loudness: 100 is normal, 0 to 200.
        :param output_file: Write a file of this name, inside of the configured `output_dir`, instead of playing: WAV,
            or MP3 when the name ends so.
        :param wait: Return when the text has been said; without it at once.
        :return: `{engine, player}`, or `{engine, output_file}`.
        """
        self._checked(text)
        wanted = voice or language
        code = self._language if wanted is None else language_code(wanted)
        loudness = self.get_volume().output if volume is None else checked_volume(volume)
        slowly = self._slow if slow is None else slow
        return self._say(
            Said(self.name, _ENGINE, text, code),
            lambda file: write_sound(self._translate.speech(text, code, slow=slowly), file, loudness),
            output_file,
            wait,
        )

    @action
    def get_voices(self, language: str | None = None) -> list[dict[str, str]]:
        """The voices that there are: one for each language.

        :param language: Only that for this language.
        :return: A list of `{name, language, gender}`.
        """
        wanted = None if language is None else language_code(language)
        return [{"name": code, "language": code, "gender": ""} for code in languages() if wanted in (None, code)]

    @action
    def get_languages(self) -> list[dict[str, str]]:
        """The languages that there are.

        :return: A list of `{language, name}`.
        """
        return [{"language": code, "name": name} for code, name in languages().items()]
