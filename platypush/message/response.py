"""Responses: what an action gave."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from platypush.message.base import Message

__all__ = ["Response"]


@dataclass(slots=True, kw_only=True)
class Response(Message):
    """The outcome of one request: ``output`` and the list of ``errors`` as text."""

    type: ClassVar[str] = "response"

    output: Any = None
    errors: list[str] = field(default_factory=list)
    id: str | None = None
    target: str | None = None
    origin: str | None = None
    timestamp: float = field(default_factory=time.time)

    @property
    def success(self) -> bool:
        """Whether the action ran without error."""
        return not self.errors

    def is_error(self) -> bool:
        """Whether the action failed."""
        return bool(self.errors)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "target": self.target,
            "origin": self.origin,
            "_timestamp": self.timestamp,
            "response": {"output": self.output, "errors": self.errors},
            "_logging_level": logging.INFO,
        }
