"""Events of voice assistants."""

from typing import Any

from platypush.message.event.phrase import PhraseEvent

__all__ = ["SpeechRecognizedEvent"]


class SpeechRecognizedEvent(PhraseEvent):
    """Somebody said ``phrase``."""

    def __init__(self, phrase: str, **kwargs: Any) -> None:
        super().__init__(phrase=phrase.strip(), **kwargs)
