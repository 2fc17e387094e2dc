"""The base of events that carry something spoken or typed."""

from typing import ClassVar

from platypush.message.event import Event

__all__ = ["PhraseEvent"]


class PhraseEvent(Event):
    """An event whose ``phrase_args`` hooks match word by word, with ``${name}`` for what they extract."""

    phrase_args: ClassVar[frozenset[str]] = frozenset({"phrase"})
