"""Events that users define by a name of their own."""

from typing import Any

from platypush.message.event import Event

__all__ = ["CustomEvent"]


class CustomEvent(Event):
    """An event for people's own purposes, told apart by ``subtype``."""

    def __init__(self, subtype: str, **kwargs: Any) -> None:
        super().__init__(subtype=subtype, **kwargs)
