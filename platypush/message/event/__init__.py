"""Events: something happened. Subclasses live in the modules of this package."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from platypush._lib.ids import new_id
from platypush.message.base import Message

__all__ = ["Event"]


class Event(Message):
    """Something happened. Keyword arguments become ``args`` and attributes.

    ``disable_web_clients_notification`` keeps an event off the websocket;
    ``private_args`` names arguments that only hooks see: neither clients nor the log do.
    """

    type: ClassVar[str] = "event"
    private_args: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        *,
        target: str | None = None,
        origin: str | None = None,
        id: str | None = None,
        timestamp: float | None = None,
        disable_web_clients_notification: bool = False,
        **kwargs: Any,
    ) -> None:
        self.target = target
        self.origin = origin
        self.id = id or new_id()
        self.timestamp = time.time() if timestamp is None else timestamp
        self.disable_web_clients_notification = disable_web_clients_notification
        self.args: dict[str, Any] = kwargs

    def __getattr__(self, name: str) -> Any:
        # Only reached for what is no real attribute: an argument of the event.
        if not name.startswith("_"):
            args = self.__dict__.get("args", {})
            if name in args:
                return args[name]
        raise AttributeError(f"{type(self).__name__} has no argument {name!r}")

    @classmethod
    def wire_name(cls) -> str:
        """The dotted name by which the event is known on the wire and in the configuration."""
        return f"{cls.__module__}.{cls.__qualname__}"

    def to_dict(self) -> dict[str, Any]:
        public = {key: value for key, value in self.args.items() if key not in self.private_args}
        return {
            "type": "event",
            "target": self.target,
            "origin": self.origin,
            "id": self.id,
            "_timestamp": self.timestamp,
            "args": {"type": self.wire_name(), **public},
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
