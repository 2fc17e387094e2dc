"""Requests: what a caller asks the hub to run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from platypush._lib.ids import new_id
from platypush.errors import BadRequest
from platypush.message.base import Message

__all__ = ["Request"]


@dataclass(slots=True, kw_only=True)
class Request(Message):
    """One action or procedure to run, once.

    ``action`` is ``<plugin>.<method>`` or ``procedure.<name>``; ``args`` a mapping of keyword arguments, a list of
    positional ones, or one scalar as the single positional argument.
    """

    type: ClassVar[str] = "request"

    action: str
    args: dict[str, Any] | list[Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    target: str | None = None
    origin: str | None = None
    timestamp: float = field(default_factory=time.time)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], default_id: str | None = None) -> Request:
        """Read a request off its JSON object. Without an id of its own it gets ``default_id``, or a new one.

        Raises BadRequest with the reason; nothing in it is evaluated.
        """
        action = data.get("action")
        if not isinstance(action, str) or "." not in action.strip("."):
            raise BadRequest(
                f"A request needs an 'action' such as 'tts.say' or 'procedure.name'; this one has {action!r}."
            )
        args = data.get("args")
        if args is None:
            args = {}
        elif not isinstance(args, (dict, list)):
            args = [args]
        id_ = data.get("id")
        return cls(
            action=action,
            args=args,
            id=str(id_) if id_ not in (None, "") else default_id or new_id(),
            target=data.get("target"),
            origin=data.get("origin"),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "id": self.id,
            "action": self.action,
            "args": self.args,
            "target": self.target,
            "origin": self.origin,
            "_timestamp": self.timestamp,
        }
