"""What all messages share."""

from __future__ import annotations

from typing import Any, ClassVar

from platypush.message.codec import encode

__all__ = ["Message"]


class Message:
    """A message that crosses the hub: a request, a response or an event."""

    type: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The message as the JSON object that clients see."""
        raise TypeError(f"{type(self).__name__} has no wire form")

    def to_json(self) -> bytes:
        """The message as UTF-8 JSON."""
        return encode(self.to_dict())

    def __str__(self) -> str:
        return self.to_json().decode()
